import { SqlSyntaxError, TokenStream } from '../../syntax/sqlite-tokens.ts'
import type { BinaryOperator, Expression, OrderingTerm } from '../tree/expression.ts'
import { readFunction } from './parse-function.ts'
import type { ExpressionReader } from './parse-window.ts'

/**
 * Parses SQLite's expressions by its own precedence (https://www.sqlite.org/lang_expr.html#operators_and_parse_affecting_attributes).
 * Invariant: unknown syntax is an SqlSyntaxError, never guessed.
 */
export function parseExpression(sql: string): Expression {
  const stream = new TokenStream(sql)
  const expression = readExpression(stream)
  if (stream.peek().kind !== 'end') throw stream.surprise('after the expression')
  return expression
}

const deepest = 200

/** Reads one expression from the stream and stops at the first token that can't be part of it. */
export function readExpression(stream: TokenStream, depth = 0): Expression {
  if (depth > deepest) throw new SqlSyntaxError('the expression is nested too deeply')
  let left = readAnd(stream, depth + 1)
  while (stream.takeKeywords('OR')) left = binary('or', left, readAnd(stream, depth + 1))
  return left
}

function binary(operator: BinaryOperator, left: Expression, right: Expression): Expression {
  return { kind: 'binary', operator, left, right }
}

function readAnd(stream: TokenStream, depth: number): Expression {
  let left = readNot(stream, depth)
  while (stream.takeKeywords('AND')) left = binary('and', left, readNot(stream, depth))
  return left
}

function readNot(stream: TokenStream, depth: number): Expression {
  if (depth > deepest) throw new SqlSyntaxError('the expression is nested too deeply')
  if (stream.takeKeywords('NOT')) {
    return { kind: 'unary', operator: 'not', operand: readNot(stream, depth + 1) }
  }
  return readEquality(stream, depth)
}

function readEquality(stream: TokenStream, depth: number): Expression {
  let left = readComparison(stream, depth)
  for (;;) {
    if (stream.takeSymbol('=') || stream.takeSymbol('==')) {
      left = binary('=', left, readComparison(stream, depth))
    } else if (stream.takeSymbol('<>') || stream.takeSymbol('!=')) {
      left = binary('<>', left, readComparison(stream, depth))
    } else if (stream.takeKeywords('IS', 'NOT', 'DISTINCT', 'FROM')) {
      left = binary('is', left, readComparison(stream, depth))
    } else if (stream.takeKeywords('IS', 'DISTINCT', 'FROM')) {
      left = binary('is not', left, readComparison(stream, depth))
    } else if (stream.takeKeywords('IS', 'NOT')) {
      left = binary('is not', left, readComparison(stream, depth))
    } else if (stream.takeKeywords('IS')) {
      left = binary('is', left, readComparison(stream, depth))
    } else if (stream.takeKeywords('ISNULL')) {
      left = { kind: 'is-null', operand: left, negated: false }
    } else if (stream.takeKeywords('NOTNULL') || stream.takeKeywords('NOT', 'NULL')) {
      left = { kind: 'is-null', operand: left, negated: true }
    } else {
      const negated = stream.isKeyword('NOT')
      const tail = readTail(stream, left, negated, depth)
      if (tail === null) return left
      left = tail
    }
  }
}

/** Reads BETWEEN, IN, LIKE and similar operators after `left`; returns null when none follows. */
function readTail(stream: TokenStream, left: Expression, negated: boolean, depth: number): Expression | null {
  const ahead = negated ? 1 : 0
  const word = stream.peek(ahead).kind === 'word' ? stream.peek(ahead).text.toLowerCase() : ''
  const isTail = ['between', 'in', 'like', 'glob', 'regexp', 'match'].includes(word)
  if (!isTail) return null
  if (negated) stream.next()
  stream.next()
  if (word === 'between') {
    const low = readComparison(stream, depth)
    stream.expectKeywords('AND')
    return { kind: 'between', operand: left, low, high: readComparison(stream, depth), negated }
  }
  if (word === 'in') {
    const select = takeSubquery(stream)
    if (select !== null) return { kind: 'in-subquery', operand: left, select, negated }
    if (!stream.takeSymbol('(')) return { ...inTable(stream, left), negated }
    return { kind: 'in', operand: left, list: readList(stream, depth), negated }
  }
  const pattern = readComparison(stream, depth)
  const escaping = stream.takeKeywords('ESCAPE') ? readComparison(stream, depth) : null
  const operator = word as 'like' | 'glob' | 'regexp' | 'match'
  return { kind: 'match', operator, operand: left, pattern, escape: escaping, negated }
}

