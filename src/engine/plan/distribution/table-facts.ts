/** The properties of a table that decide how Citus can keep it. Pure. */
import type { Plan } from '../../model/plan.ts'
import type { Distribution, TableName, TargetForeignKey, TargetTable } from '../../model/target-schema.ts'

export const nameOf = ({ schema, table }: TableName): string => `${schema}.${table}`

/** Returns the plan's first distributed table; null when there is none. */
export function firstDistributed({ schema }: Plan): TargetTable | null {
  return schema.tables.find(({ distribution }) => distribution !== undefined) ?? null
}

/**
 * Whether the run may commit asynchronously. Not with Citus: the nodes commit at once after the coordinator, and a crash that loses the
 * commit on the coordinator alone would leave the rows of a block that counts as not copied.
 */
export function mayCommitLater(plan: Plan): boolean {
  return firstDistributed(plan) === null
}

/** A unique key, and the columns among its parts. */
type UniqueKey = {
  /** `primary key (id)`, as in a sentence. */
  readonly described: string
  readonly columns: readonly string[]
}

export function uniqueKeysOf({ primaryKey, uniques, indexes }: TargetTable): readonly UniqueKey[] {
  const list = (columns: readonly string[]): string => `(${columns.join(', ')})`
  return [
    ...(primaryKey === null
      ? []
      : [{ described: `the primary key ${list(primaryKey.columns)}`, columns: primaryKey.columns }]),
    ...uniques.map(({ columns }) => ({ described: `the unique key ${list(columns)}`, columns })),
    ...indexes
      .filter(({ unique }) => unique)
      .map(({ name, parts }) => ({
        described: `the unique index ${name}`,
        columns: parts.flatMap((part) => ('column' in part ? [part.column] : [])),
      })),
  ]
}

/** Returns the columns in every unique key, since Citus enforces a key only within a shard; all columns when there is no unique key. */
export function sharedKeyColumns(table: TargetTable): readonly string[] {
  const keys = uniqueKeysOf(table)
  const names = (keys[0]?.columns ?? table.columns.map(({ name }) => name)) as readonly string[]
  return names.filter((name) => keys.every(({ columns }) => columns.includes(name)))
}

/** Returns the type without length, precision and scale; it has to be equal for tables to be co-located. */
function plainType(type: string): string {
  return type
    .toLowerCase()
    .replace(/ ?\([^)]*\)/, '')
    .trim()
}

export function plainTypeOf({ columns }: TargetTable, name: string): string | null {
  const column = columns.find((one) => one.name === name)
  return column === undefined ? null : plainType(column.type)
}

/** False for types without a hash in PostgreSQL, and for a numeric with a negative scale, which Citus refuses. */
export function hasHash(type: string): boolean {
  const plain = plainType(type)
  if (
    /^(json|xml|point|line|lseg|box|path|polygon|circle|tsvector|tsquery|bit|bit varying|money)$/.test(plain)
  )
    return false
  return !/^numeric ?\(\d+ ?, ?-/.test(type.toLowerCase())
}

/**
 * Returns the best columns to spread a table by, in the order of its keys: in every unique key, never null, and of a type that queries
 * compare for equality. Times would put the newest rows, which are queried most, side by side.
 */
export function goodColumns(table: TargetTable): readonly string[] {
  return sharedKeyColumns(table).filter((name) => {
    const column = table.columns.find((one) => one.name === name)
    if (column === undefined || column.generated !== null) return false
    const isFilled = !column.nullable || table.primaryKey?.columns.includes(name) === true
    return (
      isFilled && /^(smallint|integer|bigint|uuid|text|character( varying)?)$/.test(plainType(column.type))
    )
  })
}

/** Returns the parent's column that the key pairs with `column` of the child; null when the key does not contain it. */
export function pairedColumn({ columns, references }: TargetForeignKey, column: string): string | null {
  const at = columns.indexOf(column)
  return at < 0 ? null : (references.columns[at] ?? null)
}

/** Returns the key's action, when the parent changes, that Citus refuses on a child's distribution column; null without one. */
export function refusedAction({ onDelete, onUpdate }: TargetForeignKey): string | null {
  const spelled = (action: string | null): string => action?.toLowerCase().trim() ?? ''
  if (/^set (null|default)$/.test(spelled(onDelete))) return `on delete ${spelled(onDelete)}`
  if (/^(cascade|set null|set default)$/.test(spelled(onUpdate))) return `on update ${spelled(onUpdate)}`
  return null
}

/** Whether a child spread by `column` is co-located with a parent spread by `parentColumn`, so that Citus accepts the key. */
export function liesBeside(
  child: TargetTable,
  column: string,
  key: TargetForeignKey,
  parent: TargetTable,
  parentColumn: string,
): boolean {
  return (
    pairedColumn(key, column) === parentColumn &&
    refusedAction(key) === null &&
    plainTypeOf(child, column) === plainTypeOf(parent, parentColumn)
  )
}

/** How Citus keeps a table; `why`: null when the user chose it. */
export type Placement = { readonly distribution: Distribution; readonly why: string | null }
