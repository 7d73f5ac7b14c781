import { SqlSyntaxError, TokenStream } from '../../syntax/sqlite-tokens.ts'
import type { Expression } from '../tree/expression.ts'
import { parseExpression } from './parse-expression.ts'

/**
 * Parses what SQLite's pragmas don't report of a `create table` or `create index`: checks, generated columns, names of constraints,
 * expressions of indexes. Invariant: a part that can't be parsed is kept as its text and never hides the parts after it.
 */

export type SqlPart = {
  /** As written. */
  readonly sql: string
  /** Null when it can't be parsed. */
  readonly expression: Expression | null
}

export type TableStatement = {
  readonly columns: readonly { readonly name: string; readonly generated: SqlPart | null }[]
  /** `column`: the column in whose definition the check is; null for a table constraint. */
  readonly checks: readonly (SqlPart & { readonly name: string | null; readonly column: string | null })[]
  /** Names of unique constraints and foreign keys, with their columns. */
  readonly names: readonly {
    readonly kind: 'unique' | 'foreign-key'
    readonly name: string
    readonly columns: readonly string[]
  }[]
}

/** Returns null for a statement that cannot be read, such as that of a virtual table. */
export function parseTable(sql: string): TableStatement | null {
  return readOrNull(() => {
    const stream = new TokenStream(sql)
    while (!stream.isSymbol('(')) if (stream.next().kind === 'end') return null
    stream.next()
    return readDefinitions(stream)
  })
}

/** Returns null when `read` throws an SqlSyntaxError. */
function readOrNull<T>(read: () => T | null): T | null {
  try {
    return read()
  } catch (error) {
    if (error instanceof SqlSyntaxError) return null
    throw error
  }
}

const tableConstraints = ['CONSTRAINT', 'PRIMARY', 'UNIQUE', 'CHECK', 'FOREIGN']

type Collected = {
  columns: { name: string; generated: SqlPart | null }[]
  checks: TableStatement['checks'][number][]
  names: TableStatement['names'][number][]
}

function readDefinitions(stream: TokenStream): TableStatement {
  const found: Collected = { columns: [], checks: [], names: [] }
  let inColumns = true
  while (!stream.isSymbol(')') && stream.peek().kind !== 'end') {
    const isConstraint = tableConstraints.some((word) => stream.isKeyword(word))
    if (isConstraint) inColumns = false
    if (inColumns) {
      const name = stream.expectName()
      found.columns.push({ name, generated: null })
      readConstraints(stream, found, name)
    } else readConstraints(stream, found, null)
    if (!stream.takeSymbol(',') && !tableConstraints.some((word) => stream.isKeyword(word))) break
  }
  return found
}

/** Reads what follows a column's name, or a table constraint, up to the comma or parenthesis that ends it. */
function readConstraints(stream: TokenStream, found: Collected, column: string | null): void {
  let name: string | null = null
  while (!stream.isSymbol(',') && !stream.isSymbol(')') && stream.peek().kind !== 'end') {
    if (stream.takeKeywords('CONSTRAINT')) {
      name = stream.expectName()
    } else if (stream.takeKeywords('CHECK')) {
      found.checks.push({ ...readPart(stream), name, column })
      name = null
    } else if (stream.isKeyword('AS') && stream.isSymbol('(', 1)) {
      stream.next()
      const generated = readPart(stream)
      const last = found.columns.at(-1)
      if (last !== undefined) last.generated = generated
    } else if (stream.takeKeywords('UNIQUE')) {
      const columns = column === null ? readNames(stream) : [column]
      if (name !== null) found.names.push({ kind: 'unique', name, columns })
      name = null
    } else if (stream.takeKeywords('FOREIGN', 'KEY')) {
      const columns = readNames(stream)
      if (name !== null) found.names.push({ kind: 'foreign-key', name, columns })
      name = null
    } else if (column !== null && stream.takeKeywords('REFERENCES')) {
      if (name !== null) found.names.push({ kind: 'foreign-key', name, columns: [column] })
      name = null
    } else if (stream.isSymbol('(')) stream.skipParentheses()
    else stream.next()
  }
}

/** Reads an expression in parentheses, with its text. */
function readPart(stream: TokenStream): SqlPart {
  const start = stream.peek().end
  stream.skipParentheses()
  return partOf(stream.sql.slice(start, stream.peek(-1).start).trim())
}

function partOf(sql: string): SqlPart {
  return { sql, expression: readOrNull(() => parseExpression(sql)) }
}

/** Reads the names in a list of indexed columns in parentheses. */
function readNames(stream: TokenStream): string[] {
  const names: string[] = []
  stream.expectSymbol('(')
  while (!stream.takeSymbol(')')) {
    names.push(stream.expectName())
    skipToEndOfPart(stream)
    stream.takeSymbol(',')
  }
  return names
}

type IndexStatement = { readonly parts: readonly SqlPart[]; readonly where: SqlPart | null }

/** Returns the expressions of a `create index`, without ASC or DESC, and its condition; null when it cannot be read. */
export function parseIndex(sql: string): IndexStatement | null {
  return readOrNull(() => {
    const stream = new TokenStream(sql)
    while (!stream.isKeyword('ON')) if (stream.next().kind === 'end') return null
    stream.next()
    stream.expectName()
    stream.expectSymbol('(')
    const parts = stream.list(() => {
      const start = stream.peek().start
      skipToEndOfPart(stream)
      const end = stream.peek(-1)
      const isOrdered = end.kind === 'word' && /^(asc|desc)$/i.test(end.text)
      return partOf(stream.sql.slice(start, isOrdered ? end.start : end.end).trim())
    })
    stream.expectSymbol(')')
    const where = stream.takeKeywords('WHERE') ? partOf(stream.sql.slice(stream.peek().start).trim()) : null
    return { parts, where }
  })
}

function skipToEndOfPart(stream: TokenStream): void {
  while (!stream.isSymbol(',') && !stream.isSymbol(')')) {
    if (stream.isSymbol('(')) stream.skipParentheses()
    else if (stream.next().kind === 'end') throw stream.surprise('instead of )')
  }
}
