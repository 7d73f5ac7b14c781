/**
 * The settings of our sessions. Invariant: a session is restored before it is ended, because a pooler passes the server's connection on to
 * others, with any setting or lock left on it.
 */
import type pg from 'pg'
import { quoteIdentifier } from '../../syntax/postgres-names.ts'
import { TargetError } from './pg-errors.ts'

/** Settings made on connect, where the server knows them (`transaction_timeout` is new in 17, `idle_session_timeout` in 14). */
const SESSION: readonly (readonly [string, string])[] = [
  ['client_encoding', 'UTF8'],
  ['timezone', 'UTC'],
  ['datestyle', 'ISO, YMD'],
  ['intervalstyle', 'postgres'],
  ['extra_float_digits', '1'],
  ['bytea_output', 'hex'],
  ['xmloption', 'content'],
  // When off, a null in an array that we send would be the text "null".
  ['array_nulls', 'on'],
  ['standard_conforming_strings', 'on'],
  ['client_min_messages', 'warning'],
  ['statement_timeout', '0'],
  ['transaction_timeout', '0'],
  ['idle_session_timeout', '0'],
  ['idle_in_transaction_session_timeout', '0'],
  ['default_transaction_isolation', 'read committed'],
  ['default_transaction_read_only', 'off'],
  // The planner overestimates catalog queries, and JIT-compiling them takes longer than running them.
  ['jit', 'off'],
  // A policy that hid rows from us would falsify a comparison: the query must fail instead.
  ['row_security', 'off'],
  // The temporary schema is searched first unless it is named: a table "oid" in it would hide the type.
  ['search_path', 'pg_catalog, pg_temp'],
]

export type Session = {
  readonly processId: number
  readonly versionNumber: number
  readonly version: string
  /** The values of the settings before we changed them. */
  readonly found: Readonly<Record<string, string>>
}

/**
 * Makes the settings and returns the server's facts. `more`: further settings, by name. Until our search_path is set, every function,
 * operator and type is named with its schema, because the database's owner decides the initial search_path.
 */
export async function enterSession(
  client: pg.Client,
  more: readonly (readonly [string, string])[],
): Promise<Session> {
  const settings = [...SESSION, ...more]
  // First, so that the role's own statement_timeout cannot end the next statement.
  await client.query('set statement_timeout to 0')
  const { rows } = await client.query<{
    found: Record<string, string>
    number: string
    version: string
    pid: string
  }>(
    `select (select coalesce(pg_catalog.json_object_agg(name, pg_catalog.current_setting(name)), '{}')
               from pg_catalog.pg_settings
              where source operator(pg_catalog.=) 'session' and name operator(pg_catalog.<>) 'statement_timeout') as found,
            pg_catalog.set_config(s.name, v.value, false),
            pg_catalog.current_setting('server_version_num') as number,
            pg_catalog.current_setting('server_version') as version,
            pg_catalog.pg_backend_pid()::pg_catalog.text as pid
       from rows from (pg_catalog.unnest($1::pg_catalog.text[]), pg_catalog.unnest($2::pg_catalog.text[])) as v (name, value)
       join pg_catalog.pg_settings s on pg_catalog.lower(s.name) operator(pg_catalog.=) v.name`,
    [settings.map(([name]) => name), settings.map(([, value]) => value)],
  )
  const [said] = rows
  if (said === undefined)
    throw new TargetError('not-postgresql', 'What answers does not answer as PostgreSQL does.', {
      hint: 'Check host and port, and what stands between.',
    })
  const { found, number, version, pid } = said
  // Ends a statement whose client has died, and so frees its locks. Some systems do not support it (manual section 20.3.2).
  if (Number(number) >= 140_000)
    await client.query("set client_connection_check_interval to '2s'").catch(() => undefined)
  return { processId: Number(pid), versionNumber: Number(number), version, found }
}

/** Restores the session: none of our roles, settings, locks, temporary tables or prepared statements remains. */
export async function leaveSession(
  client: pg.Client,
  { found }: Session,
  prepared: readonly string[],
): Promise<void> {
  await client.query(
    'rollback; reset role; reset all; discard temp; select pg_catalog.pg_advisory_unlock_all()',
  )
  const names = Object.keys(found)
  if (names.length > 0) {
    await client.query(
      `select pg_catalog.set_config(name, value, false)
         from rows from (pg_catalog.unnest($1::pg_catalog.text[]), pg_catalog.unnest($2::pg_catalog.text[])) as v (name, value)`,
      [names, Object.values(found)],
    )
  }
  // The server may have refused to prepare some.
  for (const name of prepared)
    await client.query(`deallocate ${quoteIdentifier(name)}`).catch(() => undefined)
}
