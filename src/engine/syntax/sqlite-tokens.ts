/**
 * Cuts SQLite's SQL into tokens (https://www.sqlite.org/draft/tokenreq.html). Invariant: the inside of quotes, strings and comments is
 * never taken for anything else, and the tokens' positions restore the text between them. A character unknown to SQLite's SQL is a symbol
 * token: arguments of a virtual table's module may contain anything.
 */

export type Token = {
  readonly kind: 'word' | 'quoted' | 'string' | 'number' | 'blob' | 'parameter' | 'symbol' | 'end'
  /** Text without quotes; symbols, numbers and parameters as written; a blob's hex digits. */
  readonly text: string
  /** Whether a quoted name was in double quotes, so that SQLite may take it for a string. */
  readonly double: boolean
  readonly start: number
  readonly end: number
}

export class SqlSyntaxError extends Error {}

/** Returns the number of each parameter by its position (https://www.sqlite.org/lang_expr.html#varparam). */
export function numberParameters(tokens: readonly Token[]): ReadonlyMap<number, number> {
  const numbers = new Map<number, number>()
  const named = new Map<string, number>()
  let last = 0
  for (const { kind, text, start } of tokens) {
    if (kind !== 'parameter') continue
    const known = text === '?' ? undefined : named.get(text)
    const number = known ?? (/^\?\d+$/.test(text) ? Number(text.slice(1)) : last + 1)
    if (text !== '?') named.set(text, number)
    numbers.set(start, number)
    last = Math.max(last, number)
  }
  return numbers
}

const pattern =
  /(?<space>[\s\ufeff]+|--[^\n]*|\/\*[\s\S]*?(?:\*\/|$))|[xX]'(?<blob>[0-9a-fA-F]*)'|'(?<string>(?:[^']|'')*)'|"(?<double>(?:[^"]|"")*)"|`(?<back>(?:[^`]|``)*)`|\[(?<bracket>[^\]]*)\]|(?<number>0[xX][0-9a-fA-F]+|(?:\d[\d_]*(?:\.[\d_]*)?|\.\d[\d_]*)(?:[eE][+-]?\d+)?)|(?<word>[A-Za-z_\u0080-\u{10ffff}][A-Za-z0-9_$\u0080-\u{10ffff}]*)|(?<parameter>\?\d*|[:@$][A-Za-z0-9_$\u0080-\u{10ffff}]+)|(?<symbol>->>|->|\|\||<<|>>|<=|>=|<>|!=|==|[\s\S])/uy

export function cutTokens(sql: string): Token[] {
  const tokens: Token[] = []
  pattern.lastIndex = 0
  while (pattern.lastIndex < sql.length) {
    const start = pattern.lastIndex
    const groups = pattern.exec(sql)!.groups!
    const end = pattern.lastIndex
    const add = (kind: Token['kind'], text: string, double = false) =>
      tokens.push({ kind, text, double, start, end })
    if (groups.space !== undefined) continue
    if (groups.blob !== undefined) add('blob', groups.blob)
    else if (groups.string !== undefined) add('string', groups.string.replaceAll("''", "'"))
    else if (groups.double !== undefined) add('quoted', groups.double.replaceAll('""', '"'), true)
    else if (groups.back !== undefined) add('quoted', groups.back.replaceAll('``', '`'))
    else if (groups.bracket !== undefined) add('quoted', groups.bracket)
    else if (groups.number !== undefined) add('number', groups.number.replaceAll('_', ''))
    else if (groups.word !== undefined) add('word', groups.word)
    else if (groups.parameter !== undefined) add('parameter', groups.parameter)
    else add('symbol', groups.symbol!)
  }
  tokens.push({ kind: 'end', text: '', double: false, start: sql.length, end: sql.length })
  return tokens
}

/** `word`: a keyword in capital letters. */
export function isWord(token: Token | undefined, word: string): boolean {
  return token?.kind === 'word' && token.text.toUpperCase() === word
}

/** Returns the token at the place in capital letters; '' for a text, or when there is no token. */
export function upperAt(tokens: readonly Token[], at: number): string {
  const token = tokens[at]
  return token === undefined || token.kind === 'string' ? '' : token.text.toUpperCase()
}

export function isNameToken(token: Token | undefined): token is Token & { readonly kind: 'word' | 'quoted' } {
  return token?.kind === 'word' || token?.kind === 'quoted'
}

