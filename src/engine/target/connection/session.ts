/**
 * The settings of our sessions. Invariant: a session that we end is left as it was found: a pooler hands the server's connection to
 * others, and a setting or a lock of ours on it would be theirs.
 */
import type pg from 'pg'
import { quoteIdentifier } from '../../syntax/postgres-names.ts'
import { TargetError } from './pg-errors.ts'

/** Session settings on connect, where the server knows them (`transaction_timeout` is new in 17, `idle_session_timeout` in 14). */
const SESSION: readonly (readonly [string, string])[] = [
  ['client_encoding', 'UTF8'],
  ['timezone', 'UTC'],
  ['datestyle', 'ISO, YMD'],
  ['intervalstyle', 'postgres'],
  ['extra_float_digits', '1'],
  ['bytea_output', 'hex'],
  ['xmloption', 'content'],
  // Off, null among the members of an array that we send is a text of four letters.
  ['array_nulls', 'on'],
  ['standard_conforming_strings', 'on'],
  ['client_min_messages', 'warning'],
  ['statement_timeout', '0'],
  ['transaction_timeout', '0'],
  ['idle_session_timeout', '0'],
  ['idle_in_transaction_session_timeout', '0'],
  ['default_transaction_isolation', 'read committed'],
  ['default_transaction_read_only', 'off'],
  // Questions about catalogs look dear to the planner, and compiling them takes longer than the answer.
  ['jit', 'off'],
  // A policy that hid rows from us would falsify a comparison: fail instead.
  ['row_security', 'off'],
  // The schema of temporary tables is searched first where it is not named: a table "oid" in it would hide the type.
  ['search_path', 'pg_catalog, pg_temp'],
]

export type Session = {
  readonly processId: number
  readonly versionNumber: number
  readonly version: string
  /** Settings that were made on the session before us. */
  readonly found: Readonly<Record<string, string>>
}

/**
 * Makes the settings and returns what the server says of itself. `more`: further settings, by name. Until the search_path is ours, every
 * function, operator and type is named with its schema: the owner of a database decides what a session of it looks through first.
 */
export async function enterSession(
  client: pg.Client,
  more: readonly (readonly [string, string])[],
): Promise<Session> {
  const settings = [...SESSION, ...more]
  // First of all, so that a role's own setting cannot end the statement after it.
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
  // A statement whose client died ends, and lets go of its locks. Not every system can (manual section 20.3.2).
  if (Number(number) >= 140_000)
    await client.query("set client_connection_check_interval to '2s'").catch(() => undefined)
  return { processId: Number(pid), versionNumber: Number(number), version, found }
}

/** Leaves the session as it was found: no role, setting, lock, temporary table or prepared statement of ours. */
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
  // One that the server refused to prepare is not there.
  for (const name of prepared)
    await client.query(`deallocate ${quoteIdentifier(name)}`).catch(() => undefined)
}