/** `in table` is short for all rows of the table (https://www.sqlite.org/lang_expr.html#in_op). */
function inTable(stream: TokenStream, operand: Expression): Expression & { kind: 'in-subquery' } {
  const { start } = stream.peek()
  stream.expectName()
  if (stream.takeSymbol('.')) stream.expectName()
  if (stream.isSymbol('(')) throw stream.surprise('after the name of a table')
  const table = stream.sql.slice(start, stream.peek(-1).end)
  return { kind: 'in-subquery', operand, select: `select * from ${table}`, negated: false }
}

/** Consumes a parenthesized `select` here and returns its text; null when there is none. */
function takeSubquery(stream: TokenStream): string | null {
  if (!stream.isSymbol('(') || !['SELECT', 'WITH', 'VALUES'].some((word) => stream.isKeyword(word, 1)))
    return null
  const start = stream.peek().end
  stream.skipParentheses()
  return stream.sql.slice(start, stream.peek(-1).start)
}

/** Reads expressions up to the closing parenthesis, and consumes it. */
function readList(stream: TokenStream, depth: number): Expression[] {
  if (stream.takeSymbol(')')) return []
  const list = stream.list(() => readExpression(stream, depth + 1))
  stream.expectSymbol(')')
  return list
}

/** Binary operators that are symbols, by ascending precedence. */
const levels: readonly (readonly BinaryOperator[])[] = [
  ['<=', '>=', '<', '>'],
  ['&', '|', '<<', '>>'],
  ['+', '-'],
  ['*', '/', '%'],
  ['||', '->', '->>'],
]

function readComparison(stream: TokenStream, depth: number, level = 0): Expression {
  const operators = levels[level]
  if (operators === undefined) return readCollate(stream, depth)
  let left = readComparison(stream, depth, level + 1)
  for (;;) {
    const operator = operators.find((one) => stream.isSymbol(one))
    if (operator === undefined) return left
    stream.next()
    left = binary(operator, left, readComparison(stream, depth, level + 1))
  }
}

function readCollate(stream: TokenStream, depth: number): Expression {
  let operand = readUnary(stream, depth)
  while (stream.takeKeywords('COLLATE')) {
    operand = { kind: 'collate', operand, collation: stream.expectName().toUpperCase() }
  }
  return operand
}

function readUnary(stream: TokenStream, depth: number): Expression {
  if (depth > deepest) throw new SqlSyntaxError('the expression is nested too deeply')
  for (const operator of ['-', '+', '~'] as const) {
    if (stream.takeSymbol(operator)) {
      return { kind: 'unary', operator, operand: readUnary(stream, depth + 1) }
    }
  }
  return readPrimary(stream, depth)
}

const wordValues: Readonly<Record<string, Expression>> = {
  NULL: { kind: 'null' },
  TRUE: { kind: 'boolean', value: true },
  FALSE: { kind: 'boolean', value: false },
  CURRENT_TIMESTAMP: { kind: 'now', what: 'timestamp' },
  CURRENT_DATE: { kind: 'now', what: 'date' },
  CURRENT_TIME: { kind: 'now', what: 'time' },
}

const refused = new Set(['SELECT', 'EXISTS', 'NOT', 'WITH', 'VALUES', 'RAISE', 'WHERE', 'FROM'])

