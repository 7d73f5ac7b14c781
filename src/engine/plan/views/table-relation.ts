/**
 * The target table that stands for a source table in translated statements. Invariant: its rows are exactly those of the source table; else
 * Untranslatable is thrown, with the reason.
 */

import type { ColumnCensus } from '../../model/census.ts'
import { type CopyPlan, type Plan, type TablePlan, targetTableOf } from '../../model/plan.ts'
import { isSameTable } from '../../model/target-schema.ts'
import type { Relation, SelectedColumn } from '../../sql/tree/relation.ts'
import { kindOfType, type ScopeColumn, Untranslatable } from '../../sql/tree/scope.ts'
import { quoteTable } from '../../syntax/postgres-names.ts'

/** Counts of a column's values by storage class. */
export type StoredClasses = Pick<ColumnCensus, 'integers' | 'reals' | 'texts' | 'blobs'>

type Storage = Pick<ScopeColumn, 'isMixed' | 'isText' | 'jsonTypes'>

/** Throws Untranslatable, with the reason, for a table that is not copied whole into a target table of its own. */
export function wholeCopyOf(plan: Plan, { id, table, fate }: TablePlan): { readonly copy: CopyPlan } {
  const named = JSON.stringify(table)
  if (fate.kind === 'exclude') throw new Untranslatable(`the table ${named} is not moved`)
  if (fate.kind === 'fold') throw new Untranslatable(`the rows of ${named} are part of other rows`)
  const { copy } = fate
  if (copy.pivot !== null) throw new Untranslatable(`several rows of ${named} become one`)
  if (copy.read.filter !== null) throw new Untranslatable(`some rows of ${named} are left out`)
  const isShared = plan.tables.some(
    (other) =>
      other.id !== id && other.fate.kind === 'copy' && isSameTable(other.fate.copy.target, copy.target),
  )
  if (isShared) throw new Untranslatable(`the rows of ${named} are among those of other tables`)
  return { copy }
}

/** `storage`: returns how a column's values are stored, by its source name and target type. */
export function tableRelation(
  plan: Plan,
  copy: CopyPlan,
  storage: (column: string, type: string) => Storage,
): Relation {
  const target = targetTableOf(plan, copy.target)
  const rowid = copy.columns.find(({ from }) => from.kind === 'rowid' || isRowidColumn(copy, from))
  return {
    sql: quoteTable(copy.target),
    columns: copy.read.table.columns.map(({ name }) => columnOf(plan, copy, name, storage)),
    primaryKey: target.primaryKey?.columns ?? [],
    ...(rowid === undefined ? {} : { scanOrder: [rowid.target] }),
    hidden: (name) =>
      rowid !== undefined && /^(rowid|_rowid_|oid)$/i.test(name)
        ? { name, target: rowid.target, column: rowidOf(rowid.target), printed: null }
        : undefined,
  }
}

function columnOf(
  plan: Plan,
  copy: CopyPlan,
  name: string,
  storage: (column: string, type: string) => Storage,
): SelectedColumn {
  const carried = [...copy.columns, ...(copy.computed ?? [])]
  const planned = carried.find(({ from }) => from.kind === 'column' && from.column === name)
  const source = copy.read.table.columns.find((column) => column.name === name)!
  if (planned === undefined || planned.from.kind !== 'column') {
    return { name, target: name, column: null, printed: null }
  }
  const type = targetTableOf(plan, copy.target).columns.find((one) => one.name === planned.target)!.type
  const column: ScopeColumn = {
    target: planned.target,
    type,
    conversion: planned.from.conversion,
    affinity: source.affinity,
    collation: source.collation,
    ...storage(name, type),
    isGenerated: false,
  }
  return { name, target: planned.target, column, printed: null }
}

function isRowidColumn({ key }: CopyPlan, from: CopyPlan['columns'][number]['from']): boolean {
  return key.kind === 'rowid' && from.kind === 'column' && from.column === key.column
}

function rowidOf(target: string): ScopeColumn {
  return {
    target,
    type: 'bigint',
    conversion: { kind: 'integer', bytes: 8, form: 'integer' },
    affinity: 'integer',
    collation: 'BINARY',
    isMixed: false,
    isText: false,
    isGenerated: false,
  }
}

/** Returns how the values are stored in SQLite; `isMixed` also when their storage class is not that of the target's type. */
export function storageOf(
  type: string,
  census: StoredClasses | null,
): Pick<ScopeColumn, 'isMixed' | 'isText'> {
  if (census === null) return { isMixed: true, isText: false }
  const { integers, reals, texts, blobs } = census
  const classes = [integers + reals, texts, blobs].filter((count) => count > 0)
  const kind = kindOfType(type)
  const isOther = (kind === 'text' && integers + reals + blobs > 0) || (kind === 'bytea' && texts > 0)
  return { isMixed: classes.length > 1 || isOther, isText: texts > 0 }
}
