/** A statement with the values by which it orders its rows as further columns. */
import { type Token, TokenStream } from '../syntax/sqlite-tokens.ts'
import { tokensOf } from './statement-kind.ts'
import { clausesOf } from './statement-text.ts'

export type KeyedStatement = {
  readonly sql: string
  /** Each key: a column of the result, or the number of an added one. */
  readonly keys: readonly ({ readonly result: number } | { readonly added: number })[]
  readonly isFolded: readonly boolean[]
}

/** Null where the keys can't be added: several selects in one, DISTINCT. */
export function withSortKeys(
  sql: string,
  resultNames: readonly string[],
  /** By a result's place or a term's text: whether it is ordered without regard to the case of letters. */
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

/** The place after the result columns of the only select; null when there are several, or rows are made distinct. */
function endOfResults(tokens: readonly Token[]): number | null {
  let depth = 0
  let end: number | null = null
  let isIn = false
  for (const [at, { kind, text, start }] of tokens.entries()) {
    if (kind === 'symbol' && text === '(') depth++
    else if (kind === 'symbol' && text === ')') depth--
    if (depth > 0 || kind !== 'word') continue
    const word = text.toUpperCase()
    if (/^(?:UNION|INTERSECT|EXCEPT|VALUES)$/.test(word)) return null
    if (word === 'SELECT') {
      isIn = true
      if (/^DISTINCT$/i.test(tokens[at + 1]?.text ?? '')) return null
    } else if (isIn && end === null && /^(?:FROM|WHERE|ORDER|GROUP)$/.test(word)) end = start
  }
  return end
}

function termsIn(orderBy: string): string[] {
  const stream = new TokenStream(orderBy)
  stream.takeKeywords('ORDER', 'BY')
  const terms: string[] = []
  let depth = 0
  let begin = stream.peek().start
  for (;;) {
    const token = stream.next()
    const isEnd = token.kind === 'end'
    if (isEnd || (depth === 0 && token.kind === 'symbol' && token.text === ',')) {
      terms.push(bare(orderBy.slice(begin, token.start)))
      begin = token.end
      if (isEnd) return terms
    }
    if (token.kind === 'symbol' && token.text === '(') depth++
    if (token.kind === 'symbol' && token.text === ')') depth--
  }
}

function bare(term: string): string {
  return term
    .replace(/\s+nulls\s+(?:first|last)\s*$/i, '')
    .replace(/\s+(?:asc|desc)\s*$/i, '')
    .trim()
}
