/**
 * The schemas in which an application's triggers, functions and defaults look for names. Invariant: its path holds until the end of the
 * transaction; everywhere else our sessions keep their own.
 */
import { quoteIdentifier } from '../syntax/postgres-names.ts'
import type { Connection } from './connection.ts'

/**
 * For the rest of the transaction, the path that the application's own sessions have (its role's, its database's or the server's), with
 * the schema of its tables first. Our own statements name the schemas of all that is not PostgreSQL's.
 */
export async function takeApplicationPath(connection: Connection, schema: string): Promise<void> {
  await connection.query(
    `select pg_catalog.set_config('search_path', pg_catalog.concat_ws(', ', $1::text, nullif(reset_val, '')), true)
       from pg_catalog.pg_settings
      where name = 'search_path'`,
    [quoteIdentifier(schema)],
  )
}
