/** Names of databases that a program attaches: `aux` of `ATTACH 'cache.db' AS aux`, before the tables that it has. */
import { basename } from 'node:path'
import { isSameName } from '../syntax/sqlite-names.ts'
import type { CollectedText } from './collect/collected.ts'
import { tokensOf } from './statement-kind.ts'

export type AttachedTable = { readonly name: string; readonly table: string }

const attach = /^\s*attach\s+(?:database\s+)?'([^']+)'\s+as\s+["'`[]?(\w+)/i

/** By the name in lower case: which of the run's databases it is, where a statement with the file's name says so. */
export function attachedNames(
  texts: readonly CollectedText[],
  databases: readonly string[],
): ReadonlyMap<string, string> {
  return new Map(
    texts.flatMap(({ pieces }) => {
      const [, file = '', name = ''] =
        attach.exec(pieces.map((piece) => ('text' in piece ? piece.text : '')).join('')) ?? []
      const database = databases.find((one) => basename(one) === basename(file))
      return database === undefined ? [] : [[name.toLowerCase(), database] as const]
    }),
  )
}

/** The name before a table that SQLite does not find; null for one that is no attached database's. */
export function attachedNameIn(refusal: string): AttachedTable | null {
  const [, name, table] = /^no such table: ([^.]+)\.(.+)$/s.exec(refusal) ?? []
  return name === undefined || table === undefined || /^(?:main|temp)$/i.test(name) ? null : { name, table }
}

/** The statement with its tables' names alone. */
export function withoutAttachedName(sql: string, name: string): string {
  const tokens = tokensOf(sql)
  let changed = ''
  let from = 0
  for (const [at, token] of tokens.entries()) {
    const isName = (token.kind === 'word' || token.kind === 'quoted') && isSameName(token.text, name)
    if (!isName || tokens[at + 1]?.text !== '.' || token.start < from) continue
    changed += sql.slice(from, token.start)
    from = tokens[at + 1]!.end
  }
  return changed + sql.slice(from)
}
