/**
 * A statement's text as each side takes it. Invariant: only placeholders are changed, by their places; nothing in quotes or comments is.
 */
import { depthsOf, edited, isWord, numberParameters, type Token } from '../../syntax/sqlite-tokens.ts'
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
  const parameters = tokens.filter(({ kind }) => kind === 'parameter')
  const edits = parameters.map((token) => ({ ...token, text: write(numberOf.get(token.start)!) }))
  return { sql: edited(sql, edits), numbers: parameters.map(({ start }) => numberOf.get(start)!) }
}

/** The same for statements that differ in nothing but spaces, comments and the case of keywords' letters. */
export function normalizedSql(sql: string): string {
  return tokensOf(sql)
    .map((token) => spelled(token, sql))
    .join(' ')
}

function spelled({ kind, text, start, end }: Token, sql: string): string {
  return kind === 'word' ? text.toLowerCase() : sql.slice(start, end)
}

/** The same for statements that differ in their values only. */
export function valuelessSql(sql: string): string {
  const isValue = ({ kind }: Token) =>
    kind === 'string' || kind === 'number' || kind === 'blob' || kind === 'parameter'
  return tokensOf(sql)
    .map((token) => (isValue(token) ? '?' : spelled(token, sql)))
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
  const tokens = tokensOf(sql)
  const depths = depthsOf(tokens)
  const last = (word: string, next?: string): number | null =>
    tokens.findLast(
      (token, at) =>
        depths[at] === 0 && isWord(token, word) && (next === undefined || isWord(tokens[at + 1], next)),
    )?.start ?? null
  return { orderBy: last('ORDER', 'BY'), limit: last('LIMIT') }
}

/** The statement for all of its rows. */
export function withoutLimit(sql: string): string {
  const { limit } = clausesOf(sql)
  return limit === null ? sql : sql.slice(0, limit).trimEnd()
}
