/**
 * The search_path for an application's triggers, functions and defaults. Invariant: it applies until the end of the transaction only; all
 * our other statements use our own. A superuser searches no schema that contains another role's names.
 */
import { quoteIdentifier } from '../../syntax/postgres-names.ts'
import { splitPath } from '../address/search-path.ts'
import type { Connection } from '../connection/connection.ts'
import { holdTrustedTable, refuseForeignNames, schemasOfOthers } from './foreign-names.ts'
import { isSuperuser } from './ownership.ts'

/**
 * Sets, for the rest of the transaction, the search_path that the application's own sessions have (from role, database or server), with the
 * schema of its tables first. Our own statements qualify every name that is not PostgreSQL's. Throws `target-of-another-role` for a
 * superuser when the path contains another role's function, operator or view, or when the table to be written now belongs to another role.
 */
export async function takeApplicationPath(
  connection: Connection,
  { schema, table }: { readonly schema: string; readonly table?: string },
): Promise<void> {
  const { path } = await connection.queryOne<{ path: string | null }>(
    `select reset_val as path from pg_catalog.pg_settings where name operator(pg_catalog.=) 'search_path'`,
  )
  const own = (path ?? '').trim()
  const wanted = (await isSuperuser(connection))
    ? (await safePath(connection, { schema, table }, own)).map(quoteIdentifier).join(', ')
    : [quoteIdentifier(schema), ...(own === '' ? [] : [own])].join(', ')
  await connection.query(`select pg_catalog.set_config('search_path', $1, true)`, [wanted])
}

/**
 * For a superuser: the schema of the tables, and those schemas of the path that belong to no other role. pg_catalog is not named, and so is
 * searched before them; if named first, it would be the current schema (manual section 5.10.3).
 */
async function safePath(
  connection: Connection,
  { schema, table }: { readonly schema: string; readonly table: string | undefined },
  path: string,
): Promise<readonly string[]> {
  await connection.execute('set local search_path to pg_catalog, pg_temp')
  if (table !== undefined) await holdTrustedTable(connection, { schema, table })
  const names = splitPath(path)
  const others = await schemasOfOthers(connection, names)
  const kept = names.filter((name) => !others.has(name) && name !== schema && name !== '$user')
  await refuseForeignNames(connection, [schema, ...kept])
  return [schema, ...kept]
}
