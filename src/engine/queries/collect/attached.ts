/** Resolves the names under which a program attaches databases: `aux` of `ATTACH 'cache.db' AS aux`, as in `aux.entries`. */
import { basename } from 'node:path'
import { isSameName } from '../../syntax/sqlite-names.ts'
import { type Edit, edited, isNameToken } from '../../syntax/sqlite-tokens.ts'
import { tokensOf } from '../statement/statement-kind.ts'
import type { CollectedText } from './collected.ts'

export type AttachedTable = { readonly name: string; readonly table: string }

const attach = /^\s*attach\s+(?:database\s+)?'([^']+)'\s+as\s+["'`[]?(\w+)/i

/** Maps attached names, in lower case, to the run's databases whose files the ATTACH statements name. */
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

/** Reads the schema and table from SQLite's `no such table`; null when the schema is none, `main` or `temp`. */
export function attachedNameIn(refusal: string): AttachedTable | null {
  const [, name, table] = /^no such table: ([^.]+)\.(.+)$/s.exec(refusal) ?? []
  return name === undefined || table === undefined || /^(?:main|temp)$/i.test(name) ? null : { name, table }
}

/** Removes the attached database's name before the statement's tables. */
export function withoutAttachedName(sql: string, name: string): string {
  const edits = tokensOf(sql).flatMap((token, at, tokens): Edit[] => {
    const dot = tokens[at + 1]
    const isSchema = isNameToken(token) && isSameName(token.text, name) && dot?.text === '.'
    return isSchema && tokens[at - 1]?.text !== '.' ? [{ start: token.start, end: dot.end, text: '' }] : []
  })
  return edited(sql, edits)
}
