import { quoteIdentifier } from '../../syntax/postgres-names.ts'
import { isSameName } from '../../syntax/sqlite-names.ts'
import { printOrderingTerm } from '../compare/ordering.ts'
import type { Expression, OrderingTerm } from '../tree/expression.ts'
import type { PrintedSelect, Relation, SelectedColumn } from '../tree/relation.ts'
import { Untranslatable } from '../tree/scope.ts'
import { printedOf, relationOf } from './selected-columns.ts'

/** The order of a select's rows in terms of its results. Invariant: a term is a result only where SQLite takes it for that one. */

/** A result as it stands in the select; no expression where it comes from a `*`. */
export type Written = { readonly alias: string | null; readonly expression: Expression | null }

/** The result that a term of ORDER BY means by its number or alias; null when it is an expression. */
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

/** The place of the result that has the term's value, also without its alias; -1 for none. Throws Untranslatable as `positionOf` does. */
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

/** A term of the order of a whole compound, or of distinct rows: it can only mean a column of the result. */
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

/** A select in FROM: what gathers its rows does so in their order, which the server keeps only where it is written there. */
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
