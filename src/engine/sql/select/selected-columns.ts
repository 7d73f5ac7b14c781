import { uniqueNames } from '../../syntax/target-names.ts'
import type { Relation, SelectedColumn } from '../tree/relation.ts'
import { type Printed, type ScopeColumn, Untranslatable } from '../tree/scope.ts'
import { commonKind, printColumn, traitsOf } from '../values/printed.ts'

/**
 * The columns of a select's result: as values, as a relation, united with those of another select. Invariant: a result that is a table's
 * column, unchanged, keeps all that is known of the column's values.
 */

/** Returns a select's result as a relation. */
export function relationOf(
  sql: string,
  columns: readonly SelectedColumn[],
  names: readonly string[] | null = null,
): Relation {
  const own = columns.map(({ name }, index) => names?.[index] ?? name)
  const targets = uniqueNames(own)
  return {
    sql,
    columns: columns.map((column, index) => ({ ...column, name: own[index]!, target: targets[index]! })),
  }
}

/** Unites the columns of two selects of a compound. Throws Untranslatable when their kinds differ. */
export function uniteColumns(
  lefts: readonly SelectedColumn[],
  rights: readonly SelectedColumn[],
): readonly SelectedColumn[] {
  if (lefts.length !== rights.length) throw new Untranslatable('selects with different numbers of columns')
  return lefts.map((left, index): SelectedColumn => {
    const right = rights[index]!
    if (isAlike(left, right)) return left
    const sides = [printedOf(left), printedOf(right)]
    const kind = commonKind(sides, { purpose: 'view' })
    const { sql } = sides[0]!
    // Rows are compared under the left column's collation, else under the right one's.
    const ownCollation = sides
      .map((side) => side.collation ?? side.ownCollation)
      .find((one) => one !== undefined)
    return {
      ...left,
      column: null,
      printed: { sql, kind, atom: true, ownCollation, ...traitsOf(sides, kind) },
    }
  })
}

/** Whether both are columns of tables with the same types, conversions and collations. */
export function isAlike(left: SelectedColumn, right: SelectedColumn): boolean {
  const traits = ({ conversion, type, affinity, collation, isMixed, isText }: ScopeColumn) =>
    JSON.stringify([conversion, type, affinity, collation, isMixed, isText])
  return left.column !== null && right.column !== null && traits(left.column) === traits(right.column)
}

/** Returns a result as a value. Throws Untranslatable for a column that can only be selected. */
export function printedOf({ column, printed }: Pick<SelectedColumn, 'column' | 'printed'>): Printed {
  return printed ?? printColumn(column!)
}
