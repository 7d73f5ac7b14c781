/** The bench's own PostgreSQL: the machine's if there is one, else the embedded one, in a temporary folder that is removed afterwards. */
import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { embeddedBinaries } from '../src/engine/target/server/embedded-binaries.ts'
import { initServer, startServer } from '../src/engine/target/server/local-server.ts'
import { type Binaries, inspectBinaries } from '../src/engine/target/server/server-programs.ts'

const serverSettings = {
  shared_buffers: '1GB',
  max_wal_size: '8GB',
  fsync: 'on',
  synchronous_commit: 'on',
  checkpoint_timeout: '30min',
} as const

export type BenchServer = {
  readonly kind: 'local' | 'embedded'
  readonly version: string
  /** Where the server may read and write files. */
  readonly dataFolder: string
  urlOf(database: string): string
  /** Executes statements on a database, one after another. */
  run(database: string, statements: readonly string[]): Promise<void>
  stop(): Promise<void>
}

export async function startBenchServer(): Promise<BenchServer> {
  const local = localBinaries()
  const binaries = local ?? embeddedBinaries()
  const folder = mkdtempSync(join(tmpdir(), 'gpt-migrate-bench-'))
  chmodSync(folder, 0o755)
  const dataFolder = join(folder, 'data')
  const password = 'bench'
  await initServer({ binaries, dataFolder, password })
  const server = await startServer({ binaries, dataFolder, password, port: 0, settings: serverSettings })
  const urlOf = (database: string): string => server.url.replace(/\/postgres$/, `/${database}`)
  const run = async (database: string, statements: readonly string[]): Promise<void> => {
    const client = new pg.Client({ connectionString: urlOf(database) })
    await client.connect()
    try {
      for (const statement of statements) await client.query(statement)
    } finally {
      await client.end()
    }
  }
  return {
    kind: local === null ? 'embedded' : 'local',
    version: String(binaries.major),
    dataFolder,
    urlOf,
    run,
    async stop() {
      await server.stop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** The newest PostgreSQL in Debian's folders. */
function localBinaries(): Binaries | null {
  const root = '/usr/lib/postgresql'
  const versions = existsSync(root) ? readdirSync(root).sort((a, b) => Number(b) - Number(a)) : []
  const found = versions
    .map((version) => join(root, version, 'bin'))
    .find((bin) => ['postgres', 'initdb'].every((name) => existsSync(join(bin, name))))
  return found === undefined ? null : inspectBinaries(found)
}
