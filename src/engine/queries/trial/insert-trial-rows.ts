/**
 * Rows that are made up, put into a table in memory. Invariant: each is one that the source's own constraints allow; what they refuse
 * is changed in its keys only, or left out.
 */
import type { SourceValue } from '../../rows/meaning/source-value.ts'
import type { SqliteDatabase } from '../../source/base/sqlite.ts'
import { isSameName, quoteSqlite } from '../../syntax/sqlite-names.ts'
import { tokensOf } from '../statement/statement-kind.ts'
import type { KnownColumn, KnownTable } from '../tables/known-tables.ts'
import type { SampleRow } from './parameters.ts'

/** `keys`: values that are wanted in a column that allows no two alike, before any others. */
export function insertTrialRows(
  db: SqliteDatabase,
  table: KnownTable,
  rows: readonly SampleRow[],
  keys: (column: KnownColumn) => readonly SourceValue[],
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
      // Refused by a check, or by a STRICT table: the row is none of the source's.
      return false
    }
  }
  const taken = new Map<KnownColumn, Set<SourceValue>>()
  const parts = partsOfKeys(table)
    .map((name) => columns.findIndex((column) => column.name === name))
    .filter((at) => at >= 0)
  for (const [number, row] of rows.entries()) {
    const values = columns.map((column) => {
      const value = row[column.name] ?? null
      if (!column.isUnique) return value
      const seen = taken.get(column) ?? new Set()
      taken.set(column, seen)
      const wanted = keys(column).find((key) => !seen.has(key)) ?? value
      const own = seen.has(wanted) ? ownValue(value, number, column, seen) : wanted
      seen.add(own)
      return own
    })
    if (isTaken(values)) continue
    const one = (at: number) => isTaken(values.with(at, shifted(values[at]!, number)))
    if (parts.some(one)) continue
    isTaken(values.map((value, at) => (parts.includes(at) ? shifted(value, number) : value)))
  }
}

/** The columns of keys, the last of each first: what comes before it is what other tables are joined by. */
function partsOfKeys({ catalog }: KnownTable): string[] {
  const unique = catalog.indexes
    .filter(({ unique }) => unique)
    .map(({ columns, sql }) =>
      columns.flatMap(({ name }) => (name === null ? namedIn(sql ?? '', catalog) : [name])),
    )
  return [...new Set([catalog.primaryKey, ...unique].flatMap((key) => key.toReversed()))]
}

/** Columns in the expressions of an index. */
function namedIn(sql: string, { columns }: KnownTable['catalog']): string[] {
  const words = tokensOf(sql)
  return columns.flatMap(({ name }) => (words.some(({ text }) => isSameName(text, name)) ? [name] : []))
}

/** A value of the same form that no other row has. */
function shifted(value: SourceValue, number: number): SourceValue {
  if (typeof value === 'bigint') return value + BigInt(number + 1)
  if (typeof value === 'number') return value + number + 1
  if (typeof value !== 'string') return value
  const [, day, rest] = /^(\d{4}-\d\d-\d\d)(?=$|[ T]\d\d:)(.*)$/s.exec(value) ?? []
  if (day === undefined) return `${value}~${number}`
  return `${new Date(Date.parse(day) + (number + 1) * 86_400_000).toISOString().slice(0, 10)}${rest}`
}

/** Whole numbers from one on, which are those that other tables refer to. */
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
