/** What of a table decides how Citus can keep it. Pure. */
import type { Plan } from '../../model/plan.ts'
import type { Distribution, TableName, TargetForeignKey, TargetTable } from '../../model/target-schema.ts'

export const nameOf = ({ schema, table }: TableName): string => `${schema}.${table}`

/** The first of the plan's tables that Citus keeps; null where it keeps none. */
export function firstDistributed({ schema }: Plan): TargetTable | null {
  return schema.tables.find(({ distribution }) => distribution !== undefined) ?? null
}

/**
 * Whether commits of the run may reach the disk later. Not with Citus: the nodes commit as soon as the coordinator has, and a commit that
 * a crash takes back on the coordinator alone would leave the rows of a block that counts as not copied.
 */
export function mayCommitLater(plan: Plan): boolean {
  return firstDistributed(plan) === null
}

/** A key that allows a row once, and the columns that it compares as they are. */
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

/** Columns that every unique key holds: Citus enforces a key on each shard alone. All columns where there is no unique key. */
export function sharedKeyColumns(table: TargetTable): readonly string[] {
  const keys = uniqueKeysOf(table)
  const names = (keys[0]?.columns ?? table.columns.map(({ name }) => name)) as readonly string[]
  return names.filter((name) => keys.every(({ columns }) => columns.includes(name)))
}

/** The type without length, precision and scale: what has to be equal for rows to lie side by side. */
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

/** Types without a hash in PostgreSQL; Citus refuses a numeric with a negative scale besides. */
export function hasHash(type: string): boolean {
  const plain = plainType(type)
  if (
    /^(json|xml|point|line|lseg|box|path|polygon|circle|tsvector|tsquery|bit|bit varying|money)$/.test(plain)
  )
    return false
  return !/^numeric ?\(\d+ ?, ?-/.test(type.toLowerCase())
}

/**
 * Columns that a table is best spread by, in the order of its keys: in every unique key, never null, and with many values that are
 * compared for equality. Times would put the newest rows, which are asked for most, side by side.
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

/** The parent's column that the key pairs with `column` of the child; null when the key does not hold it. */
export function pairedColumn({ columns, references }: TargetForeignKey, column: string): string | null {
  const at = columns.indexOf(column)
  return at < 0 ? null : (references.columns[at] ?? null)
}

/** What the key does to a child's distribution column when the parent changes; null: nothing that Citus refuses. */
export function refusedAction({ onDelete, onUpdate }: TargetForeignKey): string | null {
  const spelled = (action: string | null): string => action?.toLowerCase().trim() ?? ''
  if (/^set (null|default)$/.test(spelled(onDelete))) return `on delete ${spelled(onDelete)}`
  if (/^(cascade|set null|set default)$/.test(spelled(onUpdate))) return `on update ${spelled(onUpdate)}`
  return null
}

/** Of a child spread by `column`: its key leads to a parent spread by the column that it pairs with this one. */
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

/** How a table is kept, with why, where planning proposed it. */
export type Placement = { readonly distribution: Distribution; readonly why: string | null }
