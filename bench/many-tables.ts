/** Many small tables, each with a key, an index and a reference, to measure the costs per table; also with pgloader, if installed. */
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { openWritable } from '../src/engine/source/base/sqlite.ts'
import type { BenchSetting } from './bench-dataset.ts'
import { versionOf } from './contenders.ts'
import { measure } from './measure.ts'
import { program } from './start.ts'
import { fixed, median, printTable } from './table.ts'

export type ManyTablesResult = {
  readonly tables: number
  readonly seconds: number
  readonly cpuSeconds: number | null
  /** The time of the checks after a run, which make up nearly all of the verification here. */
  readonly verifySecondsATable: number
  readonly pgloaderSeconds: number | null
}

const ROWS = 20
const database = 'bench_tables'

export async function benchManyTables({
  server,
  folder,
  options,
  say,
}: BenchSetting): Promise<ManyTablesResult> {
  const tables = options.tables!
  const file = join(folder, 'tables.db')
  makeTables(file, tables)
  const url = server.urlOf(database)
  const renew = () =>
    server.run('postgres', [`drop database if exists ${database}`, `create database ${database}`])
  const ours: { seconds: number; cpuSeconds: number | null; verifySeconds: number }[] = []
  const theirs: number[] = []
  const script = join(folder, 'tables.load')
  writeFileSync(script, `load database from sqlite://${file} into ${url};\n`)
  for (let repeat = 0; repeat < options.repeats; repeat++) {
    await renew()
    const args = [program, '--yes', '--json', '--source', file, '--target', url]
    const { seconds, cpuSeconds, output } = await measure(process.execPath, args, { cwd: folder })
    ours.push({ seconds, cpuSeconds, verifySeconds: verifySecondsIn(output) })
    say(`  gpt-migrate: ${fixed(seconds)} s`)
    if (options.alone || versionOf('pgloader') === null) continue
    await renew()
    const loaded = await measure('pgloader', ['--quiet', '--root-dir', join(folder, 'pgloader'), script])
    theirs.push(loaded.seconds)
    say(`  pgloader: ${fixed(loaded.seconds)} s`)
  }
  rmSync(file)
  const cpu = ours.flatMap(({ cpuSeconds }) => cpuSeconds ?? [])
  const result: ManyTablesResult = {
    tables,
    seconds: median(ours.map(({ seconds }) => seconds)),
    cpuSeconds: cpu.length === 0 ? null : median(cpu),
    verifySecondsATable: median(ours.map(({ verifySeconds }) => verifySeconds)) / tables,
    pgloaderSeconds: theirs.length === 0 ? null : median(theirs),
  }
  const { seconds, cpuSeconds, verifySecondsATable, pgloaderSeconds } = result
  say(
    printTable(
      `${tables} tables of ${ROWS} rows: the whole run`,
      ['', 'wall s', 'CPU s', 'verification, ms a table', 'ours/pgloader'],
      [
        [
          'gpt-migrate',
          fixed(seconds),
          fixed(cpuSeconds),
          fixed(verifySecondsATable * 1000),
          fixed(pgloaderSeconds === null ? null : seconds / pgloaderSeconds),
        ],
        ['pgloader', fixed(pgloaderSeconds), '–', '–', '–'],
      ],
    ),
  )
  return result
}

function verifySecondsIn(output: string): number {
  const line = output
    .split('\n')
    .find((text) => text.includes('"phase-finished"') && text.includes('"phase":"verify"'))
  return line === undefined ? 0 : (JSON.parse(line) as { elapsedMs: number }).elapsedMs / 1000
}

function makeTables(file: string, tables: number): void {
  const db = openWritable(file)
  try {
    db.exec('begin')
    for (let table = 0; table < tables; table++) {
      const parent = table === 0 ? '' : `, parent integer references t${table - 1} (id)`
      db.exec(`create table t${table} (id integer primary key, name text not null, price real${parent});
        create index i${table} on t${table} (name)`)
      const insert = db.prepare(`insert into t${table} (id, name, price) values (?, ?, ?)`)
      for (let id = 1; id <= ROWS; id++) insert.run(id, `name ${id}`, id * 1.5)
      if (table > 0) db.exec(`update t${table} set parent = id`)
    }
    db.exec('commit')
  } finally {
    db.close()
  }
}
