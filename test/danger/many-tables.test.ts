/** A database of many tables needs no more open files, connections and memory than one of few. */
import { join } from 'node:path'
import Database from 'better-sqlite3'
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
    db.exec(`create table "t${table}" (id integer primary key, x text)`)
    db.exec(`insert into "t${table}" (x) values ('one'), ('two')`)
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
  } finally {
    await target.drop()
  }
})
