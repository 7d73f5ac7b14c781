/**
 * A statement's text as each side takes it. Invariant: only placeholders are changed, by their places; nothing in quotes or comments is.
 */
import { numberParameters, type Token } from '../syntax/sqlite-tokens.ts'
import { tokensOf } from './statement-kind.ts'

/** A text with placeholders, and the number of the parameter at each. */
export type BoundText = { readonly sql: string; readonly numbers: readonly number[] }

/** With `?` for every parameter. */
export function sqliteText(sql: string): BoundText {
  return replaceParameters(sql, () => '?')
}

/** With `?1`, `?2`, so that a part of it keeps their numbers. */
export function numberedText(sql: string): string {
  return replaceParameters(sql, (number) => `?${number}`).sql
}

/** With `$1`, `$2` without gaps, each once in `numbers`. */
export function postgresText(sql: string): BoundText {
  const used: number[] = []
  const { sql: text } = replaceParameters(sql, (number) => {
    if (!used.includes(number)) used.push(number)
    return `$${used.indexOf(number) + 1}`
  })
  return { sql: text, numbers: used }
}

/** A text of our own printer, whose `$5` is parameter 5, without gaps. */
export function compactParameters(sql: string): BoundText {
  const used: number[] = []
  const text = sql.replaceAll(
    /'(?:[^']|'')*'|"(?:[^"]|"")*"|\$(\d+)/g,
    (part, digits: string | undefined) => {
      if (digits === undefined) return part
      const number = Number(digits)
      if (!used.includes(number)) used.push(number)
      return `$${used.indexOf(number) + 1}`
    },
  )
  return { sql: text, numbers: used }
}

function replaceParameters(sql: string, write: (number: number) => string): BoundText {
  const tokens = tokensOf(sql)
  const numberOf = numberParameters(tokens)
  const numbers: number[] = []
  let text = ''
  let from = 0
  for (const { kind, start, end } of tokens) {
    if (kind !== 'parameter') continue
    const number = numberOf.get(start)!
    numbers.push(number)
    text += sql.slice(from, start) + write(number)
    from = end
  }
  return { sql: text + sql.slice(from), numbers }
}

/** The same for statements that differ in nothing but spaces, comments and the case of keywords' letters. */
export function normalizedSql(sql: string): string {
  return tokensOf(sql)
    .map((token) => (token.kind === 'word' ? token.text.toLowerCase() : sql.slice(token.start, token.end)))
    .join(' ')
}

/** The same for statements that differ in their values only. */
export function valuelessSql(sql: string): string {
  const isValue = ({ kind }: Token) =>
    kind === 'string' || kind === 'number' || kind === 'blob' || kind === 'parameter'
  return tokensOf(sql)
    .map((token) =>
      isValue(token)
        ? '?'
        : token.kind === 'word'
          ? token.text.toLowerCase()
          : sql.slice(token.start, token.end),
    )
    .join(' ')
}

export type Clauses = {
  /** The place of ORDER BY of the whole statement; null when it has none. */
  readonly orderBy: number | null
  /** The place of LIMIT of the whole statement; null when it has none. */
  readonly limit: number | null
}

/** The clauses that end a statement that reads. */
export function clausesOf(sql: string): Clauses {
  let depth = 0
  let orderBy: number | null = null
  let limit: number | null = null
  const tokens = tokensOf(sql)
  for (const [at, { kind, text, start }] of tokens.entries()) {
    if (kind === 'symbol' && text === '(') depth++
    else if (kind === 'symbol' && text === ')') depth--
    else if (depth === 0 && kind === 'word') {
      const word = text.toUpperCase()
      if (word === 'ORDER' && tokens[at + 1]?.text.toUpperCase() === 'BY') orderBy = start
      if (word === 'LIMIT') limit = start
    }
  }
  return { orderBy, limit }
}

/** The statement for all of its rows. */
export function withoutLimit(sql: string): string {
  const { limit } = clausesOf(sql)
  return limit === null ? sql : sql.slice(0, limit).trimEnd()
}
