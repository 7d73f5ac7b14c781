import { TokenStream } from '../../syntax/sqlite-tokens.ts'
import type { Expression } from '../tree/expression.ts'
import type { CommonTable, FromSource, Joined, ResultColumn, Select, SelectCore } from '../tree/select.ts'
import { expressionReader, readExpression, readOrderBy } from './parse-expression.ts'
import { readWindow } from './parse-window.ts'

/**
 * Parses selects (https://www.sqlite.org/lang_select.html). Invariant: unknown syntax is an SqlSyntaxError, never guessed.
 */

/** Returns the select of a `create view` statement. */
export function parseView(sql: string): Select {
  const stream = new TokenStream(sql)
  stream.takeKeywords('CREATE')
  if (!stream.takeKeywords('TEMP')) stream.takeKeywords('TEMPORARY')
  stream.expectKeywords('VIEW')
  stream.takeKeywords('IF', 'NOT', 'EXISTS')
  stream.expectName()
  if (stream.takeSymbol('.')) stream.expectName()
  if (stream.isSymbol('(')) stream.skipParentheses()
  stream.expectKeywords('AS')
  return readWhole(stream)
}

/** Parses a select without a statement around it. */
export function parseSelect(sql: string): Select {
  return readWhole(new TokenStream(sql))
}

function readWhole(stream: TokenStream): Select {
  const select = readSelect(stream)
  stream.takeSymbol(';')
  if (stream.peek().kind !== 'end') throw stream.surprise('after the select')
  return select
}

export function readSelect(stream: TokenStream): Select {
  const isWith = stream.takeKeywords('WITH')
  if (isWith) stream.takeKeywords('RECURSIVE')
  const commonTables = isWith ? stream.list(() => readCommonTable(stream)) : []
  const cores = readCores(stream, null)
  for (let operator = takeOperator(stream); operator !== null; operator = takeOperator(stream)) {
    cores.push(...readCores(stream, operator))
  }
  const orderBy = readOrderBy(stream)
  let limit: Expression | null = null
  let offset: Expression | null = null
  if (stream.takeKeywords('LIMIT')) {
    limit = readExpression(stream)
    if (stream.takeKeywords('OFFSET')) offset = readExpression(stream)
    else if (stream.takeSymbol(',')) [offset, limit] = [limit, readExpression(stream)]
  }
  return { with: commonTables, cores, orderBy, limit, offset }
}

function readCommonTable(stream: TokenStream): CommonTable {
  const name = stream.expectName()
  const columns = stream.isSymbol('(') ? readNames(stream) : null
  stream.expectKeywords('AS')
  const isInline = stream.takeKeywords('NOT', 'MATERIALIZED')
  const isMaterialized = isInline ? false : stream.takeKeywords('MATERIALIZED') ? true : null
  stream.expectSymbol('(')
  const select = readSelect(stream)
  stream.expectSymbol(')')
  return { name, columns, isMaterialized, select }
}

export function readNames(stream: TokenStream): string[] {
  stream.expectSymbol('(')
  const names = stream.list(() => stream.expectName())
  stream.expectSymbol(')')
  return names
}

function takeOperator(stream: TokenStream): SelectCore['operator'] {
  if (stream.takeKeywords('UNION', 'ALL')) return 'union all'
  if (stream.takeKeywords('UNION')) return 'union'
  if (stream.takeKeywords('INTERSECT')) return 'intersect'
  return stream.takeKeywords('EXCEPT') ? 'except' : null
}

/** Reads one select, or VALUES as a select per row (https://www.sqlite.org/lang_select.html#the_values_clause). */
function readCores(stream: TokenStream, operator: SelectCore['operator']): SelectCore[] {
  if (!stream.takeKeywords('VALUES')) return [readCore(stream, operator)]
  let next = operator
  const cores = stream.list(() => {
    const core = readValues(stream, next)
    next ??= 'union all'
    return core
  })
  if (operator === 'intersect' && cores.length > 1) throw stream.surprise('after rows to intersect with')
  return cores
}

function readValues(stream: TokenStream, operator: SelectCore['operator']): SelectCore {
  stream.expectSymbol('(')
  const values = stream.list(() => readExpression(stream))
  stream.expectSymbol(')')
  const results = values.map((expression, at): ResultColumn => {
    return { kind: 'expression', expression, alias: `column${at + 1}`, sql: '' }
  })
  return { ...everything, operator, results }
}

/** `select *` from nothing. */
const everything: SelectCore = {
  operator: null,
  isDistinct: false,
  results: [{ kind: 'all', table: null }],
  from: [],
  where: null,
  groupBy: [],
  having: null,
  windows: [],
}

function readCore(stream: TokenStream, operator: SelectCore['operator']): SelectCore {
  stream.expectKeywords('SELECT')
  const isDistinct = stream.takeKeywords('DISTINCT')
  if (!isDistinct) stream.takeKeywords('ALL')
  const results = readResults(stream)
  const from = stream.takeKeywords('FROM') ? readFrom(stream) : []
  const where = stream.takeKeywords('WHERE') ? readExpression(stream) : null
  const groupBy = stream.takeKeywords('GROUP', 'BY') ? stream.list(() => readExpression(stream)) : []
  const having = stream.takeKeywords('HAVING') ? readExpression(stream) : null
  return { operator, isDistinct, results, from, where, groupBy, having, windows: readWindows(stream) }
}

