/**
 * Runs a PostgreSQL server of our own in a data folder, from given binaries. Invariant: it listens on 127.0.0.1 only, requires a password
 * from everyone, and never runs as root.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import {
  chmodSync,
  closeSync,
  constants,
  existsSync,
  fstatSync,
  lchownSync,
  mkdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { MigrateError } from '../../model/errors.ts'
import { openOwnFile } from '../../own-files/ours.ts'
import { makeTemporaryFolder } from '../../own-files/temporary.ts'
import { canEnter, serverAccount } from './account.ts'
import { isAlive, readPidFile, stopServerAt } from './postmaster.ts'
import { guardServer, type ServerGuard } from './server-guard.ts'
import { type Binaries, identity, program, runToEnd, serverEnvironment } from './server-programs.ts'

type ServerProcess = { readonly pid: number; readonly port: number }

export type RunningServer = ServerProcess & {
  /** Contains the password; to be shown only to the person who started the server. */
  readonly url: string
  /** Fast shutdown: open transactions are rolled back. Resolves when the server is gone. */
  stop(): Promise<void>
  /** Lets the server outlive this process. */
  keep(): void
}

const SUPERUSER = 'postgres'

const POLL_MS = 20

/** Creates a database cluster in `dataFolder`, which must be empty or missing. UTF8 encoding, text ordered by code point. */
export async function initServer(options: {
  readonly binaries: Binaries
  readonly dataFolder: string
  readonly password: string
  /** False only in tests: the new files are not flushed to disk. */
  readonly sync?: boolean
}): Promise<void> {
  const { binaries, dataFolder } = options
  const account = serverAccount()
  mkdirSync(dataFolder, { recursive: true, mode: 0o700 })
  const temporary = account === null || canEnter(tmpdir(), account) ? tmpdir() : '/tmp'
  const secret = makeTemporaryFolder(temporary)
  try {
    const passwordFile = join(secret, 'password')
    writeFileSync(passwordFile, `${options.password}\n`, { mode: 0o600, flag: 'wx' })
    if (account !== null) {
      for (const path of [dataFolder, passwordFile]) lchownSync(path, account.uid, account.gid)
      chmodSync(secret, 0o711)
    }
    const args = ['-D', dataFolder, '-U', SUPERUSER, '-E', 'UTF8', '-A', 'scram-sha-256']
    args.push(`--pwfile=${passwordFile}`, '--locale=C')
    if (binaries.major >= 14) args.push('--no-instructions')
    if (binaries.major >= 17) args.push('--locale-provider=builtin', '--builtin-locale=C.UTF-8')
    if (options.sync === false) args.push('--no-sync')
    await runToEnd(program(binaries.folder, 'initdb'), args, account, dataFolder)
  } finally {
    rmSync(secret, { recursive: true, force: true })
  }
}

type ServerStart = {
  readonly binaries: Binaries
  readonly dataFolder: string
  readonly password: string
  /** 0 chooses a free port. */
  readonly port: number
  readonly logFile?: string
  readonly settings?: Readonly<Record<string, string>>
  /** Whether the server ends with this process, even if that is killed, unless it is kept. */
  readonly isGuarded?: boolean
}

/**
 * Starts the server and waits until it accepts connections. It runs in its own process group (Ctrl+C in our terminal does not reach it),
 * does not keep our process alive, and outlives it unless it is guarded or stopped.
 */
export async function startServer(start: ServerStart): Promise<RunningServer> {
  const end = performance.now() + STILL_ENDING_MS
  for (;;) {
    try {
      return await attemptStart(start)
    } catch (error) {
      const isEnding = error instanceof MigrateError && error.code === 'server-still-ending'
      if (!isEnding || isServing(start.dataFolder) || performance.now() > end) throw error
      await wait(10 * POLL_MS)
    }
  }
}

/** Whether another process has started a server that accepts connections; if not, an old server may still be ending. */
function isServing(dataFolder: string): boolean {
  const state = readPidFile(dataFolder)
  return state?.ready === true && isAlive(state.pid, dataFolder)
}

/** How long the processes of a killed server may take to notice. */
const STILL_ENDING_MS = 10_000

