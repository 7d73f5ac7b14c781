/**
 * The servers that tests run on: one embedded PostgreSQL and, where the machine has one, its own. Started once for all test
 * files, in temporary folders, on free ports, and gone afterwards.
 */
import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { embeddedBinaries } from '../../src/engine/target/embedded-binaries.ts'
import {
  type Binaries,
  initServer,
  inspectBinaries,
  type RunningServer,
  startServer,
} from '../../src/engine/target/local-server.ts'

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
    const local = localBinaries()
    const wanted: (readonly [TestServer['kind'], Binaries])[] = [['embedded', embeddedBinaries()]]
    if (local !== null) wanted.push(['local', local])
    for (const [kind, binaries] of wanted) {
      const dataFolder = join(folder, kind)
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