function readWindows(stream: TokenStream): SelectCore['windows'] {
  if (!stream.takeKeywords('WINDOW')) return []
  return stream.list(() => {
    const name = stream.expectName()
    stream.expectKeywords('AS')
    return { name, window: readWindow(stream, expressionReader) }
  })
}

export function readResults(stream: TokenStream): ResultColumn[] {
  return stream.list(() => readResult(stream))
}

function readResult(stream: TokenStream): ResultColumn {
  if (stream.takeSymbol('*')) return { kind: 'all', table: null }
  const isOfTable = stream.peek().kind !== 'symbol' && stream.isSymbol('.', 1) && stream.isSymbol('*', 2)
  if (isOfTable) {
    const table = stream.expectName()
    stream.expectSymbol('.')
    stream.expectSymbol('*')
    return { kind: 'all', table }
  }
  const { start } = stream.peek()
  const expression = readExpression(stream)
  const sql = stream.sql.slice(start, stream.peek(-1).end)
  return { kind: 'expression', expression, alias: readAlias(stream, afterResult), sql }
}

/** Keywords that may follow a result, or a table, and so are no aliases without AS. */
const afterResult = words('RETURNING ON FROM WHERE GROUP HAVING WINDOW ORDER LIMIT UNION INTERSECT EXCEPT')
export const afterTable = new Set([
  ...afterResult,
  ...words('NATURAL LEFT RIGHT FULL OUTER INNER CROSS JOIN USING INDEXED NOT SET VALUES SELECT DEFAULT'),
])

function words(list: string): ReadonlySet<string> {
  return new Set(list.split(' '))
}

function readAlias(stream: TokenStream, reserved: ReadonlySet<string>): string | null {
  if (stream.takeKeywords('AS')) return stream.expectName()
  const { kind, text } = stream.peek()
  const isAlias =
    kind === 'quoted' || kind === 'string' || (kind === 'word' && !reserved.has(text.toUpperCase()))
  return isAlias ? stream.expectName() : null
}

export function readFrom(stream: TokenStream): Joined[] {
  const joined: Joined[] = [
    { join: 'inner', isNatural: false, source: readSource(stream), on: null, using: null },
  ]
  for (;;) {
    const operator = takeJoin(stream)
    if (operator === null) return joined
    const source = readSource(stream)
    const on = stream.takeKeywords('ON') ? readExpression(stream) : null
    const using = stream.takeKeywords('USING') ? readNames(stream) : null
    joined.push({ ...operator, source, on, using })
  }
}

function takeJoin(stream: TokenStream): Pick<Joined, 'join' | 'isNatural'> | null {
  if (stream.takeSymbol(',')) return { join: 'inner', isNatural: false }
  const isNatural = stream.takeKeywords('NATURAL')
  for (const join of ['left', 'right', 'full'] as const) {
    if (!stream.takeKeywords(join.toUpperCase())) continue
    stream.takeKeywords('OUTER')
    stream.expectKeywords('JOIN')
    return { join, isNatural }
  }
  const isJoin =
    stream.takeKeywords('JOIN') ||
    stream.takeKeywords('INNER', 'JOIN') ||
    stream.takeKeywords('CROSS', 'JOIN')
  if (!isJoin && isNatural) throw stream.surprise('instead of JOIN')
  return isJoin ? { join: 'inner', isNatural } : null
}

function readSource(stream: TokenStream): FromSource {
  if (stream.takeSymbol('(')) {
    const isSelect = ['SELECT', 'WITH', 'VALUES'].some((word) => stream.isKeyword(word))
    if (!isSelect) {
      const from = readFrom(stream)
      stream.expectSymbol(')')
      return inBrackets(from, readAlias(stream, afterTable))
    }
    const select = readSelect(stream)
    stream.expectSymbol(')')
    return { kind: 'select', select, alias: readAlias(stream, afterTable) }
  }
  const first = stream.expectName()
  const isQualified = stream.takeSymbol('.')
  const name = isQualified ? stream.expectName() : first
  if (stream.takeSymbol('(')) {
    const given = stream.isSymbol(')') ? [] : stream.list(() => readExpression(stream))
    stream.expectSymbol(')')
    return { kind: 'function', name, arguments: given, alias: readAlias(stream, afterTable) }
  }
  const alias = readAlias(stream, afterTable)
  // Index hints are dropped, since they do not change the rows.
  if (stream.takeKeywords('INDEXED', 'BY')) stream.expectName()
  else stream.takeKeywords('NOT', 'INDEXED')
  return { kind: 'table', name, isQualified, alias }
}

/** Returns what stands in parentheses in FROM: a single table as itself, joined tables with an alias as a select from them. */
function inBrackets(from: readonly Joined[], alias: string | null): FromSource {
  const [only] = from
  if (from.length === 1 && only !== undefined) {
    const { source } = only
    if (alias === null) return source
    if (source.kind !== 'joined') return { ...source, alias }
  }
  if (alias === null) return { kind: 'joined', from }
  const cores = [{ ...everything, from }]
  return { kind: 'select', select: { with: [], cores, orderBy: [], limit: null, offset: null }, alias }
}
