/**
 * Notes which rows of the moved tables an application changes in PostgreSQL, for the way back. Invariant: from `startChangeCapture` on
 * every committed change of a captured table has an entry in `gpt_migrate.changed` that was committed with it: the key of the row, or
 * null for "anything in this table". An entry too many costs a look; none is ever missing.
 *
 * Statement triggers with transition tables (PostgreSQL manual section 43.1), on partitioned tables and on each partition: a statement
 * fires those of the table that it names. They run as their owner, so the application's role needs no rights on the journal.
 */

import { randomUUID } from 'node:crypto'
import type { FallbackState } from '../model/answers.ts'
import type { RunRecord } from '../model/journal.ts'
import type { CopyPlan } from '../model/plan.ts'
import type { TableName } from '../model/target-schema.ts'
import { quoteIdentifier, quoteLiteral, quoteTable } from '../syntax/postgres-names.ts'
import type { Connection } from '../target/connection.ts'
import { isAtLeast } from '../target/extension-version.ts'
import { setFallenBack } from './follow.ts'

/** `comparison`: no triggers can be made here, so the whole table is compared instead. */
type CaptureMode = 'triggers' | 'comparison'

export type CapturedTable = {
  readonly number: number
  readonly target: TableName
  /** The columns that `changed.key` holds, in the order of the table's copy plan; [] where no key names a row. */
  readonly key: readonly string[]
  readonly mode: CaptureMode
}

export type ChangeCapture = {
  /** Changes with each creation: a reader that finds it unchanged has missed nothing since. */
  readonly token: string
  readonly run: string
  /** Who took the noted changes last. */
  readonly consumer: string | null
  readonly state: FallbackState
  /** Of the files that the application was started on. */
  readonly folder: string | null
  /** ISO 8601 instant at which they became the application's. */
  readonly switchedAt: string | null
  /** ISO 8601 instant of PostgreSQL's state that the files have; null before a first round. */
  readonly broughtAt: string | null
  readonly tables: readonly CapturedTable[]
}

const EVENTS = ['insert', 'update', 'delete', 'truncate'] as const
type Event = (typeof EVENTS)[number]

/** From this version of TimescaleDB on a hypertable takes triggers with transition tables. */
const TIMESCALE_TRIGGERS = [2, 18] as const

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

