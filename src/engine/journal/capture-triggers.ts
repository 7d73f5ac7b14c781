/** The triggers that note changes of a table and its partitions. */
import type { TableName } from '../model/target-schema.ts'
import { quoteIdentifier, quoteLiteral, quoteTable } from '../syntax/postgres-names.ts'
import type { Connection } from '../target/connection.ts'
import { isAtLeast } from '../target/extension-version.ts'

/** `comparison`: no triggers can be made here, so the whole table is compared instead. */
export type CaptureMode = 'triggers' | 'comparison'

export type CapturedTable = {
  readonly number: number
  readonly target: TableName
  /** The columns that `changed.key` holds, in the order of the table's copy plan; [] where no key names a row. */
  readonly key: readonly string[]
  readonly mode: CaptureMode
}

const EVENTS = ['insert', 'update', 'delete', 'truncate'] as const

type Event = (typeof EVENTS)[number]

/** From this version of TimescaleDB on a hypertable takes triggers with transition tables. */
const TIMESCALE_TRIGGERS = [2, 18] as const

/** From this version of TimescaleDB on a trigger of a table with a columnstore can be made to fire always. */
export const TRIGGERS_BESIDE_COLUMNSTORE = [2, 28] as const

/** Hypertables of an older TimescaleDB, or those of them with a columnstore, and distributed tables of Citus. */
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

/** Hypertables with a columnstore. */
export async function readColumnstores(connection: Connection): Promise<ReadonlySet<string>> {
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

export async function createTriggers(
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
