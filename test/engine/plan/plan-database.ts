import type { Catalog, CatalogColumn } from '../../../src/engine/model/catalog.ts'
import type { Census } from '../../../src/engine/model/census.ts'
import type { Conversion } from '../../../src/engine/model/conversion.ts'
import type { PlanOptions } from '../../../src/engine/model/plan.ts'
import type { SqliteValue } from '../../../src/engine/model/storage.ts'
import type { TargetProbe } from '../../../src/engine/model/target-probe.ts'
import { type AutomaticPlan, planAutomatically } from '../../../src/engine/plan/automatic/auto.ts'
import { type Ddl, writeDdl } from '../../../src/engine/plan/ddl/ddl.ts'
import { openMemory, type SqliteDatabase } from '../../../src/engine/source/base/sqlite.ts'
import { readCatalog } from '../../../src/engine/source/catalog/catalog.ts'
import { defineTextCheck } from '../../../src/engine/source/snapshot/snapshot-queries.ts'
import { quoteIdentifier, quoteTable } from '../../../src/engine/syntax/postgres-names.ts'
import type { Connection } from '../../../src/engine/target/connection/connection.ts'
import { usualOptions } from '../../support/plan-options.ts'
import { censusOfValues } from './samples.ts'

/** A SQLite database in memory, its automatic plan, and the way of its rows into PostgreSQL: slow, obvious, and for tests only. */
export type PlannedDatabase = AutomaticPlan & {
  readonly db: SqliteDatabase
  readonly catalog: Catalog
  readonly ddl: Ddl
  /** The selects of planning, and below those whose rows it read one by one. */
  readonly queried: readonly string[]
  readonly iterated: readonly string[]
}

export function planDatabase(
  sql: string,
  options: Partial<PlanOptions> = {},
  major = 15,
  prepare: (db: SqliteDatabase) => void = () => {},
): PlannedDatabase {
  const db = openMemory()
  prepare(db)
  // Some of the oddities that files have can only be made so.
  db.unsafeMode()
  db.pragma('foreign_keys = off')
  defineTextCheck(db)
  db.exec(sql)
  const catalog = readCatalog(db, 'test.db')
  const census = slowCensus(db, catalog)
  const probe = { major } as TargetProbe
  const queried: string[] = []
  const iterated: string[] = []
  const plan = planAutomatically({
    catalog,
    census,
    schema: 'app',
    options: { ...usualOptions, ...options },
    probe,
    query: (select) => {
      queried.push(select)
      return [db.prepare(select).safeIntegers(true).raw(true).all() as SqliteValue[][]]
    },
    iterate: (select) => {
      iterated.push(select)
      return [db.prepare(select).safeIntegers(true).raw(true).iterate() as Iterable<SqliteValue[]>]
    },
  })
  const ddl = writeDdl({ extensions: [], schemas: ['app'], tables: plan.targetTables }, major)
  return { ...plan, db, catalog, ddl, queried, iterated }
}

function slowCensus(db: SqliteDatabase, catalog: Catalog): Census {
  const tables = catalog.tables.flatMap((table) => {
    if (table.columns.length === 0) return []
    const rows = readRows(db, table.name, table.columns)
    return [
      {
        table: table.name,
        rows: rows.length,
        rowids: null,
        columns: table.columns.map(({ name }, index) => ({
          ...censusOfValues(rows.map((row) => row[index]!)),
          name,
        })),
      },
    ]
  })
  return { database: catalog.database, encoding: catalog.encoding, tables }
}

/** SQLite takes names that PostgreSQL does not, the empty one among them. */
function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

function readRows(
  db: SqliteDatabase,
  table: string,
  columns: readonly Pick<CatalogColumn, 'name'>[],
): SqliteValue[][] {
  const list = columns.map(({ name }) => quoteName(name)).join(', ')
  const statement = db.prepare(`select ${list} from ${quoteName(table)}`)
  return statement.safeIntegers(true).raw(true).all() as SqliteValue[][]
}

/** Creates the schema, loads the rows, adds what comes after; returns the statements that failed after the load. */
export async function moveDatabase(planned: PlannedDatabase, target: Connection): Promise<string[]> {
  for (const { sql } of planned.ddl.beforeLoad) await target.execute(sql)
  for (const { fate, table } of planned.tables) {
    if (fate.kind !== 'copy') continue
    const { copy } = fate
    const names = copy.columns.map(({ target: name }) => quoteIdentifier(name)).join(', ')
    const sources = copy.columns.map(({ from }) => ({
      name: from.kind === 'column' ? from.column : 'rowid',
      conversion: 'conversion' in from ? from.conversion : null,
    }))
    for (const row of readRows(planned.db, table, sources)) {
      const values = row.map((value, index) => convert(value, sources[index]!.conversion!))
      const places = values.map((_, index) => `$${index + 1}`).join(', ')
      await target.query(`insert into ${quoteTable(copy.target)} (${names}) values (${places})`, values)
    }
  }
  const failures: string[] = []
  for (const { sql } of planned.ddl.afterLoad) {
    await target.execute(sql).catch((error: Error) => failures.push(`${sql}: ${error.message}`))
  }
  return failures
}

function convert(value: SqliteValue, conversion: Conversion): unknown {
  if (value === null) return null
  switch (conversion.kind) {
    case 'boolean':
      return /^(1|t|true|y|yes|on)$/i.test(String(value))
    case 'bytes':
      return typeof value === 'string' ? Buffer.from(value) : Buffer.from(value as Uint8Array)
    case 'timestamptz':
      if (typeof value === 'string') return value
      return new Date(Number(value) * (conversion.epoch === 'seconds' ? 1000 : 1)).toISOString()
    case 'json':
      if (value instanceof Uint8Array) return JSON.stringify({ $blob: Buffer.from(value).toString('base64') })
      if (typeof value !== 'string') return String(value)
      return conversion.text === 'string' ? JSON.stringify(value) : value
    default:
      return value instanceof Uint8Array ? Buffer.from(value).toString() : String(value)
  }
}
