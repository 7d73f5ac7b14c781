/** Reads the rules of an existing table by which the server may refuse rows. */
import type { ServerRule } from '../model/forecast.ts'
import { quoteLiteral } from '../syntax/postgres-names.ts'
import type { Connection } from '../target/connection/connection.ts'

export type TargetRule = Pick<ServerRule, 'kind' | 'name'> & {
  /** Columns that the rule reads. */
  readonly columns: readonly string[]
  /** SQL of a check constraint. */
  readonly check: string | null
  /** The base type, for a column whose type is a domain. */
  readonly baseType: string | null
  /** False for a foreign key that also checks nulls (`match full`). */
  readonly isSimple: boolean
  /** False when a collation treats different texts as equal, such as a case-insensitive one. */
  readonly isExact: boolean
}

/** Returns SQL: whether the index compares texts by their bytes. */
const isExact = (index: string): string =>
  `not exists (select from pg_attribute k join pg_collation l on l.oid = k.attcollation
                where k.attrelid = ${index} and not l.collisdeterministic)`

/** `table`: quoted. Returns the rules sorted by name, triggers last. */
export async function readRules(connection: Connection, table: string): Promise<readonly TargetRule[]> {
  const oid = `${quoteLiteral(table)}::regclass`
  const { rows } = await connection.query<TargetRule>(
    `select case t.contype when 'c' then 'check' when 'f' then 'foreign-key' when 'x' then 'exclusion' else 'unique' end as kind,
            t.conname::text as name,
            array(select a.attname::text from pg_attribute a where a.attrelid = t.conrelid and a.attnum = any (t.conkey)) as columns,
            case t.contype when 'c' then pg_get_expr(t.conbin, t.conrelid) end as check,
            null as "baseType", t.contype <> 'f' or t.confmatchtype = 's' as "isSimple",
            ${isExact('t.conindid')} as "isExact", 1 as place
       from pg_constraint t
      where t.conrelid = ${oid} and t.contype in ('p', 'u', 'x', 'c', 'f')
     union all
     select 'unique', c.relname::text,
            array(select a.attname::text
                    from pg_depend d
                    join pg_attribute a on a.attrelid = d.refobjid and a.attnum = d.refobjsubid
                   where d.classid = 'pg_class'::regclass and d.objid = i.indexrelid and d.refobjid = i.indrelid and d.refobjsubid > 0),
            null, null, true, ${isExact('i.indexrelid')}, 1
       from pg_index i
       join pg_class c on c.oid = i.indexrelid
      where i.indrelid = ${oid} and i.indisunique
        and not exists (select from pg_constraint t where t.conindid = i.indexrelid and t.conrelid = i.indrelid)
     union all
     select 'domain', format_type(a.atttypid, null), array[a.attname::text], null,
            (with recursive step (oid, modifier) as (
               select a.atttypid, a.atttypmod
                union all
               select d.typbasetype, d.typtypmod from step s join pg_type d on d.oid = s.oid and d.typtype = 'd')
             select format_type(s.oid, s.modifier) from step s join pg_type b on b.oid = s.oid and b.typtype <> 'd'),
            true, true, 2
       from pg_attribute a
       join pg_type y on y.oid = a.atttypid and y.typtype = 'd'
      where a.attrelid = ${oid} and a.attnum > 0 and not a.attisdropped
     union all
     select 'partition', c.relname::text, '{}', null, null, true, true, 2
       from pg_class c
      where c.oid = ${oid} and c.relkind = 'p'
     union all
     select 'trigger', g.tgname::text, '{}', null, null, true, true, 3
       from pg_trigger g
      where g.tgrelid = ${oid} and not g.tgisinternal and g.tgenabled in ('O', 'A') and g.tgtype & 4 = 4
      order by place, name`,
  )
  return rows
}
