/**
 * Parses the statement of a full-text table (https://www.sqlite.org/fts5.html, https://www.sqlite.org/fts3.html). Pure.
 */
import { cutTokens, type Token } from '../../syntax/sqlite-tokens.ts'

type FullTextTable = {
  /** The columns that are searched; empty where the statement names none. */
  readonly columns: readonly string[]
  /** The ordinary table that holds the content; null when the full-text table itself does, '' when no table does. */
  readonly content: string | null
}

/** `sql`: a `create virtual table … using fts3|fts4|fts5(…)`. */
export function readFullTextTable(sql: string): FullTextTable {
  const options = new Map<string, string>()
  const columns: string[] = []
  const unsearched = new Set<string>()
  for (const argument of argumentsOf(cutTokens(sql))) {
    const [first, second, third] = argument
    if (first === undefined) continue
    if (second?.text === '=') {
      const name = first.text.toLowerCase()
      const value = third?.text ?? ''
      if (name === 'notindexed') unsearched.add(value.toLowerCase())
      else options.set(name, value)
    } else if (!(first.kind === 'word' && /^tokenize$/i.test(first.text) && second !== undefined)) {
      columns.push(first.text)
      if (argument.some(({ kind, text }) => kind === 'word' && /^unindexed$/i.test(text)))
        unsearched.add(first.text.toLowerCase())
    }
  }
  return {
    columns: columns.filter((name) => !unsearched.has(name.toLowerCase())),
    content: options.get('content') ?? null,
  }
}

/** Returns the tokens of each argument of the module. */
function argumentsOf(tokens: readonly Token[]): readonly (readonly Token[])[] {
  const open = tokens.findIndex(({ kind, text }) => kind === 'symbol' && text === '(')
  if (open < 0) return []
  const found: Token[][] = [[]]
  let depth = 0
  for (const token of tokens.slice(open)) {
    if (token.kind === 'end') break
    const symbol = token.kind === 'symbol' ? token.text : null
    if (symbol === '(' && depth++ === 0) continue
    if (symbol === ')' && --depth === 0) break
    if (symbol === ',' && depth === 1) found.push([])
    else found.at(-1)!.push(token)
  }
  return found
}
