/** A meeting: a statement's parameter or constant and the column with which it is compared, or into which it is written. */
import { foldName } from '../../syntax/sqlite-names.ts'
import type { KnownColumn, KnownTable } from './known-tables.ts'

export type MetColumn = { readonly table: KnownTable; readonly column: KnownColumn }

type Operator =
  | 'equal'
  | 'low'
  | 'high'
  | 'like'
  | 'glob'
  | 'given'
  | 'limit'
  | 'offset'
  | 'json-list'
  | 'free'

export type Meeting = {
  /** Null when the value meets something other than a column. */
  readonly met: MetColumn | null
  readonly operator: Operator
  /** The call that is applied to the column, with @value in its place: `date(@value, 'start of month')`. */
  readonly through?: string
}

export type ParameterMeeting = Meeting & { readonly number: number }
export type ConstantMeeting = Meeting & { readonly value: bigint | number | string }

export type Meetings = {
  readonly parameters: readonly ParameterMeeting[]
  readonly constants: readonly ConstantMeeting[]
  /** The columns that the statement names. */
  readonly named: readonly MetColumn[]
  /** The JSON paths that the statement reads, such as `$.a[0]`. */
  readonly paths: readonly string[]
}

/** Returns a function that returns the first column of a name; null when no table has one. */
export function columnFinder(tables: readonly KnownTable[]): (name: string) => MetColumn | null {
  const byName = new Map<string, MetColumn>()
  for (const table of tables.toReversed())
    for (const [name, column] of table.columnsByName) byName.set(name, { table, column })
  return (name) => byName.get(foldName(name)) ?? null
}

export function isText({ column }: MetColumn): boolean {
  const kind = column.target?.conversion.kind
  return kind === 'text' || kind === 'enumeration'
}

export function shownColumn({ table, column }: MetColumn): string {
  return `${table.name}.${column.name}`
}
