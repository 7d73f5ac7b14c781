/** Fallbacks in the test's own process, and checks of their files. */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { RunControl } from '../../src/engine/events/control.ts'
import type { RunContext } from '../../src/engine/events/run-context.ts'
import { bringBack } from '../../src/engine/fallback/bring-back.ts'
import { FallbackFolder } from '../../src/engine/fallback/folder.ts'
import { mapSourceRows, openSyncedTables } from '../../src/engine/fallback/synced-tables.ts'
import { readChangeCapture } from '../../src/engine/journal/change-capture.ts'
import { readEditedRows } from '../../src/engine/journal/edited-rows.ts'
import { listQuarantine } from '../../src/engine/journal/entries.ts'
import { listRuns, readRun } from '../../src/engine/journal/journal.ts'
import type { BroughtBackTable } from '../../src/engine/model/event.ts'
import type { FellBack } from '../../src/engine/model/live-answers.ts'
import { fallBack } from '../../src/engine/run/cut-over/fall-back.ts'
import { openReadOnly } from '../../src/engine/source/base/sqlite.ts'
import { connect } from '../../src/engine/target/connection/connection.ts'
import type { FreshDatabase } from './databases.ts'

export const quietly = (): RunContext => ({ control: new RunControl(), emit: () => {} })

export function bringBackOnce(database: FreshDatabase, folder: string): Promise<FellBack> {
  return fallBack(
    {
      target: { target: database.url, env: {}, workFolder: folder, port: null },
      run: null,
      folder,
      once: true,
    },
    quietly(),
  )
}

/** What a fallback starting with these files would write: nothing when they agree with the target. */
export async function differencesOf(
  database: FreshDatabase,
  files: string,
  scratch: string,
): Promise<readonly BroughtBackTable[]> {
  await using connection = await connect(database.address)
  const [{ run } = { run: '' }] = await listRuns(connection)
  const record = (await readRun(connection, run))!
  const bases = record.snapshots.map((snapshot) => ({
    ...snapshot,
    file: join(files, snapshot.database),
  }))
  const { opened } = FallbackFolder.open(scratch, run, record.catalogs, bases)
  try {
    const { tables } = openSyncedTables(opened, record)
    const kept = {
      quarantine: await Array.fromAsync(listQuarantine(connection, run)),
      edited: await readEditedRows(connection, run),
    }
    opened.transaction(() => mapSourceRows(opened, record, tables, bases, kept, () => {}))
    const capture = (await readChangeCapture(connection))!
    const brought = await bringBack({ connection, folder: opened, capture, tables, run }, () => true)
    return brought ?? []
  } finally {
    opened.abandon()
  }
}

/** Every row of every table in a folder's files, by `file/table`, as text that shows storage class and bytes. */
function rowsOfFiles(folder: string): ReadonlyMap<string, readonly string[]> {
  const tables = new Map<string, readonly string[]>()
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.db'))) {
    const db = openReadOnly(join(folder, file), { immutable: true })
    try {
      const names = db
        .prepare<[], string>(
          `select name from sqlite_schema where type = 'table' and name not like 'sqlite_%'`,
        )
        .pluck()
        .all()
      for (const name of names) {
        const columns = (db.pragma(`table_info("${name}")`) as { name: string }[]).map(
          (column) => column.name,
        )
        const isKeyed = !/without\s+rowid/i.test(
          db.prepare<[string], string>('select sql from sqlite_schema where name = ?').pluck().get(name)!,
        )
        const cells = [
          ...(isKeyed ? ['rowid'] : []),
          ...columns.map((column) => `typeof("${column}") || ' ' || quote("${column}")`),
        ]
        const rows = db
          .prepare<[], string>(`select ${cells.join(` || ' | ' || `)} from "${name}"`)
          .pluck()
          .all()
        tables.set(`${file}/${name}`, rows)
      }
    } finally {
      db.close()
    }
  }
  return tables
}

/** The rows that only one of the folders has, `-` for the first and `+` for the second, by `file/table`. */
export function changedRows(before: string, after: string): Record<string, readonly string[]> {
  const then = rowsOfFiles(before)
  const now = rowsOfFiles(after)
  const changed: Record<string, readonly string[]> = {}
  for (const [name, rows] of then) {
    const [old, recent] = [new Set(rows), new Set(now.get(name) ?? [])]
    const differences = [
      ...rows.filter((row) => !recent.has(row)).map((row) => `- ${row}`),
      ...[...recent].filter((row) => !old.has(row)).map((row) => `+ ${row}`),
    ]
    if (differences.length > 0) changed[name] = differences
  }
  return changed
}
