/**
 * Other programs that move SQLite into PostgreSQL, as their users would run them: whole processes into an empty database, each creating its
 * own tables. Programs that are not found are reported and left out.
 */
import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { BenchSetting } from './bench-dataset.ts'
import { versionOf } from './contenders.ts'
import { type Dataset, makeDataset } from './data.ts'
import { compareTable, type Equality } from './equality.ts'
import { type Measured, measure } from './measure.ts'
import { fixed, median, printTable } from './table.ts'

type Peer = {
  readonly name: string
  /** Which parts of a move it does. */
  readonly does: string
  move(dataset: Dataset, url: string): Promise<Measured>
}

export type PeerResult = {
  readonly name: string
  readonly runs: readonly Pick<Measured, 'seconds' | 'cpuSeconds' | 'peakMegabytes'>[]
  /** The result for each table; null when the program failed. */
  readonly equality: readonly Equality[] | null
  readonly failure: string | null
}

const program = fileURLToPath(new URL('../bin/gpt-migrate.js', import.meta.url))
const database = 'bench_peer'

/** Runs every peer in turn, as often as asked; returns the results. */
export async function benchPeers(setting: BenchSetting): Promise<readonly PeerResult[]> {
  const { server, dataFolder, options, say } = setting
  const dataset = makeDataset('trades-and-orders', options.rows, dataFolder)
  const peers = findPeers(setting)
  const results = new Map(
    peers.map(({ name }) => [name, { name, runs: [], equality: null, failure: null } as Growing]),
  )
  for (let repeat = 0; repeat < options.repeats; repeat++) {
    for (const peer of peers) {
      const result = results.get(peer.name)!
      if (result.failure !== null) continue
      await server.run('postgres', [`drop database if exists ${database}`, `create database ${database}`])
      try {
        const { seconds, cpuSeconds, peakMegabytes } = await peer.move(dataset, server.urlOf(database))
        result.runs.push({ seconds, cpuSeconds, peakMegabytes })
        say(`  ${peer.name}: ${fixed(seconds)} s, ${fixed(peakMegabytes, 0)} MB`)
        result.equality ??= await compareAll(dataset, server.urlOf(database))
      } catch (error) {
        result.failure = reasonOf(error)
        say(`  ${peer.name} failed: ${result.failure}`)
      }
    }
  }
  const all = [...results.values()]
  say(peersTable(peers, all))
  return all
}

type Growing = { -readonly [K in keyof PeerResult]: PeerResult[K] } & { runs: PeerResult['runs'][number][] }

async function compareAll(dataset: Dataset, url: string): Promise<readonly Equality[]> {
  const compared: Equality[] = []
  for (const table of dataset.tables) compared.push(await compareTable(dataset.file, url, table))
  return compared
}

function reasonOf(error: unknown): string {
  const lines = String(error).split('\n')
  return (lines.find((line) => /error|fatal|exhausted/i.test(line)) ?? lines[0] ?? '').slice(0, 160)
}

function peersTable(peers: readonly Peer[], results: readonly PeerResult[]): string {
  const rows = results.map(({ name, runs, equality, failure }) => {
    const seconds = runs.map((run) => run.seconds)
    const peaks = runs.flatMap(({ peakMegabytes }) => peakMegabytes ?? [])
    const spread =
      seconds.length < 2 ? '' : `${fixed(Math.min(...seconds))} to ${fixed(Math.max(...seconds))}`
    return [
      name,
      fixed(seconds.length === 0 ? null : median(seconds)),
      spread,
      fixed(peaks.length === 0 ? null : Math.max(...peaks), 0),
      failure ?? rightOf(equality),
      peers.find((peer) => peer.name === name)!.does,
    ]
  })
  const table = printTable(
    'whole processes',
    ['program', 'median s', 'from, to', 'peak MB', 'rows right', 'does'],
    rows,
  )
  const examples = results.flatMap(({ name, equality }) =>
    (equality ?? []).flatMap(({ example }) => (example === null ? [] : `${name}: ${example}`)),
  )
  return [table, ...(examples.length === 0 ? [] : ['', ...examples])].join('\n')
}

function rightOf(equality: readonly Equality[] | null): string {
  if (equality === null) return '–'
  const wrong = equality.filter(({ equal }) => !equal)
  const rows = equality.reduce((sum, table) => sum + table.rows, 0).toLocaleString('en-US')
  if (wrong.length === 0) return `${rows}, all`
  const cells = wrong.reduce((sum, { differingCells }) => sum + differingCells, 0).toLocaleString('en-US')
  return `${rows}, ${cells} cells differ`
}

