/**
 * Cuts a stored `create table` into tokens, for the few facts that no pragma tells.
 * Invariant: what stands in quotes, strings and comments is never taken for a keyword.
 */

export type SqlToken = {
  readonly kind: 'word' | 'quoted' | 'string' | 'symbol'
  /** Without its quotes. */
  readonly text: string
  /** How many parentheses are open around it; of a parenthesis itself, around the pair. */
  readonly depth: number
}

const pattern =
  /--[^\n]*|\/\*[\s\S]*?(?:\*\/|$)|'((?:[^']|'')*)'|"((?:[^"]|"")*)"|`((?:[^`]|``)*)`|\[([^\]]*)\]|([A-Za-z0-9_$\u0080-\u{10ffff}]+)|(\S)/gu

export function cutTokens(sql: string): SqlToken[] {
  const tokens: SqlToken[] = []
  let depth = 0
  for (const [, string, double, back, bracket, word, symbol] of sql.matchAll(pattern)) {
    if (string !== undefined) tokens.push({ kind: 'string', text: string.replaceAll("''", "'"), depth })
    else if (double !== undefined) tokens.push({ kind: 'quoted', text: double.replaceAll('""', '"'), depth })
    else if (back !== undefined) tokens.push({ kind: 'quoted', text: back.replaceAll('``', '`'), depth })
    else if (bracket !== undefined) tokens.push({ kind: 'quoted', text: bracket, depth })
    else if (word !== undefined) tokens.push({ kind: 'word', text: word, depth })
    else if (symbol !== undefined) {
      if (symbol === ')') depth--
      tokens.push({ kind: 'symbol', text: symbol, depth })
      if (symbol === '(') depth++
    }
  }
  return tokens
}

export function isKeyword(token: SqlToken | undefined, keyword: string): boolean {
  return token?.kind === 'word' && token.text.toUpperCase() === keyword
}

export type DeclaredFacts = {
  readonly autoincrement: boolean
  /** For each column in order, the collation as written, or null. */
  readonly collations: readonly (string | null)[]
  /** For each foreign key in order, whether it is `deferrable initially deferred`. */
  readonly deferred: readonly boolean[]
}

/** What only the text of a `create table` tells (https://www.sqlite.org/lang_createtable.html). */
export function readDeclaration(sql: string): DeclaredFacts {
  const body = cutTokens(sql).filter((token) => token.depth > 0)
  const collations: (string | null)[] = [null]
  const deferred: boolean[] = []
  let autoincrement = false
  body.forEach((token, at) => {
    if (token.depth !== 1) {
      // `primary key (id autoincrement)` is a table constraint that SQLite takes too.
      autoincrement ||= isKeyword(token, 'AUTOINCREMENT')
      return
    }
    if (token.kind === 'symbol' && token.text === ',') collations.push(null)
    else if (isKeyword(token, 'AUTOINCREMENT')) autoincrement = true
    else if (isKeyword(token, 'COLLATE')) collations[collations.length - 1] = body[at + 1]?.text ?? null
    else if (isKeyword(token, 'REFERENCES')) deferred.push(false)
    else if (isKeyword(token, 'DEFERRABLE') && deferred.length > 0) {
      deferred[deferred.length - 1] =
        !isKeyword(body[at - 1], 'NOT') &&
        isKeyword(body[at + 1], 'INITIALLY') &&
        isKeyword(body[at + 2], 'DEFERRED')
    }
  })
  return { autoincrement, collations, deferred }
}

/** The module of a `create virtual table … using module(…)`, in lower case. */
export function readModule(sql: string): string | null {
  const tokens = cutTokens(sql)
  const using = tokens.findIndex((token) => isKeyword(token, 'USING'))
  return using === -1 ? null : (tokens[using + 1]?.text.toLowerCase() ?? null)
}
