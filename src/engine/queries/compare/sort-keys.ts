/** Adds the values by which a statement orders its rows as further columns. */
import { depthsOf, type Token } from '../../syntax/sqlite-tokens.ts'
import { tokensOf } from '../statement/statement-kind.ts'
import { clausesOf } from '../statement/statement-text.ts'

export type KeyedStatement = {
  readonly sql: string
  /** For each key, the index of a result column or of an added column. */
  readonly keys: readonly ({ readonly result: number } | { readonly added: number })[]
  readonly isFolded: readonly boolean[]
}

/** Returns null when keys cannot be added: to compound selects and to DISTINCT. */
export function withSortKeys(
  sql: string,
  resultNames: readonly string[],
  /** Whether a term, given as the index of a result column or as text, is ordered case-insensitively. */
  isFoldedTerm: (term: number | string) => boolean,
): KeyedStatement | null {
  const { orderBy, limit } = clausesOf(sql)
  if (orderBy === null) return null
  const terms = termsIn(sql.slice(orderBy, limit ?? undefined))
  const keys: ({ result: number } | { added: number })[] = []
  const added: string[] = []
  for (const term of terms) {
    const name = /^"?(\w+)"?$/.exec(term)?.[1]
    const position = /^\d+$/.test(term)
      ? Number(term) - 1
      : resultNames.findIndex((one) => one.toLowerCase() === (name ?? '').toLowerCase())
    if (position >= 0 && position < resultNames.length) keys.push({ result: position })
    else {
      keys.push({ added: added.length })
      added.push(term)
    }
  }
  const isFolded = terms.map((term, at) => {
    if (/\bcollate\b/i.test(term)) return /collate\s+nocase/i.test(term)
    const key = keys[at]!
    return isFoldedTerm('result' in key ? key.result : term)
  })
  if (added.length === 0) return { sql, keys, isFolded }
  const end = endOfResults(tokensOf(sql))
  if (end === null) return null
  const columns = added.map((term) => `, (${term})`).join('')
  return { sql: `${sql.slice(0, end)}${columns} ${sql.slice(end)}`, keys, isFolded }
}

/** Returns the position after the result columns; null for a compound select or DISTINCT. */
function endOfResults(tokens: readonly Token[]): number | null {
  const depths = depthsOf(tokens)
  const words = tokens.filter(({ kind }, at) => kind === 'word' && depths[at] === 0)
  const upper = words.map(({ text }) => text.toUpperCase())
  if (upper.some((word) => /^(?:UNION|INTERSECT|EXCEPT|VALUES)$/.test(word))) return null
  const select = upper.indexOf('SELECT')
  const end = upper.findIndex((word, at) => at > select && /^(?:FROM|WHERE|ORDER|GROUP)$/.test(word))
  return select < 0 || end < 0 || upper[select + 1] === 'DISTINCT' ? null : words[end]!.start
}

function termsIn(orderBy: string): string[] {
  const [, by, ...tokens] = tokensOf(orderBy)
  const depths = depthsOf(tokens)
  const commas = tokens.filter(({ kind, text }, at) => depths[at] === 0 && kind === 'symbol' && text === ',')
  const starts = [by!.end, ...commas.map(({ end }) => end)]
  return starts.map((start, at) => bare(orderBy.slice(start, commas[at]?.start)))
}

function bare(term: string): string {
  return term
    .replace(/\s+nulls\s+(?:first|last)\s*$/i, '')
    .replace(/\s+(?:asc|desc)\s*$/i, '')
    .trim()
}
