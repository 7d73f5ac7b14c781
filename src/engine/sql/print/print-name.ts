/**
 * Resolves names in expressions. Invariant: a name means the same as in SQLite: a column before an alias, an alias before a string.
 */
import type { Expression } from '../tree/expression.ts'
import { type Printed, type Scope, Untranslatable } from '../tree/scope.ts'
import { printColumn, printString } from '../values/printed.ts'

/** Throws Untranslatable. */
export function printName(expression: Expression & { kind: 'name' }, scope: Scope): Printed {
  const { name, table } = expression
  const column = scope.column(name, table)
  if (column === undefined) {
    const named = scope.select?.aliased(name, table, scope.select.grouped)
    if (named !== undefined) return named
    const computed = scope.select?.computed(name, table)
    if (computed !== undefined) return computed
    // SQLite takes a name in double quotes that no column has for a string (https://www.sqlite.org/quirks.html#dblquote).
    if (expression.double) return printString(name)
    throw new Untranslatable(`no column is named ${JSON.stringify(name)}`)
  }
  if (scope.purpose === 'generated' && column.isGenerated) {
    throw new Untranslatable(`${JSON.stringify(name)} is a generated column itself`)
  }
  return printColumn(column)
}
