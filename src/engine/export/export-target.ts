/**
 * Exports the target to SQLite databases in the layout of the sources. Invariant: only the target is read, nothing is written to it, and a
 * file appears under its name only when it is complete.
 */

import { join } from 'node:path'
import type { Exported, ExportedDatabase, ExportedTable, Unwritten } from '../model/answers.ts'
import type { RunRecord } from '../model/journal.ts'
import { targetTableOf } from '../model/plan.ts'
import { makeOwnFolder } from '../own-files/ours.ts'
import { databaseFileIn } from '../rows/database-file.ts'
import { refuseChangedTables } from '../rows/refuse-changed-tables.ts'
import { Scratch } from '../rows/scratch.ts'
import type { Connection } from '../target/connection/connection.ts'
import { beginSteadySnapshot } from '../target/connection/steady-snapshot.ts'
import { holdForReading } from '../target/guards/foreign-names.ts'
import { type Export, fillTable } from './fill-tables.ts'
import { createDatabase, type DatabaseWriter } from './write-database.ts'

const mostNamed = 100

export async function exportToSqlite(
  connection: Connection,
  record: RunRecord,
  folder: string,
  onTable: (done: number, tableId: string) => void,
): Promise<Exported> {
  makeOwnFolder(folder, 'export', 0o700)
  const { plan, catalogs } = record
  const writers = new Map<string, DatabaseWriter>()
  const databases: ExportedDatabase[] = []
  const scratch = new Scratch(join(folder, '.gpt-migrate-export.tmp'))
  const unwritten: Unwritten[] = []
  let unwrittenCount = 0
  const onUnwritten = (one: Unwritten): void => {
    unwrittenCount++
    if (unwritten.length < mostNamed) unwritten.push(one)
  }
  try {
    for (const catalog of catalogs) {
      const file = databaseFileIn(folder, catalog.database)
      writers.set(catalog.database, createDatabase(file, catalog))
      databases.push({ database: catalog.database, file })
    }
    const work: Export = {
      connection,
      record,
      scratch,
      inserterOf: (table) => writers.get(table.database)?.inserterOf(table.table) ?? null,
      onUnwritten,
      identities: new Map(),
    }
    const tables: ExportedTable[] = []
    const copied = plan.tables.flatMap(({ fate }) =>
      fate.kind === 'copy' ? [{ copy: fate.copy, target: targetTableOf(plan, fate.copy.target) }] : [],
    )
    await beginSteadySnapshot(
      connection,
      copied.map(({ target }) => target),
      'read only',
    )
    try {
      await holdForReading(
        connection,
        copied.map(({ target }) => target),
      )
      await refuseChangedTables(
        connection,
        copied,
        'Change it back for the export: the old layout has no place for what has changed.',
      )
      for (const table of plan.tables) {
        if (table.fate.kind !== 'copy') continue
        onTable(tables.length, table.id)
        tables.push(...(await fillTable(work, table)))
      }
    } finally {
      await connection.execute('rollback')
    }
    for (const writer of writers.values()) writer.finish().forEach(onUnwritten)
    const empty = plan.tables.flatMap(({ id, fate, database, table }) => {
      const kind = catalogs
        .find((catalog) => catalog.database === database)
        ?.tables.find(({ name }) => name === table)?.kind
      const rows = plan.sourceRows[id] ?? 0
      return fate.kind === 'exclude' && kind === 'table' && rows > 0
        ? [{ tableId: id, reason: fate.reason }]
        : []
    })
    return { databases, tables, empty, unwritten, unwrittenCount }
  } catch (error) {
    for (const writer of writers.values()) writer.abandon()
    throw error
  } finally {
    scratch.close()
  }
}