async function attemptStart(options: ServerStart): Promise<RunningServer> {
  const { binaries, dataFolder, password } = options
  const port = options.port === 0 ? await freePort() : options.port
  const logFile = options.logFile ?? join(dataFolder, 'server.log')
  const settings: Record<string, string> = {
    listen_addresses: '127.0.0.1',
    port: String(port),
    unix_socket_directories: '',
    ...options.settings,
  }
  const args = [
    '-D',
    dataFolder,
    ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
  ]
  const { O_WRONLY, O_APPEND, O_CREAT } = constants
  const log = openOwnFile(logFile, O_WRONLY | O_APPEND | O_CREAT, 'embedded')!
  const logStart = fstatSync(log).size
  let child: ChildProcess
  try {
    child = spawn(program(binaries.folder, 'postgres'), args, {
      cwd: dataFolder,
      detached: true,
      stdio: ['ignore', log, log],
      env: serverEnvironment(),
      windowsHide: true,
      ...identity(serverAccount()),
    })
  } finally {
    closeSync(log)
  }
  child.unref()
  const guard =
    options.isGuarded === true && child.pid !== undefined ? guardServer(child.pid, dataFolder) : null
  let failure: Error | null = null
  let exited = false
  child.once('error', (error) => {
    failure = error
  })
  child.once('exit', () => {
    exited = true
  })
  for (;;) {
    const state = readPidFile(dataFolder)
    if (child.pid !== undefined && state?.pid === child.pid && state.ready) break
    if (failure !== null || exited) {
      guard?.dismiss()
      throw startFailure(dataFolder, logFile, logStart, port, failure)
    }
    await wait(POLL_MS)
  }
  return running({ pid: child.pid!, port }, dataFolder, password, guard)
}

/** The server that runs in the data folder; null when there is none. It may not accept connections yet, while starting or recovering. */
export function serverAt(dataFolder: string, password: string): RunningServer | null {
  const state = readPidFile(dataFolder)
  return state === null || !isAlive(state.pid, dataFolder) ? null : running(state, dataFolder, password)
}

/** Like `serverAt`, but waits while the server starts. */
export async function readyServerAt(dataFolder: string, password: string): Promise<RunningServer | null> {
  for (;;) {
    const server = serverAt(dataFolder, password)
    if (server === null || readPidFile(dataFolder)?.ready === true) return server
    await wait(POLL_MS)
  }
}

/** Returns a port on 127.0.0.1 that no process listens on now. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer()
    probe.once('error', reject)
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address()
      probe.close(() =>
        typeof address === 'object' && address !== null
          ? resolve(address.port)
          : reject(new Error('no port')),
      )
    })
  })
}

function running(
  server: ServerProcess,
  dataFolder: string,
  password: string,
  guard: ServerGuard | null = null,
): RunningServer {
  return {
    pid: server.pid,
    port: server.port,
    url: `postgresql://${SUPERUSER}:${encodeURIComponent(password)}@127.0.0.1:${server.port}/postgres`,
    async stop() {
      await stopServerAt(dataFolder)
      guard?.dismiss()
    },
    keep: () => guard?.dismiss(),
  }
}

function startFailure(
  dataFolder: string,
  logFile: string,
  logStart: number,
  port: number,
  cause: unknown,
): MigrateError {
  const log = existsSync(logFile) ? readFileSync(logFile).subarray(logStart).toString('utf8') : ''
  if (/Address already in use|could not bind/i.test(log)) {
    return new MigrateError(
      'target',
      'port-in-use',
      `Port ${port} on 127.0.0.1 is taken by another program.`,
      {
        hint: 'Choose another port, or stop that program.',
        cause,
      },
    )
  }
  if (/is not compatible with this version|initialized by PostgreSQL version/i.test(log)) {
    return new MigrateError(
      'target',
      'embedded-other-version',
      `The files in ${dataFolder} belong to another major version of PostgreSQL.`,
      { hint: 'Use another folder, or start that version on it.', cause },
    )
  }
  // A killed server keeps its process id until its parent reaps it.
  if (/pre-existing shared memory block|lock file "postmaster.pid" already exists/i.test(log)) {
    return new MigrateError(
      'target',
      'server-still-ending',
      `Processes of an earlier server still run on ${dataFolder}.`,
      { hint: 'Wait until they have ended, or end them.', cause },
    )
  }
  const last = log.trim().split('\n').slice(-3).join(' ')
  return new MigrateError('target', 'embedded-start-failed', `PostgreSQL did not start in ${dataFolder}.`, {
    hint: `${last} Its log: ${logFile}`.trim(),
    cause,
  })
}