/** Whether changes are captured; null when they are not. */
export async function readChangeCapture(connection: Connection): Promise<ChangeCapture | null> {
  const { there } = await connection.queryOne<{ there: boolean }>(
    `select to_regclass('gpt_migrate.capturing') is not null as there`,
  )
  if (!there) return null
  const { rows } = await connection.query<Omit<ChangeCapture, 'tables'>>(
    `select token::text, run, consumer, state, folder,
            to_char(switched_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as "switchedAt",
            to_char(brought_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as "broughtAt"
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
 * Creates tables, functions and triggers for all tables that the run copied; what is there already is kept, what is missing (a new
 * partition) is added. In the caller's transaction; takes SHARE ROW EXCLUSIVE on each table. Returns the capture.
 */
export async function createChangeCapture(connection: Connection, record: RunRecord): Promise<ChangeCapture> {
  if ((await readChangeCapture(connection)) === null) {
    await connection.execute(CAPTURE_DDL)
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
  const columnstores = await readColumnstores(connection)
  for (const table of capture.tables) {
    if (table.mode === 'triggers') await createTriggers(connection, table, columnstores)
  }
  return capture
}

/**
 * Forgets what was noted so far: belongs into the transaction that declares the present state of the tables to be that of the SQLite
 * files. Waits for no writer but those of `changed`.
 */
export async function startChangeCapture(connection: Connection): Promise<void> {
  await connection.execute('truncate gpt_migrate.changed')
}

/** Removes all of it. In the caller's transaction; no-op where nothing is captured. Takes ACCESS EXCLUSIVE on each table. */
export async function dropChangeCapture(connection: Connection): Promise<void> {
  const { rows } = await connection.query<{ name: string }>(
    `select p.oid::regprocedure::text as name
       from pg_proc p
       join pg_namespace n on n.oid = p.pronamespace
      where n.nspname = 'gpt_migrate' and p.proname ~ '^changed_[0-9]+_(insert|update|delete|truncate)$'`,
  )
  for (const { name } of rows) await connection.execute(`drop function ${name} cascade`)
  await connection.execute(
    'drop table if exists gpt_migrate.changed, gpt_migrate.capture, gpt_migrate.capturing',
  )
}

/** Each target table of the run once, with the columns that name a row of it. */
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

/** The identity's columns in the order of the copy plan. */
export function keyOf({ identity, columns }: CopyPlan): readonly string[] {
  if (identity.kind === 'multiset') return []
  return columns.flatMap(({ target }) => (identity.columns.includes(target) ? [target] : []))
}

/** Hypertables of an older TimescaleDB, and distributed tables of Citus. */
async function tablesWithoutTriggers(connection: Connection): Promise<ReadonlySet<string>> {
  const { rows: extensions } = await connection.query<{ name: string; version: string }>(
    `select extname as name, extversion as version from pg_extension where extname in ('timescaledb', 'citus')`,
  )
  const without = new Set<string>()
  for (const { name, version } of extensions) {
    if (name === 'timescaledb' && isAtLeast(version, TIMESCALE_TRIGGERS)) continue
    const { rows } = await connection.query<{ schema: string; table: string }>(
      name === 'timescaledb'
        ? `select hypertable_schema as schema, hypertable_name as table from timescaledb_information.hypertables`
        : `select n.nspname as schema, c.relname as table
             from pg_dist_partition p
             join pg_class c on c.oid = p.logicalrelid
             join pg_namespace n on n.oid = c.relnamespace`,
    )
    for (const row of rows) without.add(quoteTable(row))
  }
  return without
}

/** Hypertables with a columnstore. */
async function readColumnstores(connection: Connection): Promise<ReadonlySet<string>> {
  const { there } = await connection.queryOne<{ there: boolean }>(
    `select exists (select from pg_extension where extname = 'timescaledb') as there`,
  )
  if (!there) return new Set()
  const { rows } = await connection.query<{ schema: string; table: string }>(
    `select hypertable_schema as schema, hypertable_name as table
       from timescaledb_information.hypertables where compression_enabled`,
  )
  return new Set(rows.map(quoteTable))
}

/** The table and its partitions, as far as they are there. */
export async function relationsOf(
  connection: Connection,
  { target }: Pick<CapturedTable, 'target'>,
): Promise<readonly (TableName & { readonly triggers: readonly string[] })[]> {
  const { rows } = await connection.query<TableName & { readonly triggers: readonly string[] }>(
    `select n.nspname as schema, c.relname as "table",
            array(select t.tgname::text from pg_trigger t where t.tgrelid = c.oid and not t.tgisinternal) as triggers
       from pg_class c
       join pg_namespace n on n.oid = c.relnamespace
      where c.relkind in ('r', 'p')
        and (c.oid = to_regclass($1) or c.oid in (select relid from pg_partition_tree(to_regclass($1))))`,
    [quoteTable(target)],
  )
  return rows
}

async function createTriggers(
  connection: Connection,
  table: CapturedTable,
  columnstores: ReadonlySet<string>,
): Promise<void> {
  const missing = (await relationsOf(connection, table)).flatMap((relation) =>
    EVENTS.filter((event) => !relation.triggers.includes(`gpt_migrate_${event}`)).map((event) => ({
      relation,
      event,
    })),
  )
  if (missing.length === 0) return
  // A whole segment of a columnstore is deleted without its rows: the table is noted, not the row.
  const blind: readonly Event[] = columnstores.has(quoteTable(table.target))
    ? ['delete', 'truncate']
    : ['truncate']
  for (const event of EVENTS) await connection.execute(functionSql(table, event, blind.includes(event)))
  for (const { relation, event } of missing)
    await connection.execute(triggerSql(table, relation, event, blind.includes(event)))
}

const functionName = (number: number, event: Event): string => `gpt_migrate.changed_${number}_${event}`

function functionSql({ number, key }: CapturedTable, event: Event, isBlind: boolean): string {
  const body = `begin
  ${noteSql(number, key, event, isBlind)};
  return null;
end`
  return `create or replace function ${functionName(number, event)}() returns trigger
  language plpgsql security definer set search_path = pg_catalog, pg_temp
as ${quoteLiteral(body)}`
}

function noteSql(number: number, key: readonly string[], event: Event, isBlind: boolean): string {
  const into = 'insert into gpt_migrate.changed (capture, key)'
  if (isBlind || event === 'truncate') return `${into} values (${number}, null)`
  const rows = { insert: ['new_rows'], delete: ['old_rows'], update: ['old_rows', 'new_rows'] }[event]
  if (key.length === 0) return `${into} select ${number}, null where exists (select from ${rows[0]})`
  const columns = key.map(quoteIdentifier)
  const keys = rows.map((name) => `select ${columns.join(', ')} from ${name}`).join(' union ')
  const named = columns.map((column) => `r.${column}`).join(', ')
  return `${into} select ${number}, pg_catalog.jsonb_build_array(${named}) from (${keys}) r`
}

function triggerSql({ number }: CapturedTable, relation: TableName, event: Event, isBlind: boolean): string {
  const name = quoteIdentifier(`gpt_migrate_${event}`)
  const rows = {
    insert: 'referencing new table as new_rows ',
    update: 'referencing old table as old_rows new table as new_rows ',
    delete: 'referencing old table as old_rows ',
    truncate: '',
  }[event]
  const transition = isBlind ? '' : rows
  const table = quoteTable(relation)
  // Always: also what a replication's worker applies is a change.
  return `create trigger ${name} after ${event} on ${table} ${transition}for each statement execute function ${functionName(number, event)}();
alter table ${table} enable always trigger ${name}`
}

/** Declares who takes the noted changes from now on; returns who did before. In the caller's transaction. */
export async function takeConsumer(connection: Connection, consumer: string): Promise<string | null> {
  const { before } = await connection.queryOne<{ before: string | null }>(
    `update gpt_migrate.capturing c set consumer = $1
       from (select consumer from gpt_migrate.capturing for update) o
     returning o.consumer as before`,
    [consumer],
  )
  return before
}

type NotedChanges = { readonly capture: number; readonly entries: number; readonly whole: boolean }

/** What is noted in the transaction's snapshot, by table. */
export async function countChanges(connection: Connection): Promise<readonly NotedChanges[]> {
  const { rows } = await connection.query<NotedChanges>(
    `select capture, count(*)::float8 as entries, bool_or(key is null) as whole
       from gpt_migrate.changed
      group by capture
      order by capture`,
  )
  return rows
}

/** The same by name, with the keys of the first rows. Rows that no key names count as one. */
export async function nameChanges(
  connection: Connection,
  most: number,
): Promise<readonly (TableName & { readonly rows: number; readonly keys: readonly string[] })[]> {
  const { rows } = await connection.query<TableName & { rows: number; keys: readonly string[] }>(
    `select c.schema, c."table", count(*)::float8 as rows,
            array(select jsonb_array_elements_text(k.key)
                    from (select distinct key from gpt_migrate.changed
                           where capture = c.number and key is not null order by key limit $1) k) as keys
       from (select distinct capture, key from gpt_migrate.changed) d
       join gpt_migrate.capture c on c.number = d.capture
      group by c.number, c.schema, c."table"
      order by c.number`,
    [most],
  )
  return rows
}

/** Notes that the files are as the transaction's snapshot, which was taken at its first statement. In the round's transaction. */
export async function noteBroughtBack(connection: Connection): Promise<void> {
  await connection.execute('update gpt_migrate.capturing set brought_at = transaction_timestamp()')
}

/** Removes the entries that the transaction's snapshot shows; those of others that commit meanwhile stay. */
export async function forgetChanges(connection: Connection): Promise<void> {
  await connection.execute('delete from gpt_migrate.changed')
}

export type PendingChanges = {
  readonly changes: number
  readonly tables: readonly { readonly target: string; readonly changes: number }[]
}

/**
 * What is noted and not brought back. While the barrier is up these are writes that got past it: somebody switched its triggers off.
 */
export async function countPending(connection: Connection): Promise<PendingChanges> {
  const { rows } = await connection.query<{ target: string; changes: number }>(
    `select quote_ident(t.schema) || '.' || quote_ident(t."table") as target, count(*)::float8 as changes
       from gpt_migrate.changed c
       join gpt_migrate.capture t on t.number = c.capture
      group by 1
      order by 1`,
  )
  return { changes: rows.reduce((sum, { changes }) => sum + changes, 0), tables: rows }
}

/** Changes the state of the way back, and of a run that was followed the state that its record shows. In the caller's transaction. */
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
