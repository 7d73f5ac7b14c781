/**
 * Measures the time from the start of the process to its first event, and to its end when there is little to do: the command line as users
 * run it.
 */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { openWritable } from '../src/engine/source/base/sqlite.ts'
import type { BenchSetting } from './bench-dataset.ts'
import { type Measured, measure } from './measure.ts'
import { fixed, median, printTable } from './table.ts'

export const program = fileURLToPath(new URL('../bin/gpt-migrate.js', import.meta.url))

export type StartRow = {
  readonly what: string
  readonly firstSeconds: number | null
  readonly seconds: number
  readonly cpuSeconds: number | null
}

const ROWS = 1000

export async function benchStart({ server, folder, options, say }: BenchSetting): Promise<StartRow[]> {
  const file = join(folder, 'tiny.db')
  makeTiny(file)
  const database = 'bench_start'
  const run = (...args: readonly string[]): Promise<Measured> =>
    measure(process.execPath, [program, ...args], { cwd: folder })
  const source = ['--source', file, '--target', server.urlOf(database)]
  const runs: readonly {
    readonly what: string
    readonly args: readonly string[]
    readonly events: boolean
  }[] = [
    { what: '--version', args: ['--version'], events: false },
    { what: 'plan', args: ['plan', ...source], events: false },
    {
      what: `--yes --json, a table of ${ROWS} rows`,
      args: ['--yes', '--json', ...source],
      events: true,
    },
  ]
  const measured = runs.map(() => [] as Measured[])
  for (let repeat = 0; repeat < options.repeats; repeat++) {
    for (const [index, { args }] of runs.entries()) {
      await server.run('postgres', [`drop database if exists ${database}`, `create database ${database}`])
      measured[index]!.push(await run(...args))
    }
  }
  rmSync(file)
  const rows = runs.map(({ what, events }, index): StartRow => {
    const all = measured[index]!
    const cpu = all.flatMap(({ cpuSeconds }) => cpuSeconds ?? [])
    return {
      what,
      firstSeconds: events ? median(all.map(({ firstOutputSeconds }) => firstOutputSeconds ?? 0)) : null,
      seconds: median(all.map(({ seconds }) => seconds)),
      cpuSeconds: cpu.length === 0 ? null : median(cpu),
    }
  })
  say(
    printTable(
      'From the start of the process',
      ['', 'first event s', 'end s', 'CPU s'],
      rows.map(({ what, firstSeconds, seconds, cpuSeconds }) => [
        what,
        fixed(firstSeconds),
        fixed(seconds),
        fixed(cpuSeconds),
      ]),
    ),
  )
  return rows
}

function makeTiny(file: string): void {
  const db = openWritable(file)
  try {
    db.exec('create table items (id integer primary key, name text not null, price real, at timestamp)')
    const insert = db.prepare('insert into items values (?, ?, ?, ?)')
    for (let id = 1; id <= ROWS; id++)
      insert.run(id, `item ${id}`, id / 8, `2024-01-${String((id % 28) + 1).padStart(2, '0')} 10:00:00`)
  } finally {
    db.close()
  }
}
