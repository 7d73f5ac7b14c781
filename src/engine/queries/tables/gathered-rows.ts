/**
 * Selects rows that are part of other rows in the target, folded into a JSON array or pivoted into a JSON object, for use in FROM.
 * Invariant: only columns whose values the target holds are selected.
 */
import type { Conversion } from '../../model/conversion.ts'
import { type CopyPlan, copyPlanOf, type Plan, type TablePlan, targetTableOf } from '../../model/plan.ts'
import type { StoredClasses } from '../../plan/views/table-relation.ts'
import type { Relation, SelectedColumn } from '../../sql/tree/relation.ts'
import type { ScopeColumn } from '../../sql/tree/scope.ts'
import { quoteIdentifier, quoteLiteral, quoteTable } from '../../syntax/postgres-names.ts'
import type { KnownTable } from './known-tables.ts'

export type Gathered = {
  /** A select of the rows, in PostgreSQL's dialect. */
  readonly sql: string
  readonly columns: readonly SelectedColumn[]
  /** Where the rows are, in a sentence. */
  readonly place: string
}

type ClassesOf = (column: string) => StoredClasses | null

/** Returns null for a table whose rows are rows of a target table, or are not moved. */
export function gatheredRows(plan: Plan, table: KnownTable, classesOf: ClassesOf): Gathered | null {
  const { fate } = table.plan
  if (fate.kind === 'fold') {
    const parent = plan.tables.find(({ id }) => id === fate.into)
    return parent === undefined ? null : foldedRows(table, parent, fate.column, classesOf)
  }
  if (fate.kind === 'copy' && fate.copy.pivot !== null) return pivotedRows(plan, table, fate.copy, classesOf)
  return null
}

export function relationOfGathered({ sql, columns }: Gathered): Relation {
  return { sql: `(${sql})`, columns }
}

function foldedRows(table: KnownTable, parent: TablePlan, column: string, classesOf: ClassesOf): Gathered {
  const { target } = copyPlanOf(parent)
  const columns = table.columns.map(({ name }) => valueColumn(table, name, classesOf))
  const list = columns.map(
    ({ name, type }) => `(element ->> ${quoteLiteral(name)})::${type} as ${quoteIdentifier(name)}`,
  )
  return {
    sql: `select ${list.join(', ')} from ${quoteTable(target)} as parent cross join lateral jsonb_array_elements(parent.${quoteIdentifier(column)}::jsonb) as element`,
    columns: columns.map(({ name, scope }) => ({ name, target: name, column: scope, printed: null })),
    place: `The rows of ${table.name} are in the JSON column ${column} of ${target.schema}.${target.table}, an object each.`,
  }
}

function pivotedRows(plan: Plan, table: KnownTable, copy: CopyPlan, classesOf: ClassesOf): Gathered {
  const { groupBy, name: nameColumn, value: valueColumnName } = copy.pivot!
  const json = copy.columns.find(({ from }) => from.kind === 'pivot')!.target
  const target = targetTableOf(plan, copy.target)
  const list: string[] = []
  const columns = table.columns.map(({ name }): SelectedColumn => {
    const none: SelectedColumn = { name, target: name, column: null, printed: null }
    if (name === nameColumn || name === valueColumnName) {
      const { type, scope } = valueColumn(table, name, classesOf)
      const sql = name === nameColumn ? 'pair.key' : "(pair.value #>> '{}')"
      list.push(`${sql}::${type} as ${quoteIdentifier(name)}`)
      return { ...none, column: scope }
    }
    const carried = copy.columns.find(({ from }) => from.kind === 'column' && from.column === name)
    if (!groupBy.includes(name) || carried?.from.kind !== 'column') return none
    const type = target.columns.find((one) => one.name === carried.target)!.type
    list.push(`parent.${quoteIdentifier(carried.target)} as ${quoteIdentifier(name)}`)
    return { ...none, column: { ...scopeOf(table, name, type, carried.from.conversion), isMixed: false } }
  })
  return {
    sql: `select ${list.join(', ')} from ${quoteTable(copy.target)} as parent cross join lateral jsonb_each(parent.${quoteIdentifier(json)}::jsonb) as pair`,
    columns,
    place: `The rows of ${table.name} are pairs in the JSON column ${json} of ${copy.target.schema}.${copy.target.table}, by their ${nameColumn}.`,
  }
}

function valueColumn(
  table: KnownTable,
  name: string,
  classesOf: ClassesOf,
): { name: string; type: string; scope: ScopeColumn } {
  const { integers = 0, reals = 0, texts = 0, blobs = 0 } = classesOf(name) ?? {}
  const isText = texts + blobs > 0
  const type = isText ? 'text' : reals > 0 ? 'double precision' : integers > 0 ? 'bigint' : 'text'
  const conversion: Conversion =
    type === 'text'
      ? { kind: 'text', maxCharacters: null }
      : type === 'bigint'
        ? { kind: 'integer', bytes: 8, form: 'integer' }
        : { kind: 'double' }
  const isMixed = blobs > 0 || (texts > 0 && integers + reals > 0)
  return { name, type, scope: { ...scopeOf(table, name, type, conversion), isMixed } }
}

function scopeOf(table: KnownTable, name: string, type: string, conversion: Conversion): ScopeColumn {
  const { affinity, collation } = table.columns.find((column) => column.name === name)!
  return {
    target: name,
    type,
    conversion,
    affinity,
    collation,
    isMixed: false,
    isText: type === 'text',
    isGenerated: false,
  }
}
