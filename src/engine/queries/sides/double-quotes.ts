/**
 * Adapts a statement to the SQLite used here. Most languages' builds of SQLite read a double-quoted name that no column has as a text
 * (https://www.sqlite.org/quirks.html#dblquote), and this one does not; a database that the program attaches is opened by itself here.
 * Invariant: a name that a column has stays a name.
 */
import { edited } from '../../syntax/sqlite-tokens.ts'
import { type AttachedTable, attachedNameIn, withoutAttachedName } from '../collect/attached.ts'
import { tokensOf } from '../statement/statement-kind.ts'
import { sqliteText } from '../statement/statement-text.ts'

const MOST_NAMES = 40

/**
 * Returns the adapted statement, and why SQLite refuses it, if so. `isOfDatabase`: whether a table with an attached database's name before
 * it belongs to the database that `refusalOf` asks.
 */
export function withPlainTexts(
  sql: string,
  refusalOf: (sql: string) => string | null,
  isOfDatabase: (attached: AttachedTable) => boolean = () => true,
): { readonly sql: string; readonly refusal: string | null } {
  let text = sql
  let refusal = refusalOf(sqliteText(text).sql)
  for (let tries = 0; tries < MOST_NAMES && refusal !== null; tries++) {
    const attached = attachedNameIn(refusal)
    if (attached !== null && !isOfDatabase(attached)) break
    const name = /no such column: "(.*)" - should this be a string literal/s.exec(refusal)?.[1]
    if (name === undefined && attached === null) break
    const changed = attached === null ? asText(text, name!) : withoutAttachedName(text, attached.name)
    if (changed === text) break
    text = changed
    refusal = refusalOf(sqliteText(text).sql)
  }
  return { sql: text, refusal }
}

function asText(sql: string, name: string): string {
  const quoted = tokensOf(sql).filter(({ double, text }) => double && text === name)
  return edited(
    sql,
    quoted.map((token) => ({ ...token, text: `'${name.replaceAll("'", "''")}'` })),
  )
}
