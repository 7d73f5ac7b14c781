/**
 * The statement as SQLite takes it here. Names in double quotes that no column has are texts
 * (https://www.sqlite.org/quirks.html#dblquote) as the libraries of most languages build it, and not in the one here; the tables of a
 * database that the program attaches are here in one of its own. Invariant: a name that a column has stays a name.
 */
import { edited } from '../../syntax/sqlite-tokens.ts'
import { type AttachedTable, attachedNameIn, withoutAttachedName } from '../collect/attached.ts'
import { tokensOf } from '../statement/statement-kind.ts'
import { sqliteText } from '../statement/statement-text.ts'

const MOST_NAMES = 40

/**
 * The statement as SQLite here takes it, with what it says against it. `isOfDatabase`: whether a table that the statement has under an
 * attached database's name is one of the database that is asked.
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
