/**
 * Compares the rows of a view with those that SQLite returns for it. Invariant: equal views have the same number of rows, and the same rows in
 * every column that can be compared by value.
 */
import { setImmediate } from 'node:timers/promises'
import type { TargetView } from '../model/target-schema.ts'
import { meaningOf } from '../rows/meaning/meaning-of.ts'
import type { SourceValue } from '../rows/meaning/source-value.ts'
import type { SqliteDatabase } from '../source/base/sqlite.ts'
import { quoteTable } from '../syntax/postgres-names.ts'
import { quoteSqlite } from '../syntax/sqlite-names.ts'
import type { Connection } from '../target/connection/connection.ts'
import { RowSums } from './full/row-sums.ts'
import { readCells } from './full/snapshot-cells.ts'
import { readTargetRows } from './full/target-rows.ts'

/** Relative difference of two sums of binary numbers that is ignored. */
const NEGLIGIBLE = 1e-9
const ROWS_AT_ONCE = 500

/** Returns how the rows differ, as a clause; null when they do not. In a transaction. Throws errors of SQLite and the server. */
export async function compareView(
  connection: Connection,
  view: TargetView,
  snapshot: SqliteDatabase,
): Promise<string | null> {
  const compared = view.columns.filter(({ comparison }) => comparison.kind !== 'none')
  const types = await readTypes(connection, view)
  const columns = compared.map(({ name }) => ({ name, type: types.get(name)! }))
  const sums = new RowSums([])
  const numbers = compared.map(({ comparison }) =>
    comparison.kind === 'sum' ? { unit: comparison.unit, source: 0, target: 0, size: 0 } : null,
  )
  const exact = <T>(row: readonly T[]): T[] => row.filter((_, index) => numbers[index] === null)

  let targetRows = 0
  for await (const rows of readTargetRows(connection, { schema: view.schema, table: view.view }, columns)) {
    for (const row of rows) {
      targetRows++
      sums.add(exact(row), -1)
      numbers.forEach((sum, index) => {
        if (sum !== null) sum.target += Number(row[index] ?? 0)
      })
    }
  }
  let sourceRows = 0
  const meanings = compared.map(({ comparison }) =>
    comparison.kind === 'values' ? meaningOf(comparison.conversion) : () => null,
  )
  const names = compared.map(({ source }) => quoteSqlite(source))
  for (const row of readCells(
    snapshot,
    names.length === 0 ? ['null'] : names,
    `from ${quoteSqlite(view.source)}`,
  )) {
    sourceRows++
    sums.add(exact(meanings.map((meaning, index) => meaning(row[index]!))), 1)
    numbers.forEach((sum, index) => {
      if (sum === null) return
      const value = numberOf(row[index]!)
      sum.source += value
      sum.size += Math.abs(value)
    })
    if (sourceRows % ROWS_AT_ONCE === 0) await setImmediate()
  }
  if (sourceRows !== targetRows) return `it has ${targetRows} rows, and ${sourceRows} in SQLite`
  if (sums.differing().length > 0) return 'its rows are not those that SQLite returns'
  const wrong = numbers.findIndex((sum) => {
    if (sum === null) return false
    return !(Math.abs(sum.source - sum.target) <= NEGLIGIBLE * sum.size + sum.unit * sourceRows)
  })
  if (wrong < 0) return null
  const { source, target } = numbers[wrong]!
  return `the numbers of ${JSON.stringify(compared[wrong]!.name)} add up to ${target}, and to ${source} in SQLite`
}

function numberOf(value: SourceValue): number {
  return typeof value === 'bigint' || typeof value === 'number' || typeof value === 'string'
    ? Number(value)
    : 0
}

async function readTypes(connection: Connection, view: TargetView): Promise<ReadonlyMap<string, string>> {
  const { rows } = await connection.query<{ name: string; type: string }>(
    `select attname as name, format_type(atttypid, atttypmod) as type
       from pg_attribute
      where attrelid = to_regclass($1) and attnum > 0`,
    [quoteTable({ schema: view.schema, table: view.view })],
  )
  return new Map(rows.map(({ name, type }) => [name, type]))
}
