/**
 * Parses a function call's arguments and the clauses after them. Invariant: every part that SQLite accepts is kept, or the call is an
 * SqlSyntaxError.
 */
import type { TokenStream } from '../../syntax/sqlite-tokens.ts'
import type { Expression, FunctionCall } from '../tree/expression.ts'
import { type ExpressionReader, readOver } from './parse-window.ts'

/** Reads a call from after its opening parenthesis (https://www.sqlite.org/syntax/expr.html). */
export function readFunction(
  stream: TokenStream,
  name: string,
  reader: ExpressionReader,
  depth: number,
): FunctionCall {
  const isDistinct = stream.takeKeywords('DISTINCT')
  if (!isDistinct) stream.takeKeywords('ALL')
  const hasStar = stream.takeSymbol('*')
  const isEmpty = hasStar || stream.isSymbol(')')
  const args = isEmpty ? [] : stream.list(() => reader.expression(stream, depth + 1))
  const orderBy = reader.orderBy(stream, depth)
  stream.expectSymbol(')')
  let filter: Expression | null = null
  if (stream.takeKeywords('FILTER')) {
    stream.expectSymbol('(')
    stream.expectKeywords('WHERE')
    filter = reader.expression(stream, depth + 1)
    stream.expectSymbol(')')
  }
  const over = stream.takeKeywords('OVER') ? readOver(stream, reader, depth) : null
  const isPlain = !isDistinct && !hasStar && orderBy.length === 0 && filter === null && over === null
  const call = { kind: 'call', name, arguments: args } as const
  return isPlain ? call : { ...call, aggregate: { isDistinct, hasStar, orderBy, filter, over } }
}
