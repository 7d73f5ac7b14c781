import { uniqueNames } from '../../syntax/target-names.ts'
import type { Relation, SelectedColumn } from '../tree/relation.ts'
import { type Printed, type ScopeColumn, Untranslatable } from '../tree/scope.ts'
import { commonKind, printColumn, traitsOf } from '../values/printed.ts'

/**
 * The columns of a select's result: as values, as a relation of their own, united with those of another. Invariant: a column stays
 * that of its table, with all that is known of its values, as long as nothing is done to it.
 */

/** A select's result as something that FROM can name. */
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

/** Columns of one place in two selects of a compound. */
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
    // Rows are told apart under the collation of the left one, else of the right one.
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

/** Whether both are columns of tables, and what is known of their values is the same. */
export function isAlike(left: SelectedColumn, right: SelectedColumn): boolean {
  const traits = ({ conversion, type, affinity, collation, isMixed, isText }: ScopeColumn) =>
    JSON.stringify([conversion, type, affinity, collation, isMixed, isText])
  return left.column !== null && right.column !== null && traits(left.column) === traits(right.column)
}

/** A result as a value; throws Untranslatable for a column with which nothing can be done but to show it. */
export function printedOf({ column, printed }: Pick<SelectedColumn, 'column' | 'printed'>): Printed {
  return printed ?? printColumn(column!)
}
