/**
 * Captures which rows of the moved tables an application changes in PostgreSQL, for the way back. Invariant: from `startChangeCapture` on
 * every committed change of a captured table has an entry in `gpt_migrate.changed`, committed with it: the key of the row, or null for
 * "anything in this table". A superfluous entry only costs a comparison; none is ever missing.
 *
 * It uses statement triggers with transition tables (PostgreSQL manual section 43.1), on partitioned tables and on each partition, since a
 * statement fires those of the table that it names. They run as their owner, so the application's role needs no rights on the journal.
 */

import { randomUUID } from 'node:crypto'
import type { RunRecord } from '../model/journal.ts'
import type { FallbackState } from '../model/live-answers.ts'
import type { CopyPlan } from '../model/plan.ts'
import type { TableName } from '../model/target-schema.ts'
import { quoteTable } from '../syntax/postgres-names.ts'
import type { Connection } from '../target/connection/connection.ts'
import { groupByLocks, readLockRoom } from '../target/connection/lock-room.ts'
import { TargetError } from '../target/connection/pg-errors.ts'
import {
  type CapturedTable,
  type CaptureMode,
  createTriggers,
  staleTables,
  tablesWithoutTriggers,
} from './capture-triggers.ts'
import { CAPTURE_TABLES } from './ddl.ts'
import { setFallenBack } from './follow.ts'
import { iso } from './journal.ts'
import { hasJournalTable, restrictToOwner } from './schema.ts'

export type ChangeCapture = {
  /** Changes with each creation: a consumer that finds the same token has missed nothing since. */
  readonly token: string
  readonly run: string
  /** The folder that took the captured changes last; null when none has. */
  readonly consumer: string | null
  readonly state: FallbackState
  /** Folder of the files on which the application was started. */
  readonly folder: string | null
  /** ISO 8601 instant of the switch to these files. */
  readonly switchedAt: string | null
  /** ISO 8601 instant up to which the files are current; null before the first round. */
  readonly broughtAt: string | null
  readonly tables: readonly CapturedTable[]
}

const CAPTURE_DDL = `
create table gpt_migrate.capturing (
  token uuid not null,
  run text not null,
  consumer text,
  since timestamptz not null default now(),
  state text not null default 'current' check (state in ('current', 'switching', 'fallen back')),
  folder text,
  switched_at timestamptz,
  brought_at timestamptz
);
comment on table gpt_migrate.capturing is 'The run whose tables are captured for the way back; one row.';
comment on column gpt_migrate.capturing.state is
  'switching, fallen back: the application was started on the SQLite files, and these tables refuse writes.';
comment on column gpt_migrate.capturing.folder is 'Where those files are.';
comment on column gpt_migrate.capturing.brought_at is 'The files are as these tables were then.';
create table gpt_migrate.capture (
  number integer primary key,
  schema text not null,
  "table" text not null,
  key json not null,
  mode text not null check (mode in ('triggers', 'comparison'))
);
comment on table gpt_migrate.capture is 'Tables whose changes are brought back to SQLite by gpt-migrate fallback.';
create table gpt_migrate.changed (
  capture integer not null,
  key jsonb
);
comment on table gpt_migrate.changed is 'Rows that were changed in PostgreSQL and not yet brought back; written by triggers, removed by gpt-migrate fallback --end.';
`

const UNDEFINED_TABLE = '42P01'

/**
 * Calls `work` with the capture, in a transaction that keeps other processes from dropping it; returns null without a capture. Waits for a
 * process that is dropping it, which may take as long as going forward does. `work` locks no captured table: whoever drops the capture locks
 * these first.
 */
export async function withChangeCapture<T>(
  connection: Connection,
  work: (capture: ChangeCapture) => Promise<T>,
): Promise<T | null> {
  if (!(await hasJournalTable(connection, 'changed'))) return null
  try {
    return await connection.transaction(async () => {
      // The first table that is dropped: in another order the two processes would wait for each other.
      await connection.execute('lock table gpt_migrate.changed in access share mode')
      const capture = await readChangeCapture(connection)
      return capture === null ? null : await work(capture)
    })
  } catch (error) {
    const isMissing = error instanceof TargetError && error.sqlstate === UNDEFINED_TABLE
    if (isMissing && !(await hasJournalTable(connection, 'changed'))) return null
    throw error
  }
}

/** Returns null without a capture. Call where no other process can drop it, else use `withChangeCapture`. */
export async function readChangeCapture(connection: Connection): Promise<ChangeCapture | null> {
  if (!(await hasJournalTable(connection, 'capturing'))) return null
  const { rows } = await connection.query<Omit<ChangeCapture, 'tables'>>(
    `select token::text, run, consumer, state, folder,
            ${iso('switched_at')} as "switchedAt", ${iso('brought_at')} as "broughtAt"
       from gpt_migrate.capturing`,
  )
  if (rows[0] === undefined) return null
  const tables = await connection.query<{
    number: number
    schema: string
    table: string
    key: readonly string[]
    mode: CaptureMode
  }>('select number, schema, "table", key, mode from gpt_migrate.capture order by number')
  return {
    ...rows[0],
    tables: tables.rows.map(({ number, schema, table, key, mode }) => ({
      number,
      target: { schema, table },
      key,
      mode,
    })),
  }
}

