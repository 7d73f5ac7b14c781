/** The whole content of a target as text that doesn't depend on the order in which rows arrived: equal dumps mean equal targets. */
import { createHash } from 'node:crypto'
import { quoteTable } from '../../src/engine/syntax/postgres-names.ts'
import type { TargetAddress } from '../../src/engine/target/address/address.ts'
import { connect } from '../../src/engine/target/connection/connection.ts'

export async function dumpTarget(address: TargetAddress): Promise<Record<string, string>> {
  const rows = await dumpRows(address)
  await using connection = await connect(address)
  const dump = { ...rows }
  const { rows: objects } = await connection.query<{ name: string; definition: string }>(
    `select conrelid::regclass::text || '.' || conname as name, pg_get_constraintdef(oid) || convalidated::text as definition
       from pg_constraint where connamespace::regnamespace::text not in ('pg_catalog', 'information_schema', 'gpt_migrate')
     union all
     select indexrelid::regclass::text, pg_get_indexdef(indexrelid) || indisvalid::text
       from pg_index join pg_class c on c.oid = indrelid
      where c.relnamespace::regnamespace::text not in ('pg_catalog', 'pg_toast', 'information_schema', 'gpt_migrate')
     union all
     select schemaname || '.' || sequencename, coalesce(last_value::text, 'unused')
       from pg_sequences
     order by 1, 2`,
  )
  for (const { name, definition } of objects) dump[name] = definition
  return dump
}

/** Only the rows. */
export async function dumpRows(address: TargetAddress): Promise<Record<string, string>> {
  await using connection = await connect(address)
  const { rows: tables } = await connection.query<{ schema: string; table: string }>(
    `select n.nspname as schema, c.relname as table
       from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where c.relkind in ('r', 'p') and not c.relispartition and c.relpersistence <> 't'
        and n.nspname not in ('pg_catalog', 'information_schema', 'gpt_migrate')
      order by 1, 2`,
  )
  const dump: Record<string, string> = {}
  for (const table of tables) {
    const { rows } = await connection.query<{ row: string }>(
      `select t::text as row from ${quoteTable(table)} t order by t::text collate "C"`,
    )
    const hash = createHash('sha256')
    for (const { row } of rows) hash.update(`${row}\n`)
    dump[`${table.schema}.${table.table}`] = `${rows.length} rows ${hash.digest('hex')}`
  }
  return dump
}
