import { quoteIdentifier } from '../../syntax/postgres-names.ts'
import { isSameName } from '../../syntax/sqlite-names.ts'
import { printOrderingTerm } from '../compare/ordering.ts'
import type { Expression, OrderingTerm } from '../tree/expression.ts'
import type { PrintedSelect, Relation, SelectedColumn } from '../tree/relation.ts'
import { Untranslatable } from '../tree/scope.ts'
import { printedOf, relationOf } from './selected-columns.ts'

/** Resolves the ORDER BY of a select to its results. Invariant: a term means a result only when it means the same one in SQLite. */

/** A result as written in the select; without an expression when it comes from a `*`. */
export type Written = { readonly alias: string | null; readonly expression: Expression | null }

/** Returns the index of the result that a term of ORDER BY names by number or alias; null for an expression. Throws Untranslatable. */
export function positionOf(
  expression: Expression,
  results: readonly { readonly alias: string | null }[],
): number | null {
  if (expression.kind === 'integer') {
    const position = Number(expression.text) - 1
    if (position < 0 || position >= results.length)
      throw new Untranslatable('an order by a number of no column')
    return position
  }
  if (expression.kind !== 'name' || expression.table !== null) return null
  const position = results.findIndex(({ alias }) => alias !== null && isSameName(alias, expression.name))
  return position < 0 ? null : position
}

/** Returns the index of the only result that the term names or repeats; -1 for none. Throws Untranslatable like `positionOf`. */
export function placeOf(
  expression: Expression,
  results: readonly (Written & { readonly name: string })[],
): number {
  const named = positionOf(expression, results)
  if (named !== null) return named
  const written = JSON.stringify(expression)
  const same = results.flatMap((one, place) => {
    const isSame =
      one.expression === null
        ? expression.kind === 'name' && isSameName(one.name, expression.name)
        : JSON.stringify(one.expression) === written
    return isSame ? [place] : []
  })
  return same.length === 1 ? same[0]! : -1
}

/** Prints an ORDER BY term of a compound select or of distinct rows, which can only mean a result column. Throws Untranslatable. */
export function orderResult(
  term: OrderingTerm,
  columns: readonly SelectedColumn[],
  results: readonly Written[],
): string {
  const collation = term.expression.kind === 'collate' ? term.expression.collation : null
  const expression = term.expression.kind === 'collate' ? term.expression.operand : term.expression
  const named = positionOf(expression, results)
  const written = JSON.stringify(expression)
  const position =
    named ??
    columns.findIndex(({ name }, index) => {
      if (JSON.stringify(results[index]?.expression ?? null) === written) return true
      return expression.kind === 'name' && isSameName(name, expression.name)
    })
  const column = columns[position]
  if (column === undefined) throw new Untranslatable('an order by what is no column of the result')
  return printOrderingTerm(
    {
      ...printedOf(column),
      sql: `"rows".${quoteIdentifier(column.target)}`,
      atom: true,
      ...(collation === null ? {} : { collation }),
    },
    term,
  )
}

/** Returns a select as a relation with its order, in which SQLite aggregates its rows; in PostgreSQL the aggregate must repeat it. */
export function orderedRelation({ sql, columns, orderedBy }: PrintedSelect): Relation {
  const relation = relationOf(sql, columns)
  if (orderedBy === undefined) return relation
  return {
    ...relation,
    givenOrder: (alias) =>
      orderedBy.map(({ column, term }) => {
        const { target, ...result } = relation.columns[column]!
        const name = `${quoteIdentifier(alias)}.${quoteIdentifier(target)}`
        return printOrderingTerm({ ...printedOf(result), sql: name, atom: true }, term)
      }),
  }
}