function readPrimary(stream: TokenStream, depth: number): Expression {
  const select = takeSubquery(stream)
  if (select !== null) return { kind: 'subquery', select }
  const token = stream.next()
  switch (token.kind) {
    case 'number':
      return readNumber(token.text)
    case 'string':
      return { kind: 'string', text: token.text }
    case 'blob':
      return { kind: 'blob', hex: token.text }
    case 'parameter':
      // In a part of the statement, only a numbered parameter can be identified.
      if (!/^\?\d+$/.test(token.text)) break
      return { kind: 'parameter', number: Number(token.text.slice(1)) }
    case 'symbol': {
      if (token.text !== '(') break
      const inner = readExpression(stream, depth + 1)
      if (!stream.takeSymbol(',')) {
        stream.expectSymbol(')')
        return inner
      }
      return { kind: 'row', values: [inner, ...readList(stream, depth)] }
    }
    case 'quoted':
      return readName(stream, token.text, token.double)
    case 'word': {
      const word = token.text.toUpperCase()
      if (word === 'CASE') return readCase(stream, depth)
      if (stream.isSymbol('(')) return readCall(stream, word, depth)
      const value = wordValues[word]
      if (value !== undefined) return value
      if (refused.has(word)) break
      return readName(stream, token.text, false)
    }
    case 'end':
      break
    default:
      token.kind satisfies never
  }
  throw new SqlSyntaxError(
    `${token.kind === 'end' ? 'the end' : JSON.stringify(token.text)} where a value is expected`,
  )
}

function readNumber(text: string): Expression {
  if (/^0x/i.test(text)) return { kind: 'integer', text: BigInt.asIntN(64, BigInt(text)).toString() }
  if (!/^\d+$/.test(text)) return { kind: 'real', text }
  // An integer beyond 64 bits is a REAL (https://www.sqlite.org/lang_expr.html#literal_values_constants_).
  const fits = BigInt(text) <= 9223372036854775807n
  return fits ? { kind: 'integer', text: BigInt(text).toString() } : { kind: 'real', text }
}

function readName(stream: TokenStream, name: string, double: boolean): Expression {
  if (!stream.takeSymbol('.')) return { kind: 'name', name, table: null, double }
  const second = stream.expectName()
  if (!stream.takeSymbol('.')) return { kind: 'name', name: second, table: name, double: false }
  return { kind: 'name', name: stream.expectName(), table: second, double: false }
}

function readCall(stream: TokenStream, word: string, depth: number): Expression {
  if (word === 'EXISTS') {
    const select = takeSubquery(stream)
    if (select !== null) return { kind: 'exists', select }
  }
  if (refused.has(word)) throw new SqlSyntaxError(`${word} where a function is expected`)
  stream.expectSymbol('(')
  if (word === 'CAST') {
    const operand = readExpression(stream, depth + 1)
    stream.expectKeywords('AS')
    const start = stream.peek().start
    while (!stream.isSymbol(')') && stream.peek().kind !== 'end') {
      if (stream.isSymbol('(')) stream.skipParentheses()
      else stream.next()
    }
    const type = stream.sql.slice(start, stream.peek().start).trim()
    stream.expectSymbol(')')
    return { kind: 'cast', operand, type }
  }
  return readFunction(stream, word.toLowerCase(), expressionReader, depth)
}

export const expressionReader: ExpressionReader = { expression: readExpression, orderBy: readOrderBy }

/** Reads ORDER BY and its terms; returns [] when there is none. */
export function readOrderBy(stream: TokenStream, depth = 0): OrderingTerm[] {
  if (!stream.takeKeywords('ORDER', 'BY')) return []
  return stream.list(() => {
    const expression = readExpression(stream, depth + 1)
    const descending = stream.takeKeywords('DESC')
    if (!descending) stream.takeKeywords('ASC')
    const isFirst = stream.takeKeywords('NULLS', 'FIRST')
    const nulls = isFirst ? 'first' : stream.takeKeywords('NULLS', 'LAST') ? 'last' : null
    return { expression, descending, nulls }
  })
}

function readCase(stream: TokenStream, depth: number): Expression {
  const operand = stream.isKeyword('WHEN') ? null : readExpression(stream, depth + 1)
  const branches: { when: Expression; result: Expression }[] = []
  while (stream.takeKeywords('WHEN')) {
    const when = readExpression(stream, depth + 1)
    stream.expectKeywords('THEN')
    branches.push({ when, result: readExpression(stream, depth + 1) })
  }
  const otherwise = stream.takeKeywords('ELSE') ? readExpression(stream, depth + 1) : null
  if (!stream.takeKeywords('END') || branches.length === 0) throw stream.surprise('in a CASE')
  return { kind: 'case', operand, branches, otherwise }
}