/** Returns how many pairs of parentheses enclose each token; a parenthesis does not enclose itself. */
export function depthsOf(tokens: readonly Token[]): number[] {
  let depth = 0
  return tokens.map(({ kind, text }) => {
    if (kind !== 'symbol') return depth
    if (text === ')') depth--
    return text === '(' ? depth++ : depth
  })
}

export type Parentheses = {
  /** For each token, the index of the parenthesis in which it stands, or which it closes; -1 when there is none. */
  readonly openings: readonly number[]
  /** For each opening parenthesis, the index of the one that closes it, or the number of tokens; -1 for other tokens. */
  readonly closings: readonly number[]
}

/** Pairs all parentheses in one pass. A quoted name or a text is never one. */
export function parenthesesOf(tokens: readonly Token[]): Parentheses {
  const closings = tokens.map(() => -1)
  const open: number[] = []
  const openings = tokens.map(({ kind, text }, at) => {
    const around = open.at(-1) ?? -1
    if (kind !== 'symbol') return around
    if (text === '(') {
      closings[at] = tokens.length
      open.push(at)
    } else if (text === ')' && around >= 0) {
      closings[around] = at
      open.pop()
    }
    return around
  })
  return { openings, closings }
}

export type Edit = Pick<Token, 'start' | 'end' | 'text'>

/** Returns the statement with the edits made, which are in the order of their places. */
export function edited(sql: string, edits: readonly Edit[]): string {
  let changed = ''
  let from = 0
  for (const { start, end, text } of edits) {
    changed += sql.slice(from, start) + text
    from = end
  }
  return changed + sql.slice(from)
}

/** A position in a list of tokens, with the tests that a parser needs. */
export class TokenStream {
  readonly sql: string
  readonly #tokens: readonly Token[]
  #at = 0

  constructor(sql: string) {
    this.sql = sql
    this.#tokens = cutTokens(sql)
  }

  /** Returns the token `ahead` places ahead, or behind when negative. */
  peek(ahead = 0): Token {
    return this.#tokens[Math.max(0, Math.min(this.#at + ahead, this.#tokens.length - 1))]!
  }

  next(): Token {
    const token = this.peek()
    if (token.kind !== 'end') this.#at++
    return token
  }

  isKeyword(word: string, ahead = 0): boolean {
    return isWord(this.peek(ahead), word)
  }

  isSymbol(symbol: string, ahead = 0): boolean {
    const token = this.peek(ahead)
    return token.kind === 'symbol' && token.text === symbol
  }

  /** Consumes the keywords if all of them follow. */
  takeKeywords(...words: readonly string[]): boolean {
    if (!words.every((word, ahead) => this.isKeyword(word, ahead))) return false
    this.#at += words.length
    return true
  }

  takeSymbol(symbol: string): boolean {
    if (!this.isSymbol(symbol)) return false
    this.#at++
    return true
  }

  expectSymbol(symbol: string): void {
    if (!this.takeSymbol(symbol)) throw this.surprise(`instead of ${symbol}`)
  }

  /** Consumes a name: quoted in any way, a word, or, as SQLite allows, a string. */
  expectName(): string {
    const token = this.next()
    if (token.kind === 'word' || token.kind === 'quoted' || token.kind === 'string') return token.text
    throw this.surprise('instead of a name')
  }

  expectKeywords(...words: readonly string[]): void {
    if (!this.takeKeywords(...words)) throw this.surprise(`instead of ${words.join(' ')}`)
  }

  /** Reads the parts of a list with commas; returns what `read` returns for each. */
  list<T>(read: () => T): T[] {
    const parts = [read()]
    while (this.takeSymbol(',')) parts.push(read())
    return parts
  }

  /** Skips a parenthesis with its contents. */
  skipParentheses(): void {
    this.expectSymbol('(')
    for (let depth = 1; depth > 0; ) {
      const token = this.next()
      if (token.kind === 'end') throw this.surprise('instead of )')
      if (token.kind === 'symbol' && token.text === '(') depth++
      if (token.kind === 'symbol' && token.text === ')') depth--
    }
  }

  surprise(detail: string): SqlSyntaxError {
    const { text, kind } = this.peek()
    return new SqlSyntaxError(`${kind === 'end' ? 'the end' : JSON.stringify(text)} ${detail}`)
  }
}
