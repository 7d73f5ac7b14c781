/** The programs that load a dataset into existing tables. Each gets the same empty tables, without indexes. */
import { spawnSync } from 'node:child_process'
import { existsSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Dataset } from './data.ts'
import { type Measured, measure } from './measure.ts'
import type { BenchServer } from './server.ts'

export type Contender = {
  readonly name: string
  readonly version: string
  load(dataset: Dataset, database: string): Promise<Measured>
}

type Setting = { readonly server: BenchServer; readonly folder: string }

/** The programs installed on this machine, besides gpt-migrate and the server's own COPY. */
export function installedContenders(setting: Setting): Contender[] {
  const contenders: Contender[] = []
  const pgloaderVersion = versionOf('pgloader')
  if (pgloaderVersion !== null) {
    contenders.push({
      name: 'pgloader',
      version: pgloaderVersion,
      load: (dataset, database) => loadByPgloader(setting, dataset, database),
    })
  }
  const sqliteVersion = versionOf('sqlite3')
  if (sqliteVersion !== null && versionOf('psql') !== null) {
    contenders.push({
      name: 'sqlite3 -csv | psql',
      version: sqliteVersion,
      load: (dataset, database) => loadByCsv(setting, dataset, database),
    })
  }
  return contenders
}

/** The lower bound: the server loads files that are already in its own format. `from` is a database with the same tables, filled. */
export async function exportForServer(
  { server }: Setting,
  dataset: Dataset,
  from: string,
): Promise<Contender> {
  const fileOf = (table: string): string => join(server.dataFolder, `${dataset.name}_${table}.copy`)
  for (const { name } of dataset.tables) rmSync(fileOf(name), { force: true })
  await server.run(
    from,
    dataset.tables.map(
      ({ name }) => `copy (select * from public."${name}" order by id) to '${fileOf(name)}' (format binary)`,
    ),
  )
  return {
    name: "the server's COPY BINARY",
    version: server.version,
    async load(_dataset, database) {
      const startedAt = performance.now()
      await server.run(
        database,
        dataset.tables.map(({ name }) => `copy public."${name}" from '${fileOf(name)}' (format binary)`),
      )
      const seconds = (performance.now() - startedAt) / 1000
      return { seconds, cpuSeconds: null, peakMegabytes: null, output: '', firstOutputSeconds: null }
    },
  }
}

/** Null for a program that is not installed. */
export function versionOf(program: string): string | null {
  const { status, stdout } = spawnSync(program, ['--version'], { encoding: 'utf8' })
  return status === 0 ? (/\d+(?:\.\d+)+\S*/.exec(stdout)?.[0] ?? '?').replaceAll('"', '') : null
}

async function loadByPgloader(
  { server, folder }: Setting,
  dataset: Dataset,
  database: string,
): Promise<Measured> {
  const script = join(folder, 'pgloader.load')
  writeFileSync(
    script,
    `load database from sqlite://${dataset.file} into ${server.urlOf(database)}
       with data only, include no drop, create no tables, create no indexes, reset no sequences, no foreign keys;\n`,
  )
  return measure('pgloader', ['--quiet', '--root-dir', join(folder, 'pgloader'), '--on-error-stop', script])
}

/** One pipe for each table, two at a time. */
async function loadByCsv({ server, folder }: Setting, dataset: Dataset, database: string): Promise<Measured> {
  const script = join(folder, 'csv.sh')
  const pipes = dataset.tables.map(({ name, columns }) => {
    const list = columns.map((column) => `"${column.name}"`).join(', ')
    return `pipe '${name}' '${list}'`
  })
  writeFileSync(
    script,
    `set -e
pipe() {
  sqlite3 -csv '${dataset.file}' "select $2 from \\"$1\\"" | psql -q -v ON_ERROR_STOP=1 '${server.urlOf(database)}' -c "\\\\copy public.\\"$1\\" ($2) from stdin with (format csv)"
}
${pipes.map((pipe, at) => (at % 2 === 0 && at < pipes.length - 1 ? `${pipe} &` : `${pipe}\nwait`)).join('\n')}
`,
  )
  if (!existsSync(script)) throw new Error(`${script} was not written`)
  return measure('sh', [script])
}
