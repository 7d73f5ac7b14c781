/**
 * The schemas that names without one are looked for in (manual section 5.9.3): ours in our sessions, the application's where its triggers,
 * functions and defaults run. Invariant: the application's path holds for one transaction at most.
 */
import { quoteIdentifier } from '../syntax/postgres-names.ts'
import type { Connection } from './connection.ts'

/**
 * For the rest of the transaction, the path that the application's own sessions have, with the schema of its tables first: its role's,
 * its database's or the server's. Our own statements name the schemas of all that is not PostgreSQL's.
 */
export async function takeApplicationPath(connection: Connection, schema: string): Promise<void> {
  await connection.query(
    `select pg_catalog.set_config('search_path', pg_catalog.concat_ws(', ', $1::text, nullif(reset_val, '')), true)
       from pg_catalog.pg_settings
      where name = 'search_path'`,
    [quoteIdentifier(schema)],
  )
}

/** The schema that a connection's `options` put first, as an application does that keeps its tables in one. */

/** From `-c search_path=app,public`, `-csearch_path=app` or `--search_path=app`; undefined when there is none, or it names the user's own. */
export function searchPathOf(options: string | undefined): string | undefined {
  if (options === undefined) return undefined
  // A backslash keeps a space in its word.
  const words = [...options.matchAll(/(?:\\.|[^\s\\])+/gs)].map(([word]) => word.replace(/\\(.)/gs, '$1'))
  let found: string | undefined
  for (const [index, word] of words.entries()) {
    const setting =
      word === '-c'
        ? words[index + 1]
        : /^(?:-c|--)(?=\w)/.test(word)
          ? word.replace(/^(?:-c|--)/, '')
          : undefined
    const value = setting === undefined ? null : /^search[_-]path=(.*)$/is.exec(setting)
    if (value !== null) found = value[1]
  }
  if (found === undefined) return undefined
  const first = /^\s*(?:"((?:[^"]|"")*)"|([^,"]*))/.exec(found)!
  const schema = first[1] === undefined ? first[2]!.trim().toLowerCase() : first[1].replaceAll('""', '"')
  return schema === '' || schema === '$user' ? undefined : schema
}