function findPeers(setting: BenchSetting): readonly Peer[] {
  const { options, say } = setting
  const peers: Peer[] = [
    ours(setting, 'gpt-migrate', 'everything, every value proven', []),
    ours(setting, 'gpt-migrate --verify none', 'everything but the proof', ['--verify', 'none']),
  ]
  const found = [pgloader(setting), duckdb(setting), ...options.peers.map((peer) => named(setting, peer))]
  for (const one of found) {
    if (typeof one === 'string') say(`  left out: ${one}`)
    else peers.push(one)
  }
  return peers
}

function ours({ folder }: BenchSetting, name: string, does: string, more: readonly string[]): Peer {
  let runs = 0
  return {
    name,
    does,
    move: (dataset, url) => {
      const work = join(folder, `peer-work-${more.length}-${runs++}`)
      const args = ['run', '--yes', '--quiet', '--source', dataset.file, '--mapping', 'auto', '--target', url]
      return measure(process.execPath, [program, ...args, '--work-folder', work, ...more])
    },
  }
}

function pgloader({ folder }: BenchSetting): Peer | string {
  const version = versionOf('pgloader')
  if (version === null) return 'pgloader is not installed'
  const args = ['--quiet', '--root-dir', join(folder, 'pgloader'), '--on-error-stop']
  return {
    name: `pgloader ${version}`,
    does: 'tables, keys',
    move: (dataset, url) => measure('pgloader', [...args, `sqlite://${dataset.file}`, url]),
  }
}

/** The extensions come from Python packages beside DuckDB, or from DuckDB's own downloads. */
const duckdbStart = `import glob, importlib.util, os, duckdb
db = duckdb.connect()
for name in ('sqlite_scanner', 'postgres_scanner'):
    package = importlib.util.find_spec('duckdb_extension_' + name)
    files = package and glob.glob(os.path.dirname(package.origin) + '/extensions/*/*.duckdb_extension')
    if not files:
        db.execute('install ' + name)
    db.execute(f"load '{files[0]}'" if files else 'load ' + name)
`

function duckdb({ folder }: BenchSetting): Peer | string {
  const script = join(folder, 'duckdb-start.py')
  writeFileSync(script, `${duckdbStart}print(duckdb.__version__)\n`)
  const { status, stdout, stderr } = spawnSync('python3', [script], { encoding: 'utf8' })
  if (status !== 0)
    return `DuckDB with its extensions for SQLite and PostgreSQL, in Python (${(stderr ?? '').trim().split('\n').at(-1)?.slice(0, 120)})`
  return {
    name: `DuckDB ${stdout.trim()}`,
    does: 'tables without keys',
    move: (dataset, url) => {
      const file = join(folder, 'duckdb-move.py')
      const tables = dataset.tables.map(({ name }) => `'${name}'`).join(', ')
      writeFileSync(
        file,
        `${duckdbStart}db.execute("attach '${dataset.file}' as source (type sqlite)")
db.execute("attach '${url}' as target (type postgres)")
for name in [${tables}]:
    db.execute(f'create table target.public.{name} as select * from source.{name}')
`,
      )
      return measure('python3', [file])
    },
  }
}

/** Parses `NAME=PATH` for a program whose command line is known here. */
function named({ folder }: BenchSetting, { name, path }: { name: string; path: string }): Peer | string {
  if (spawnSync(path, ['--help']).error !== undefined) return `${name}, which is not at ${path}`
  switch (name) {
    case 'pgferry':
      return {
        name,
        does: 'tables, keys',
        move: (dataset, url) => {
          const file = join(folder, 'pgferry.toml')
          writeFileSync(
            file,
            `schema = "public"
on_schema_exists = "recreate"
[source]
type = "sqlite"
dsn = "${dataset.file}"
[target]
dsn = "${url}?sslmode=disable"
[type_mapping]
json_as_jsonb = true
`,
          )
          return measure(path, ['migrate', file])
        },
      }
    case 'sluice':
      return {
        name,
        does: 'tables, keys',
        move: (dataset, url) =>
          measure(path, [
            'migrate',
            '--source-driver',
            'sqlite',
            '--source',
            dataset.file,
            '--target-driver',
            'postgres',
            '--target',
            `${url}?sslmode=disable`,
          ]),
      }
    default:
      return `${name}: how it is called is known of pgferry and sluice only`
  }
}
