/** A database of many tables needs no more open files, connections and memory than one of few, and no more of its reader's time. */
import { join } from 'node:path'
import Database from 'better-sqlite3'
import pg from 'pg'
import { expect, it } from 'vitest'
import { isNight } from '../support/breadth.ts'
import { anyServer, freshDatabase } from '../support/databases.ts'
import { temporaryFolder } from '../support/folders.ts'
import { runProgram } from '../support/program.ts'

// More than there may be open files.
const tables = isNight ? 300 : 160
const openFiles = 150

it(`${tables} tables with ${openFiles} open files`, { timeout: 120_000 }, async () => {
  const folder = temporaryFolder()
  const file = join(folder, 'many.db')
  const db = new Database(file)
  db.pragma('synchronous = off')
  for (let table = 0; table < tables; table++) {
    db.exec(
      `create table "t${table}" (id integer primary key, x text, "Of" integer references "t${Math.max(0, table - 1)}")`,
    )
    if (table % 2 === 0) db.exec(`create index "i${table}" on "t${table}" ("Of", x)`)
    db.exec(`insert into "t${table}" (x, "Of") values ('one', 1), ('two', null)`)
  }
  db.close()
  const target = await freshDatabase(anyServer().url)
  try {
    const args = ['--yes', '--json', '--source', file, '--target', target.url]
    const { output } = await runProgram([...args, '--work-folder', join(folder, 'work')], {
      limit: `ulimit -n ${openFiles}`,
    })
    const { report } = JSON.parse(output.trimEnd().split('\n').at(-1)!)
    expect(report.status).toBe('ok')
    expect(report.tables).toHaveLength(tables)
    expect(await finishedSteps(target.url)).toEqual({
      valid: tables,
      steps: 3.5 * tables,
      recorded: 3.5 * tables,
    })
    const steps = report.operations.filter(({ topic }: { topic: string }) => topic.startsWith('foreign key'))
    expect(steps).toHaveLength(1)
    expect(steps[0].sentence).toContain(`${tables / 2} foreign keys have no index`)
    expect(await indexStatements(target.url, steps[0].command)).toEqual(
      Array.from({ length: tables / 2 }, (_, at) => `create index on t${2 * at + 1} ("Of");`).toSorted(),
    )
  } finally {
    await target.drop()
  }
})

/** References are made many at a time and validated side by side: how many are valid, and what is recorded of all steps. */
async function finishedSteps(url: string): Promise<unknown> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    const { rows } = await client.query(
      `select count(distinct number)::int as steps, count(*)::int as recorded,
              (select count(*)::int from pg_constraint
                where contype = 'f' and convalidated and connamespace = 'public'::regnamespace) as valid
         from gpt_migrate.step`,
    )
    return rows[0]
  } finally {
    await client.end()
  }
}

/** What the printed command says, of which each statement is one that the server takes. */
async function indexStatements(url: string, command: string): Promise<string[]> {
  const sql = command.slice(command.indexOf(' -c ') + " -c '".length, -1).replaceAll("'\\''", "'")
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    const { rows } = await client.query<{ format: string }>(sql)
    for (const { format } of rows) await client.query(format)
    return rows.map(({ format }) => format).toSorted()
  } finally {
    await client.end()
  }
}
