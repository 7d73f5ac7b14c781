/** The triggers that capture changes of a table and its partitions. */
import type { TableName } from '../model/target-schema.ts'
import { quoteIdentifier, quoteLiteral, quoteTable } from '../syntax/postgres-names.ts'
import type { Connection } from '../target/connection/connection.ts'
import { isAtLeast } from '../target/extensions/extension-version.ts'
import { FIRST_USER_OID, TRUSTED } from '../target/guards/ownership.ts'

/** `comparison`: no triggers can be created on the table, which is compared in full instead. */
export type CaptureMode = 'triggers' | 'comparison'

export type CapturedTable = {
  readonly number: number
  readonly target: TableName
  /** The columns in `changed.key`, in the order of the table's copy plan; empty when rows have no key. */
  readonly key: readonly string[]
  readonly mode: CaptureMode
}

const EVENTS = ['insert', 'update', 'delete', 'truncate'] as const

type Event = (typeof EVENTS)[number]

/** From this version of TimescaleDB on, hypertables accept triggers with transition tables. */
const TIMESCALE_TRIGGERS = [2, 18] as const

/** From this version of TimescaleDB on, a trigger of a table with a columnstore can be set to fire always. */
export const TRIGGERS_BESIDE_COLUMNSTORE = [2, 28] as const

/** Returns hypertables whose TimescaleDB is too old for triggers, and distributed tables of Citus. */
export async function tablesWithoutTriggers(connection: Connection): Promise<ReadonlySet<string>> {
  const { rows: extensions } = await connection.query<{ name: string; version: string }>(
    `select extname as name, extversion as version from pg_extension where extname in ('timescaledb', 'citus')`,
  )
  const without = new Set<string>()
  for (const { name, version } of extensions) {
    if (name === 'timescaledb' && isAtLeast(version, TRIGGERS_BESIDE_COLUMNSTORE)) continue
    const compressed = isAtLeast(version, TIMESCALE_TRIGGERS) ? ' where compression_enabled' : ''
    const { rows } = await connection.query<{ schema: string; table: string }>(
      name === 'timescaledb'
        ? `select hypertable_schema as schema, hypertable_name as table from timescaledb_information.hypertables${compressed}`
        : `select n.nspname as schema, c.relname as table
             from pg_dist_partition p
             join pg_class c on c.oid = p.logicalrelid
             join pg_namespace n on n.oid = c.relnamespace`,
    )
    for (const row of rows) without.add(quoteTable(row))
  }
  return without
}

/** Returns hypertables with a columnstore. */
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

/** Returns the table and its partitions that exist. */
export async function relationsOf(
  connection: Connection,
  { target }: Pick<CapturedTable, 'target'>,
): Promise<readonly TableName[]> {
  const { rows } = await connection.query<TableName>(
    `select n.nspname as schema, c.relname as "table"
       from pg_class c
       join pg_namespace n on n.oid = c.relnamespace
      where c.relkind in ('r', 'p')
        and (c.oid = to_regclass($1) or c.oid in (select relid from pg_partition_tree(to_regclass($1))))`,
    [quoteTable(target)],
  )
  return rows
}

/**
 * Returns tables with a relation, such as a new partition, that lacks triggers set to fire always. They may have been dropped, or disabled: a
 * trigger that was enabled again fires, but no longer always, which shows that changes may be missing.
 */
export async function staleTables(
  connection: Connection,
  tables: readonly CapturedTable[],
): Promise<readonly CapturedTable[]> {
  const noting = tables.filter(({ mode }) => mode === 'triggers')
  const { rows } = await connection.query<{ place: number }>(
    `select distinct w.place::int4 as place
       from unnest($1::text[]) with ordinality as w (name, place)
       join lateral (select to_regclass(w.name)::oid union select relid from pg_partition_tree(to_regclass(w.name))) as r (oid) on true
       join pg_class c on c.oid = r.oid and c.relkind in ('r', 'p')
      where (select count(*) from pg_trigger t
              where t.tgrelid = c.oid and t.tgenabled = 'A' and t.tgname = any ($2)) < cardinality($2)`,
    [noting.map(({ target }) => quoteTable(target)), EVENTS.map(triggerName)],
  )
  return rows.map(({ place }) => noting[place - 1]!)
}

const RENEWAL_LOCK_MS = 1_000

/** Recreates the triggers of stale tables, in a transaction of its own that blocks writers only briefly. */
export async function renewTriggers(connection: Connection, tables: readonly CapturedTable[]): Promise<void> {
  const stale = await staleTables(connection, tables)
  if (stale.length === 0) return
  await connection.transaction(async () => {
    await connection.execute(`set local lock_timeout = ${RENEWAL_LOCK_MS}`)
    await createTriggers(connection, stale)
  })
}

/** Creates all triggers of the tables, and marks each whole table as changed, since changes may have been missed without them. */
export async function createTriggers(
  connection: Connection,
  tables: readonly CapturedTable[],
): Promise<void> {
  const columnstores = tables.length === 0 ? new Set<string>() : await readColumnstores(connection)
  for (const table of tables) {
    // A whole segment of a columnstore is deleted without its rows, so the table is marked instead of the row.
    const blind: readonly Event[] = columnstores.has(quoteTable(table.target))
      ? ['delete', 'truncate']
      : ['truncate']
    for (const event of EVENTS) await connection.execute(functionSql(table, event, blind.includes(event)))
    for (const relation of await relationsOf(connection, table))
      for (const event of EVENTS)
        await connection.execute(triggerSql(table, relation, event, blind.includes(event)))
    await connection.query('insert into gpt_migrate.changed (capture, key) values ($1, null)', [table.number])
  }
}

const triggerName = (event: Event): string => `gpt_migrate_${event}`

const functionName = (number: number, event: Event): string => `gpt_migrate.changed_${number}_${event}`

/**
 * The function runs with its owner's rights, even when the table now belongs to another role: casting a type of that role would call its code
 * with our rights, so a key of such a type is not read, and the whole table is marked as changed.
 */
function functionSql({ number, key }: CapturedTable, event: Event, isBlind: boolean): string {
  const note = noteSql(number, key, event, isBlind)
  const blind = noteSql(number, [], event, isBlind)
  const body = `begin
  ${
    note === blind
      ? note
      : `if exists (
    select from pg_attribute a join pg_type t on t.oid = a.atttypid
     where a.attrelid = tg_relid and a.attname = any (array[${key.map(quoteLiteral).join(', ')}])
       and t.oid >= ${FIRST_USER_OID}
       and not (t.typtype = 'd' and t.typbasetype < ${FIRST_USER_OID})
       and not (t.typtype = 'e' and t.typowner in (${TRUSTED}))) then
    ${blind};
  else
    ${note};
  end if`
  };
  return null;
end`
  return `create or replace function ${functionName(number, event)}() returns trigger
  language plpgsql security definer set search_path = pg_catalog, pg_temp
as ${quoteLiteral(body)};
revoke all on function ${functionName(number, event)}() from public`
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
  const name = quoteIdentifier(triggerName(event))
  const rows = {
    insert: 'referencing new table as new_rows ',
    update: 'referencing old table as old_rows new table as new_rows ',
    delete: 'referencing old table as old_rows ',
    truncate: '',
  }[event]
  const transition = isBlind ? '' : rows
  const table = quoteTable(relation)
  // Always, because changes applied by a replication worker count as well.
  return `drop trigger if exists ${name} on ${table};
create trigger ${name} after ${event} on ${table} ${transition}for each statement execute function ${functionName(number, event)}();
alter table ${table} enable always trigger ${name}`
}
