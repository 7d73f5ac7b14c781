import type { TokenStream } from '../../syntax/sqlite-tokens.ts'
import type { Expression, Frame, FrameBound, OrderingTerm, Window } from '../tree/expression.ts'

/**
 * Parses the windows of window functions (https://www.sqlite.org/windowfunctions.html). Invariant: every part of a window that SQLite
 * accepts is kept, or the window is an SqlSyntaxError.
 */

/** The recursive expression parser, passed to the parsers of windows and functions. */
export type ExpressionReader = {
  readonly expression: (stream: TokenStream, depth: number) => Expression
  readonly orderBy: (stream: TokenStream, depth: number) => OrderingTerm[]
}

/** Reads what follows OVER: a window's name or its definition. */
export function readOver(stream: TokenStream, reader: ExpressionReader, depth: number): Window {
  if (!stream.isSymbol('(')) {
    return { base: stream.expectName(), isWhole: true, partitionBy: [], orderBy: [], frame: null }
  }
  return readWindow(stream, reader, depth)
}

/** Reads a window definition in parentheses. */
export function readWindow(stream: TokenStream, reader: ExpressionReader, depth = 0): Window {
  stream.expectSymbol('(')
  const starts = ['PARTITION', 'ORDER', 'ROWS', 'RANGE', 'GROUPS']
  const isNamed = !stream.isSymbol(')') && !starts.some((word) => stream.isKeyword(word))
  const base = isNamed ? stream.expectName() : null
  const isPartitioned = stream.takeKeywords('PARTITION', 'BY')
  const partitionBy = isPartitioned ? stream.list(() => reader.expression(stream, depth + 1)) : []
  const orderBy = reader.orderBy(stream, depth)
  const frame = readFrame(stream, reader, depth)
  stream.expectSymbol(')')
  return { base, isWhole: false, partitionBy, orderBy, frame }
}

function readFrame(stream: TokenStream, reader: ExpressionReader, depth: number): Frame | null {
  const unit = (['rows', 'range', 'groups'] as const).find((one) => stream.takeKeywords(one.toUpperCase()))
  if (unit === undefined) return null
  const isBetween = stream.takeKeywords('BETWEEN')
  const from = readBound(stream, reader, depth)
  if (isBetween) stream.expectKeywords('AND')
  const to = isBetween ? readBound(stream, reader, depth) : null
  return { unit, from, to, exclude: readExclude(stream) }
}

function readBound(stream: TokenStream, reader: ExpressionReader, depth: number): FrameBound {
  if (stream.takeKeywords('CURRENT', 'ROW')) return { direction: 'current row', distance: null }
  const distance = stream.takeKeywords('UNBOUNDED') ? null : reader.expression(stream, depth + 1)
  if (stream.takeKeywords('PRECEDING')) return { direction: 'preceding', distance }
  if (stream.takeKeywords('FOLLOWING')) return { direction: 'following', distance }
  throw stream.surprise('instead of PRECEDING or FOLLOWING')
}

function readExclude(stream: TokenStream): Frame['exclude'] {
  if (!stream.takeKeywords('EXCLUDE')) return null
  if (stream.takeKeywords('NO', 'OTHERS')) return null
  if (stream.takeKeywords('CURRENT', 'ROW')) return 'current row'
  if (stream.takeKeywords('GROUP')) return 'group'
  if (stream.takeKeywords('TIES')) return 'ties'
  throw stream.surprise('after EXCLUDE')
}
