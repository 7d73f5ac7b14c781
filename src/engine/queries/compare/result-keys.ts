/** The conversions of a result's columns that are columns of tables, and the sort keys of its ORDER BY. */
import type { Conversion } from '../../model/conversion.ts'
import type { SourceValue } from '../../rows/meaning/source-value.ts'
import type { SqliteDatabase } from '../../source/base/sqlite.ts'
import { runOn, type SqliteColumn } from '../sides/sqlite-side.ts'
import { sqliteText } from '../statement/statement-text.ts'
import { columnNamed, type KnownTable } from '../tables/known-tables.ts'
import { type KeyedRows, sortKey } from './compare-outcomes.ts'
import { withSortKeys } from './sort-keys.ts'

export function conversionOf({ origin }: SqliteColumn, tables: readonly KnownTable[]): Conversion | null {
  if (origin === null) return null
  const table = tables.find(({ name }) => name === origin.table)
  return table === undefined ? null : (columnNamed(table, origin.column)?.target?.conversion ?? null)
}

/** Whether the term orders by a column under NOCASE. */
function isFoldedTerm(
  term: number | string,
  columns: readonly SqliteColumn[],
  tables: readonly KnownTable[],
): boolean {
  const name = typeof term === 'number' ? columns[term]?.origin?.column : term.replace(/^\w+\./, '')
  if (name === undefined) return false
  return tables.some((table) => columnNamed(table, name)?.collation === 'NOCASE')
}

export function readSortKeys(
  sql: string,
  values: readonly SourceValue[],
  columns: readonly SqliteColumn[],
  { db, tables }: { readonly db: SqliteDatabase; readonly tables: readonly KnownTable[] },
): KeyedRows | null {
  const keyed = withReadableKeys(sql, columns, tables)
  if (keyed === null || keyed.parameters !== values.length) return null
  const outcome = runOn(db, keyed.sql, values)
  return outcome.kind === 'error' ? null : outcome.rows.map(keyed.keyOf)
}

/**
 * Returns the statement with its sort keys as further columns, and a function that reads them from a row; null when they cannot be added.
 */
export function withReadableKeys(
  sql: string,
  columns: readonly SqliteColumn[],
  tables: readonly KnownTable[],
): {
  readonly sql: string
  readonly parameters: number
  readonly keyOf: (row: readonly SourceValue[]) => readonly string[]
} | null {
  const keyed = withSortKeys(
    sql,
    columns.map(({ name }) => name),
    (term) => isFoldedTerm(term, columns, tables),
  )
  if (keyed === null) return null
  const { sql: text, numbers } = sqliteText(keyed.sql)
  return {
    sql: text,
    parameters: numbers.length,
    keyOf: (row) =>
      keyed.keys.map((key, at) =>
        sortKey('result' in key ? row[key.result]! : row[columns.length + key.added]!, keyed.isFolded[at]!),
      ),
  }
}
