/**
 * Writes a statement's placeholders as each side expects them. Invariant: nothing else changes, and nothing in quotes or comments.
 */
import { depthsOf, edited, isWord, numberParameters, type Token } from '../../syntax/sqlite-tokens.ts'
import { tokensOf } from './statement-kind.ts'

/** A text with placeholders, and the parameter's number for each. */
export type BoundText = { readonly sql: string; readonly numbers: readonly number[] }

/** Writes `?` for every parameter. */
export function sqliteText(sql: string): BoundText {
  return replaceParameters(sql, () => '?')
}

/** Writes `?1`, `?2`, so that parts of the statement keep the numbers. */
export function numberedText(sql: string): string {
  return replaceParameters(sql, (number) => `?${number}`).sql
}

/** Writes `$1`, `$2` without gaps; `numbers` has each once. */
export function postgresText(sql: string): BoundText {
  const used = new Map<number, number>()
  const { sql: text } = replaceParameters(sql, (number) => `$${placeIn(used, number)}`)
  return { sql: text, numbers: [...used.keys()] }
}

/** Renumbers the parameters of our own printer's text, whose `$5` is parameter 5, without gaps. */
export function compactParameters(sql: string): BoundText {
  const used = new Map<number, number>()
  const text = sql.replaceAll(
    /'(?:[^']|'')*'|"(?:[^"]|"")*"|\$(\d+)/g,
    (part, digits: string | undefined) => {
      if (digits === undefined) return part
      return `$${placeIn(used, Number(digits))}`
    },
  )
  return { sql: text, numbers: [...used.keys()] }
}

/** Returns the number's place among the used ones, from 1; adds it when it is not there. */
function placeIn(used: Map<number, number>, number: number): number {
  const place = used.get(number) ?? used.size + 1
  used.set(number, place)
  return place
}

function replaceParameters(sql: string, write: (number: number) => string): BoundText {
  const tokens = tokensOf(sql)
  const numberOf = numberParameters(tokens)
  const parameters = tokens.filter(({ kind }) => kind === 'parameter')
  const edits = parameters.map((token) => ({ ...token, text: write(numberOf.get(token.start)!) }))
  return { sql: edited(sql, edits), numbers: parameters.map(({ start }) => numberOf.get(start)!) }
}

/** Returns the same text for statements that differ only in spaces, comments and the case of words. */
export function normalizedSql(sql: string): string {
  return tokensOf(sql)
    .map((token) => spelled(token, sql))
    .join(' ')
}

function spelled({ kind, text, start, end }: Token, sql: string): string {
  return kind === 'word' ? text.toLowerCase() : sql.slice(start, end)
}

/** Returns the same text for statements that, besides, differ only in values. */
export function valuelessSql(sql: string): string {
  const isValue = ({ kind }: Token) =>
    kind === 'string' || kind === 'number' || kind === 'blob' || kind === 'parameter'
  return tokensOf(sql)
    .map((token) => (isValue(token) ? '?' : spelled(token, sql)))
    .join(' ')
}

export type Clauses = {
  /** The offset of the whole statement's ORDER BY; null when it has none. */
  readonly orderBy: number | null
  /** The offset of the whole statement's LIMIT; null when it has none. */
  readonly limit: number | null
}

/** Finds the clauses at the end of a reading statement. */
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

/** Returns the statement without LIMIT and OFFSET. */
export function withoutLimit(sql: string): string {
  const { limit } = clausesOf(sql)
  return limit === null ? sql : sql.slice(0, limit).trimEnd()
}