/**
 * Creates tables, functions and triggers for all tables that the run copied; keeps existing ones and adds missing ones, such as those of a new
 * partition. In the caller's transaction; takes SHARE ROW EXCLUSIVE on each table. Returns the capture.
 */
export async function createChangeCapture(connection: Connection, record: RunRecord): Promise<ChangeCapture> {
  if ((await readChangeCapture(connection)) === null) {
    await connection.execute(CAPTURE_DDL)
    await restrictToOwner(connection)
    await connection.query('insert into gpt_migrate.capturing (token, run) values ($1, $2)', [
      randomUUID(),
      record.run,
    ])
    const without = await tablesWithoutTriggers(connection)
    for (const [index, { target, key }] of capturedTables(record).entries()) {
      const mode: CaptureMode = without.has(quoteTable(target)) ? 'comparison' : 'triggers'
      await connection.query(
        'insert into gpt_migrate.capture (number, schema, "table", key, mode) values ($1, $2, $3, $4, $5)',
        [index + 1, target.schema, target.table, JSON.stringify(key), mode],
      )
    }
  }
  const capture = (await readChangeCapture(connection))!
  await createTriggers(connection, await staleTables(connection, capture.tables))
  return capture
}

/**
 * Removes all captured changes, in the transaction that declares the present state of the tables to be that of the SQLite files. Waits only
 * for writers of `changed`.
 */
export async function startChangeCapture(connection: Connection): Promise<void> {
  await connection.execute('truncate gpt_migrate.changed')
}

/** Drops everything of the capture. In the caller's transaction; no-op without a capture. Takes ACCESS EXCLUSIVE on each table. */
export async function dropChangeCapture(connection: Connection): Promise<void> {
  for (const { name } of await captureFunctions(connection))
    await connection.execute(`drop function ${name} cascade`)
  for (const table of CAPTURE_TABLES) await connection.execute(`drop table if exists gpt_migrate.${table}`)
}

/**
 * Drops the triggers of a capture that is about to be dropped, in as many transactions as the server has locks for; none when one is enough.
 * An interruption is harmless: a capture that continues makes the missing triggers again, and takes their tables for changed.
 */
export async function dropTriggersInTurn(connection: Connection): Promise<void> {
  const functions = await captureFunctions(connection)
  const groups = groupByLocks(functions, ({ locks }) => locks, await readLockRoom(connection))
  if (groups.length < 2) return
  for (const group of groups)
    await connection.transaction(() =>
      connection.execute(group.map(({ name }) => `drop function ${name} cascade`).join(';\n')),
    )
}

/** Returns the functions with the locks that dropping each takes: its own, those of its triggers and of their tables. */
async function captureFunctions(
  connection: Connection,
): Promise<readonly { readonly name: string; readonly locks: number }[]> {
  const { rows } = await connection.query<{ name: string; locks: number }>(
    `select p.oid::regprocedure::text as name, (1 + 2 * count(t.oid))::integer as locks
       from pg_proc p
       join pg_namespace n on n.oid = p.pronamespace
       left join pg_trigger t on t.tgfoid = p.oid
      where n.nspname = 'gpt_migrate' and p.proname ~ '^changed_[0-9]+_(insert|update|delete|truncate)$'
      group by p.oid
      order by p.oid`,
  )
  return rows
}

/** Returns each target table of the run once, with the columns that identify its rows. */
function capturedTables({ plan }: RunRecord): readonly Pick<CapturedTable, 'target' | 'key'>[] {
  const byTarget = new Map<string, { target: TableName; key: readonly string[] }>()
  for (const { fate } of plan.tables) {
    if (fate.kind !== 'copy') continue
    const { target } = fate.copy
    const key = keyOf(fate.copy)
    const known = byTarget.get(quoteTable(target))
    const agrees = known === undefined || JSON.stringify(known.key) === JSON.stringify(key)
    byTarget.set(quoteTable(target), { target, key: agrees ? key : [] })
  }
  return [...byTarget.values()]
}

/** Returns the identity's columns in the order of the copy plan. */
export function keyOf({ identity, columns }: CopyPlan): readonly string[] {
  if (identity.kind === 'multiset') return []
  return columns.flatMap(({ target }) => (identity.columns.includes(target) ? [target] : []))
}

/** Makes `consumer` the one that takes the captured changes from now on. Returns the previous one. In the caller's transaction. */
export async function takeConsumer(connection: Connection, consumer: string): Promise<string | null> {
  const { before } = await connection.queryOne<{ before: string | null }>(
    `update gpt_migrate.capturing c set consumer = $1
       from (select consumer from gpt_migrate.capturing for update) o
     returning o.consumer as before`,
    [consumer],
  )
  return before
}

/** Records that the files are as of this transaction's snapshot. In the round's transaction. */
export async function noteBroughtBack(connection: Connection): Promise<void> {
  await connection.execute('update gpt_migrate.capturing set brought_at = transaction_timestamp()')
}

/** Sets the state of the fallback, and the matching one of a run that was followed. In the caller's transaction. */
export async function setFallbackState(
  connection: Connection,
  state: FallbackState,
  folder: string | null,
): Promise<void> {
  const { run } = await connection.queryOne<{ run: string }>(
    `update gpt_migrate.capturing
        set state = $1, folder = $2, switched_at = case when $1 = 'switching' then clock_timestamp() else switched_at end
     returning run`,
    [state, folder],
  )
  await setFallenBack(connection, run, state === 'fallen back')
}
