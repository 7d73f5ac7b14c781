/**
 * Replaces generated columns that call functions which only the application registers. Invariant: a stored one becomes an ordinary column,
 * since its values are in the records; a virtual one, whose values are stored nowhere, becomes null. Pure.
 */
import { cutTokens, isWord, type Token } from '../../syntax/sqlite-tokens.ts'

export type WithoutFunctions = {
  readonly sql: string
  /** The functions of stored columns, which keep their values. */
  readonly stored: readonly string[]
  /** The functions of virtual columns, whose values are lost. */
  readonly virtual: readonly string[]
}

/** `known`: function names in lower case. */
export function withoutFunctions(given: string, known: ReadonlySet<string>): WithoutFunctions {
  const tokens = cutTokens(given)
  const stored: string[] = []
  const virtual: string[] = []
  let sql = given
  // From the end, so that earlier positions stay valid.
  for (let at = tokens.length - 2; at > 0; at--) {
    if (!isWord(tokens[at], 'AS') || tokens[at + 1]!.text !== '(') continue
    const close = closingOf(tokens, at + 1)
    if (close === null) continue
    const unknown = functionsIn(tokens.slice(at + 2, close)).filter((name) => !known.has(name.toLowerCase()))
    if (unknown.length === 0) continue
    if (isWord(tokens[close + 1], 'STORED')) {
      const isLong = isWord(tokens[at - 1], 'ALWAYS') && isWord(tokens[at - 2], 'GENERATED')
      const start = isLong ? tokens[at - 2]!.start : tokens[at]!.start
      sql = `${sql.slice(0, start)}${sql.slice(tokens[close + 1]!.end)}`
      stored.unshift(...unknown)
    } else {
      sql = `${sql.slice(0, tokens[at + 1]!.start)}(null)${sql.slice(tokens[close]!.end)}`
      virtual.unshift(...unknown)
    }
  }
  return { sql, stored, virtual }
}

function closingOf(tokens: readonly Token[], open: number): number | null {
  let depth = 0
  for (let at = open; at < tokens.length; at++) {
    const { kind, text } = tokens[at]!
    if (kind !== 'symbol') continue
    if (text === '(') depth++
    if (text === ')' && --depth === 0) return at
  }
  return null
}

/** Keywords that may also precede a parenthesis. */
const grammar = new Set([
  'in',
  'and',
  'or',
  'not',
  'as',
  'when',
  'then',
  'else',
  'case',
  'like',
  'glob',
  'between',
  'is',
])

function functionsIn(tokens: readonly Token[]): string[] {
  return tokens.flatMap(({ kind, text }, at) => {
    const next = tokens[at + 1]
    const isCall = (kind === 'word' || kind === 'quoted') && next?.kind === 'symbol' && next.text === '('
    return isCall && !grammar.has(text.toLowerCase()) && text.toLowerCase() !== 'cast' ? [text] : []
  })
}
