/**
 * Values that free a row's place under a unique constraint until the transaction ends: for rows that swap values, and for a row that is to
 * be deleted but still referred to. Invariant: no row of the table has one of these values.
 */
import type { TargetColumn, TargetTable } from '../../model/target-schema.ts'
import { quoteIdentifier, quoteTable } from '../../syntax/postgres-names.ts'

export type Parking = {
  /** Columns of unique constraints, in which new values may collide with old ones. */
  readonly columns: readonly string[]
  /** An assignment `column = …` for each constraint, on the table `t`. */
  readonly assignments: readonly string[]
  /** Whether every unique constraint can be freed. */
  readonly freesAll: boolean
}

/** `identity`: the columns by which rows are found, which are not changed. */
export function parkingOf(target: TargetTable, identity: readonly string[]): Parking {
  const uniques = uniquesOf(target).filter(({ columns }) => !columns.every((name) => identity.includes(name)))
  const byColumn = new Map<string, string>()
  let freesAll = true
  for (const { columns, nullsAreEqual } of uniques) {
    const value = target.columns
      .filter(({ name }) => columns.includes(name) && !identity.includes(name))
      .map((column) => [column.name, freeValue(target, column, nullsAreEqual)] as const)
      .find((one): one is [string, string] => one[1] !== null)
    if (value === undefined) freesAll = false
    else byColumn.set(...value)
  }
  return {
    columns: [...new Set(uniques.flatMap(({ columns }) => columns))],
    assignments: [...byColumn].map(([column, value]) => `${quoteIdentifier(column)} = ${value}`),
    freesAll,
  }
}

function uniquesOf(target: TargetTable): readonly { columns: readonly string[]; nullsAreEqual: boolean }[] {
  const { primaryKey, uniques, indexes } = target
  return [
    ...(primaryKey === null ? [] : [{ columns: primaryKey.columns, nullsAreEqual: false }]),
    ...uniques.map(({ columns, nullsNotDistinct }) => ({
      columns,
      nullsAreEqual: nullsNotDistinct === true,
    })),
    ...indexes
      .filter(({ unique }) => unique)
      .map(({ parts }) => ({
        columns: parts.flatMap((part) => ('column' in part ? [part.column] : part.columns)),
        nullsAreEqual: false,
      })),
  ]
}

/** Returns SQL for a value that no row has; null when the type has no such value. */
function freeValue(
  target: TargetTable,
  { name, type, nullable }: TargetColumn,
  nullsAreEqual: boolean,
): string | null {
  if (nullable && !nullsAreEqual) return 'null'
  if (/^(smallint|integer|bigint|numeric)\b/.test(type))
    return `(select least(min(${quoteIdentifier(name)}), 0) from ${quoteTable(target)}) - g.number`
  if (/^(text|character varying|citext)$/.test(type)) return `'gpt_migrate ' || gen_random_uuid()`
  if (type === 'uuid') return 'gen_random_uuid()'
  if (type === 'bytea') return 'uuid_send(gen_random_uuid())'
  return null
}
