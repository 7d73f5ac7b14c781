/**
 * Selects within expressions. Invariant: only the scope of a select prints one; a check, an index or a generated column holds none.
 */
import { type Printed, type Scope, type SelectScope, Untranslatable } from '../tree/scope.ts'

/** A select within an expression, printed in the scope around it. Throws Untranslatable where there is none. */
export function selectOf(
  scope: Scope,
  select: string,
  rows: 'all' | 'first' = 'all',
): ReturnType<SelectScope['subquery']> {
  if (scope.select === undefined) throw new Untranslatable('a subquery')
  return scope.select.subquery(select, rows)
}

/** The value of the first row; PostgreSQL takes no second one. Throws Untranslatable. */
export function printSubquery(select: string, scope: Scope): Printed {
  const { sql, columns } = selectOf(scope, select, 'first')
  const [column] = columns
  if (column === undefined || columns.length > 1) throw new Untranslatable('a row of several values')
  const { constant: _, moment: __, ...printed } = column
  return { ...printed, sql: `(${sql})`, atom: true }
}
