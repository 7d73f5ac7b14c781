/**
 * The statement as SQLite takes it here. Names in double quotes that no column has are texts
 * (https://www.sqlite.org/quirks.html#dblquote) as the libraries of most languages build it, and not in the one here; the tables of a
 * database that the program attaches are here in one of its own. Invariant: a name that a column has stays a name.
 */
import { edited } from '../syntax/sqlite-tokens.ts'
import { type AttachedTable, attachedNameIn, withoutAttachedName } from './attached.ts'
import type { PreparedStatement } from './sqlite-side.ts'
import { tokensOf } from './statement-kind.ts'
import { sqliteText } from './statement-text.ts'

const MOST_NAMES = 40

/**
 * The statement as SQLite here takes it, with what its prepare says. `isOfDatabase`: whether a table that the statement has under an
 * attached database's name is one of the database that is asked.
 */
export function withPlainTexts(
  sql: string,
  prepare: (sql: string) => PreparedStatement,
  isOfDatabase: (attached: AttachedTable) => boolean = () => true,
): { readonly sql: string; readonly prepared: PreparedStatement } {
  let text = sql
  let prepared = prepare(sqliteText(text).sql)
  for (let tries = 0; tries < MOST_NAMES && prepared.kind === 'error'; tries++) {
    const attached = attachedNameIn(prepared.message)
    if (attached !== null && !isOfDatabase(attached)) break
    const name = /no such column: "(.*)" - should this be a string literal/s.exec(prepared.message)?.[1]
    if (name === undefined && attached === null) break
    const changed = attached === null ? asText(text, name!) : withoutAttachedName(text, attached.name)
    if (changed === text) break
    text = changed
    prepared = prepare(sqliteText(text).sql)
  }
  return { sql: text, prepared }
}

function asText(sql: string, name: string): string {
  const quoted = tokensOf(sql).filter(({ double, text }) => double && text === name)
  return edited(
    sql,
    quoted.map((token) => ({ ...token, text: `'${name.replaceAll("'", "''")}'` })),
  )
}
