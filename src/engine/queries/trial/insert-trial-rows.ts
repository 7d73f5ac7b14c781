/**
 * Inserts trial rows into a table in memory. Invariant: the source's constraints allow each row; a refused row is inserted with other
 * values in its keys, or left out.
 */
import type { SourceValue } from '../../rows/meaning/source-value.ts'
import type { SqliteDatabase } from '../../source/base/sqlite.ts'
import { isSameName, quoteSqlite } from '../../syntax/sqlite-names.ts'
import { tokensOf } from '../statement/statement-kind.ts'
import type { KnownColumn, KnownTable } from '../tables/known-tables.ts'
import type { SampleRow } from './parameters.ts'

/** `keys`: values to be used first in a unique column. */
export function insertTrialRows(
  db: SqliteDatabase,
  table: KnownTable,
  rows: readonly SampleRow[],
  keys: (column: KnownColumn) => Iterable<SourceValue>,
): void {
  const columns = table.columns.filter(({ name }) =>
    table.catalog.columns.some((column) => column.name === name && column.generated === null),
  )
  const insert = db.prepare<unknown[]>(
    `insert or ignore into ${quoteSqlite(table.name)} (${columns.map(({ name }) => quoteSqlite(name)).join(', ')})
     values (${columns.map(() => '?').join(', ')})`,
  )
  const isTaken = (values: readonly SourceValue[]): boolean => {
    try {
      return insert.run(...values).changes > 0
    } catch {
      // Refused by a CHECK or a STRICT table: the source could not hold the row.
      return false
    }
  }
  const taken = new Map(
    columns.map((column) => [
      column,
      { seen: new Set<SourceValue>(), wanted: keys(column)[Symbol.iterator]() },
    ]),
  )
  const parts = partsOfKeys(table)
    .map((name) => columns.findIndex((column) => column.name === name))
    .filter((at) => at >= 0)
  for (const [number, row] of rows.entries()) {
    const values = columns.map((column) => {
      const value = row[column.name] ?? null
      if (!column.isUnique) return value
      const { seen, wanted } = taken.get(column)!
      const key = firstUnseen(wanted, seen) ?? value
      const own = seen.has(key) ? ownValue(value, number, column, seen) : key
      seen.add(own)
      return own
    })
    if (isTaken(values)) continue
    const one = (at: number) => isTaken(values.with(at, shifted(values[at]!, number)))
    if (parts.some(one)) continue
    isTaken(values.map((value, at) => (parts.includes(at) ? shifted(value, number) : value)))
  }
}

/** Takes values up to the first that is not among the seen ones. Returns null when there is none. */
function firstUnseen(values: Iterator<SourceValue>, seen: ReadonlySet<SourceValue>): SourceValue {
  for (let next = values.next(); next.done !== true; next = values.next())
    if (!seen.has(next.value)) return next.value
  return null
}

/** Returns the columns of keys, the last of each key first, since other tables are joined by the columns before it. */
function partsOfKeys({ catalog }: KnownTable): string[] {
  const unique = catalog.indexes
    .filter(({ unique }) => unique)
    .map(({ columns, sql }) =>
      columns.flatMap(({ name }) => (name === null ? namedIn(sql ?? '', catalog) : [name])),
    )
  return [...new Set([catalog.primaryKey, ...unique].flatMap((key) => key.toReversed()))]
}

/** Returns the columns in an index's expressions. */
function namedIn(sql: string, { columns }: KnownTable['catalog']): string[] {
  const words = tokensOf(sql)
  return columns.flatMap(({ name }) => (words.some(({ text }) => isSameName(text, name)) ? [name] : []))
}

/** Returns a value of the same form that no other row should have. */
function shifted(value: SourceValue, number: number): SourceValue {
  if (typeof value === 'bigint') return value + BigInt(number + 1)
  if (typeof value === 'number') return value + number + 1
  if (typeof value !== 'string') return value
  const [, day, rest] = /^(\d{4}-\d\d-\d\d)(?=$|[ T]\d\d:)(.*)$/s.exec(value) ?? []
  if (day === undefined) return `${value}~${number}`
  return `${new Date(Date.parse(day) + (number + 1) * 86_400_000).toISOString().slice(0, 10)}${rest}`
}

/** Returns an unused value of the same kind; for integers the smallest from 1 on, since other tables' rows refer to small numbers. */
function ownValue(
  value: SourceValue,
  number: number,
  { target }: KnownColumn,
  seen: ReadonlySet<SourceValue>,
): SourceValue {
  const kind = target?.conversion.kind
  if (typeof value === 'string' && (kind === 'uuid' || kind === 'uuid-of-id')) {
    return `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`
  }
  if (typeof value === 'bigint') {
    let own = 1n
    while (seen.has(own)) own++
    return own
  }
  if (typeof value === 'number') return value + 1000 + number
  return typeof value === 'string' ? `${value}~${number}` : value
}
