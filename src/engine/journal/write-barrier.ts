/**
 * Keeps writers out of the moved tables while an application is started on the SQLite files, and afterwards. Invariant: from the commit that
 * raises the barrier to the one that drops it no row of a moved table changes, whatever happens to the process that raised it: a writer that
 * waited for the lock gets an error, not a late success.
 *
 * A lock alone ends with its session and then admits the waiting writers. A trigger that refuses them stays, and a statement that waited for
 * its table reads the table's triggers only once it has the lock.
 */
import { MigrateError } from '../model/errors.ts'
import { quoteIdentifier, quoteLiteral, quoteTable } from '../syntax/postgres-names.ts'
import type { Connection } from '../target/connection/connection.ts'
import { TargetError } from '../target/connection/pg-errors.ts'
import type { CapturedTable } from './capture-triggers.ts'
import { relationsOf } from './capture-triggers.ts'

const LOCK_NOT_AVAILABLE = '55P03'
const DEADLOCK_DETECTED = '40P01'
const TRIGGER = quoteIdentifier('gpt_migrate_refuse')

/**
 * Begins a transaction that locks all tables against writers, and whose snapshot is taken after the last lock. After `withinMs` throws
 * `tables-busy`, which names the sessions that hold the tables. Holds nothing between two attempts, so that no writer waits for long.
 */
export async function beginFenced(
  connection: Connection,
  tables: readonly CapturedTable[],
  withinMs: number,
): Promise<void> {
  const deadline = performance.now() + withinMs
  const { deadlock } = await connection.queryOne<{ deadlock: number }>(
    `select extract(epoch from current_setting('deadlock_timeout')::interval)::float8 * 1000 as deadlock`,
  )
  const names = tables.map(({ target }) => quoteTable(target)).join(', ')
  for (;;) {
    const left = deadline - performance.now()
    // Below deadlock_timeout: otherwise a writer that waits for us while we wait for another one would be ended as a deadlock.
    const patience = Math.max(10, Math.floor(Math.min(deadlock * 0.8, left)))
    await connection.execute('begin isolation level repeatable read')
    try {
      await connection.execute(`set local lock_timeout to ${patience}`)
      await connection.execute(`lock table ${names} in exclusive mode`)
      return
    } catch (error) {
      await connection.execute('rollback')
      const isBusy =
        error instanceof TargetError &&
        (error.sqlstate === LOCK_NOT_AVAILABLE || error.sqlstate === DEADLOCK_DETECTED)
      if (!isBusy) throw error
      if (performance.now() >= deadline) throw await tablesBusy(connection, tables, withinMs, error)
    }
  }
}

type BarredTable = Pick<CapturedTable, 'target'>

/** Makes all writes to the tables and their partitions fail. In the transaction of `beginFenced`. */
export async function raiseBarrier(connection: Connection, tables: readonly BarredTable[]): Promise<void> {
  await raise(
    connection,
    tables,
    `begin
  raise exception 'table %.% was moved back to SQLite: it takes no writes', tg_table_schema, tg_table_name
    using errcode = 'read_only_sql_transaction',
          hint = 'gpt-migrate cutover --back --keep postgres makes PostgreSQL the application''s database again.';
end`,
  )
}

/**
 * Makes all writes fail while the run is followed, except those of a session that shows the pass. The state is read at each statement, so the
 * commit of the cut-over admits the application.
 */
export async function raiseFollowBarrier(
  connection: Connection,
  tables: readonly BarredTable[],
  { run, pass }: { readonly run: string; readonly pass: string },
): Promise<void> {
  await raise(
    connection,
    tables,
    `begin
  if pg_catalog.current_setting('gpt_migrate.pass', true) = ${quoteLiteral(pass)}
     or not exists (select from gpt_migrate.follow where run = ${quoteLiteral(run)} and state in ('following', 'fenced')) then
    return null;
  end if;
  raise exception 'table %.% is followed from SQLite: it takes no writes', tg_table_schema, tg_table_name
    using errcode = 'read_only_sql_transaction',
          hint = 'gpt-migrate cutover makes PostgreSQL the application''s database again.';
end`,
  )
}

async function raise(connection: Connection, tables: readonly BarredTable[], body: string): Promise<void> {
  await dropBarrier(connection)
  // It has its owner's rights, since the application's role has none on the journal.
  await connection.execute(`create function gpt_migrate.refuse_writes() returns trigger
  language plpgsql security definer set search_path = pg_catalog, pg_temp
as ${quoteLiteral(body)};
revoke all on function gpt_migrate.refuse_writes() from public`)
  for (const table of tables) {
    for (const relation of await relationsOf(connection, table)) {
      const name = quoteTable(relation)
      await connection.execute(
        `create trigger ${TRIGGER} before insert or update or delete or truncate on ${name}
  for each statement execute function gpt_migrate.refuse_writes();
alter table ${name} enable always trigger ${TRIGGER}`,
      )
    }
  }
}

/** Admits writers again. In the caller's transaction; no-op without a barrier. */
export async function dropBarrier(connection: Connection): Promise<void> {
  await connection.execute('drop function if exists gpt_migrate.refuse_writes() cascade')
}

async function tablesBusy(
  connection: Connection,
  tables: readonly CapturedTable[],
  withinMs: number,
  cause: unknown,
): Promise<MigrateError> {
  const { rows } = await connection.query<{ pid: number; application: string; table: string }>(
    `select distinct on (l.pid) l.pid, a.application_name as application, l.relation::regclass::text as "table"
       from pg_locks l
       join pg_stat_activity a on a.pid = l.pid
      where l.granted and l.pid <> pg_backend_pid()
        and l.mode in ('RowExclusiveLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock', 'ShareUpdateExclusiveLock', 'ShareLock')
        and l.relation in (select to_regclass(name) from unnest($1::text[]) as w (name))
      limit 5`,
    [tables.map(({ target }) => quoteTable(target))],
  )
  const who = rows.map(
    ({ pid, application, table }) =>
      `process ${pid}${application === '' ? '' : ` (${application})`} in ${table}`,
  )
  return new MigrateError(
    'copy',
    'tables-busy',
    `The tables could not be had within ${withinMs / 1000} s${who.length === 0 ? '' : `: ${who.join(', ')}`}.`,
    {
      hint: 'A transaction is open there: end it, or give more time with --within. Nothing was changed.',
      cause,
    },
  )
}
