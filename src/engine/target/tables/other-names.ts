/** Reads the names that a new table, view, key or index cannot have. Invariant: it only reads. */
import type { OtherName } from '../../model/target-probe.ts'
import type { TableName } from '../../model/target-schema.ts'
import type { Connection } from '../connection/connection.ts'

/** The chunks of hypertables are in schemas of TimescaleDB's own, which no plan writes to. */
const ours = `n.nspname !~ '^(pg|_timescaledb)_' and n.nspname not in ('information_schema', 'gpt_migrate')`

/** The names of all tables. */
export async function readTableNames(connection: Connection): Promise<readonly TableName[]> {
  const { rows } = await connection.query<TableName>(
    `select n.nspname::text as schema, c.relname::text as "table"
       from pg_class c
       join pg_namespace n on n.oid = c.relnamespace
      where c.relkind in ('r', 'p') and ${ours}
      order by 1, 2`,
  )
  return rows
}

/** Relations that are no tables, and types that no relation makes. The server renames array types itself. */
export async function readOtherNames(connection: Connection): Promise<readonly OtherName[]> {
  const { rows } = await connection.query<OtherName>(
    `select n.nspname::text as schema, c.relname::text as name,
            case c.relkind when 'v' then 'view' when 'm' then 'materialized view' when 'f' then 'foreign table'
                           when 'S' then 'sequence' when 'c' then 'type' else 'index' end as kind,
            coalesce(indexed.relname, owner.relname)::text as "of"
       from pg_class c
       join pg_namespace n on n.oid = c.relnamespace
       left join pg_index i on i.indexrelid = c.oid
       left join pg_class indexed on indexed.oid = i.indrelid
       left join lateral (
              select t.relname
                from pg_depend o
                join pg_class t on t.oid = o.refobjid
               where c.relkind = 'S' and o.classid = 'pg_class'::regclass and o.objid = c.oid
                 and o.refclassid = 'pg_class'::regclass and o.deptype in ('a', 'i')
               limit 1) owner on true
      where c.relkind in ('v', 'm', 'f', 'S', 'c', 'i', 'I') and ${ours}
      union all
     select n.nspname::text, t.typname::text, 'type', null
       from pg_type t
       join pg_namespace n on n.oid = t.typnamespace
      where t.typrelid = 0 and t.typcategory <> 'A' and ${ours}
      order by 1, 2`,
  )
  return rows
}
