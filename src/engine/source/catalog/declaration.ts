/**
 * Facts of a stored `create table` that no pragma reports. Invariant: text within quotes, strings and comments is never taken for a
 * keyword.
 */
import { cutTokens, isWord, type Token } from '../../syntax/sqlite-tokens.ts'

/** A token with the number of parentheses open around it; for a parenthesis, around its pair. */
type NestedToken = Token & { readonly depth: number }

function nestedTokens(sql: string): NestedToken[] {
  let depth = 0
  return cutTokens(sql).map((token) => {
    if (token.kind !== 'symbol') return { ...token, depth }
    if (token.text === ')') depth--
    const nested = { ...token, depth }
    if (token.text === '(') depth++
    return nested
  })
}

export type DeclaredFacts = {
  readonly autoincrement: boolean
  /** For each column, in order: the collation as written, or null. */
  readonly collations: readonly (string | null)[]
  /** For each foreign key, in order: whether it is `deferrable initially deferred`. */
  readonly deferred: readonly boolean[]
}

/** What only the text of a `create table` says (https://www.sqlite.org/lang_createtable.html). */
export function readDeclaration(sql: string): DeclaredFacts {
  const body = nestedTokens(sql).filter((token) => token.depth > 0)
  const collations: (string | null)[] = [null]
  const deferred: boolean[] = []
  let autoincrement = false
  body.forEach((token, at) => {
    if (token.depth !== 1) {
      // SQLite also accepts the table constraint `primary key (id autoincrement)`.
      autoincrement ||= isWord(token, 'AUTOINCREMENT')
      return
    }
    if (token.kind === 'symbol' && token.text === ',') collations.push(null)
    else if (isWord(token, 'AUTOINCREMENT')) autoincrement = true
    else if (isWord(token, 'COLLATE')) collations[collations.length - 1] = body[at + 1]?.text ?? null
    else if (isWord(token, 'REFERENCES')) deferred.push(false)
    else if (isWord(token, 'DEFERRABLE') && deferred.length > 0) {
      deferred[deferred.length - 1] =
        !isWord(body[at - 1], 'NOT') && isWord(body[at + 1], 'INITIALLY') && isWord(body[at + 2], 'DEFERRED')
    }
  })
  return { autoincrement, collations, deferred }
}

/** Whether it ends with the STRICT option. */
export function isStrict(sql: string): boolean {
  const tokens = nestedTokens(sql)
  const end = tokens.findLastIndex(
    ({ kind, text, depth }) => kind === 'symbol' && text === ')' && depth === 0,
  )
  return tokens.slice(end + 1).some((token) => isWord(token, 'STRICT'))
}

/** The module of a `create virtual table … using module(…)`, in lower case. */
export function readModule(sql: string): string | null {
  const tokens = cutTokens(sql)
  const using = tokens.findIndex((token) => isWord(token, 'USING'))
  return using === -1 ? null : (tokens[using + 1]?.text.toLowerCase() ?? null)
}
