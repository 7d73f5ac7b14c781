/**
 * Reads the tables that the target already has. Invariant: system schemas and our own journal are left out, and types, defaults and
 * expressions are spelled by PostgreSQL itself.
 */
import type {
  TargetColumn,
  TargetForeignKey,
  TargetIndex,
  TargetTable,
  TargetTrigger,
} from '../../model/target-schema.ts'
import type { Connection } from '../connection/connection.ts'
import { asksSequence } from './numbering.ts'

type ColumnRow = {
  schema: string
  table: string
  table_comment: string | null
  name: string | null
  type: string
  nullable: boolean
  default: string | null
  generated: string | null
  sequence: TargetColumn['sequence']
  comment: string | null
  base_type: string
  domain_not_null: boolean
  labels: string[] | null
  element_oid: number | null
  element_type: string | null
  element_labels: string[] | null
  money_digits: number | null
}
type ConstraintRow = {
  schema: string
  table: string
  name: string
  kind: 'p' | 'u' | 'c' | 'f'
  columns: string[]
  expression: string | null
  parent_schema: string | null
  parent_table: string | null
  parent_columns: string[]
  on_delete: string | null
  on_update: string | null
  deferrable: boolean
  validated: boolean
  nulls_not_distinct: boolean
}
type TriggerRow = { schema: string; table: string } & TargetTrigger
type IndexRow = {
  schema: string
  table: string
  name: string
  unique: boolean
  where: string | null
  parts: { column: string | null; expression: string; descending: boolean; columns: string[] | null }[]
}

/** Ordinary and partitioned user tables, partitions included, by schema and name. */
export async function readExistingTables(connection: Connection): Promise<TargetTable[]> {
  const { rows: columns } = await connection.query<ColumnRow>(COLUMNS)
  if (columns.length === 0) return []
  const { rows: constraints } = await connection.query<ConstraintRow>(
    connection.major >= 15
      ? CONSTRAINTS.replace('false as nulls_not_distinct', NULLS_NOT_DISTINCT)
      : CONSTRAINTS,
  )
  const { rows: indexes } = await connection.query<IndexRow>(INDEXES)
  const { rows: triggers } = await connection.query<TriggerRow>(TRIGGERS)
  const keyOf = (row: { schema: string; table: string }) => JSON.stringify([row.schema, row.table])
  const constraintsOf = Map.groupBy(constraints, keyOf)
  const indexesOf = Map.groupBy(indexes, keyOf)
  const triggersOf = Map.groupBy(triggers, keyOf)
  return [...Map.groupBy(columns, keyOf)].map(([key, rows]) => {
    const own = constraintsOf.get(key) ?? []
    const primary = own.find((row) => row.kind === 'p')
    return {
      schema: rows[0]!.schema,
      table: rows[0]!.table,
      columns: rows.filter((row) => row.name !== null).map(toColumn),
      primaryKey: primary === undefined ? null : { name: primary.name, columns: primary.columns },
      uniques: own
        .filter((row) => row.kind === 'u')
        .map(({ name, columns: names, nulls_not_distinct }) => ({
          name,
          columns: names,
          ...(nulls_not_distinct ? { nullsNotDistinct: true } : {}),
        })),
      checks: own
        .filter((row) => row.kind === 'c')
        .map((row) => ({ name: row.name, expression: row.expression ?? 'true' })),
      foreignKeys: own.filter((row) => row.kind === 'f').map(toForeignKey),
      indexes: (indexesOf.get(key) ?? []).map(toIndex),
      partitioning: null,
      comment: rows[0]!.table_comment,
      ...(triggersOf.has(key)
        ? { triggers: triggersOf.get(key)!.map(({ name, timing }) => ({ name, timing })) }
        : {}),
      existing: true,
    }
  })
}

function toColumn(row: ColumnRow): TargetColumn {
  return {
    name: row.name!,
    type: row.type,
    ...writtenOf(row),
    nullable: row.nullable && !row.domain_not_null,
    default: row.default,
    sequence: row.sequence,
    generated: row.generated,
    origin: 'planned',
    comment: row.comment,
  }
}

/** How values of the type are written, when its spelling does not say so. */
function writtenOf(row: ColumnRow): Pick<TargetColumn, 'written'> {
  if (row.labels !== null) return { written: { type: 'text', labels: row.labels } }
  if (row.element_type !== null) {
    const type = plainType(row.element_labels === null ? row.element_type : 'text')
    const element = {
      type,
      oid: row.element_oid!,
      ...(row.element_labels === null ? {} : { labels: row.element_labels }),
    }
    return { written: { type: `${type}[]`, element } }
  }
  if (row.money_digits !== null) return { written: { type: 'money', digits: row.money_digits } }
  const type = plainType(row.base_type)
  return type === row.type ? {} : { written: { type } }
}

/** citext is sent and received like text, in whichever schema the extension is. */
function plainType(type: string): string {
  return /^(?:\w+|"(?:[^"]|"")+")\.citext$/.test(type) ? 'text' : type
}

function toForeignKey(row: ConstraintRow): TargetForeignKey {
  return {
    name: row.name,
    columns: row.columns,
    references: { schema: row.parent_schema!, table: row.parent_table!, columns: row.parent_columns },
    onDelete: row.on_delete,
    onUpdate: row.on_update,
    deferrable: row.deferrable,
    validated: row.validated,
  }
}

function toIndex(row: IndexRow): TargetIndex {
  return {
    name: row.name,
    unique: row.unique,
    where: row.where,
    parts: row.parts.map(({ column, expression, columns, descending }) => ({
      ...(column === null ? { expression, columns: columns ?? [] } : { column }),
      descending,
      collation: null,
    })),
  }
}

const ours = (alias: string) =>
  `${alias}.nspname !~ '^pg_' and ${alias}.nspname not in ('information_schema', 'gpt_migrate')`

/** An enum's labels, in its order; null for any other type. */
const labels = (type: string) =>
  `(select array_agg(l.enumlabel::text order by l.enumsortorder) from pg_enum l where l.enumtypid = ${type})`

/** The column's type; for a domain, its innermost base type and that type's modifier. */
const BASE_TYPE = `
      with recursive step (oid, modifier, not_null) as (
        select a.atttypid, a.atttypmod, false
         union all
        select t.typbasetype, t.typtypmod, s.not_null or t.typnotnull
          from step s
          join pg_type t on t.oid = s.oid and t.typtype = 'd')
      select s.oid, s.modifier, s.not_null
        from step s
        join pg_type t on t.oid = s.oid and t.typtype <> 'd'`

const COLUMNS = `
  select n.nspname as schema, c.relname as table, obj_description(c.oid, 'pg_class') as table_comment,
         a.attname as name, format_type(a.atttypid, a.atttypmod) as type, not a.attnotnull as nullable,
         case when a.attgenerated = '' then pg_get_expr(d.adbin, d.adrelid) end as default,
         case when a.attgenerated <> '' then pg_get_expr(d.adbin, d.adrelid) end as generated,
         case when a.attidentity <> '' then 'identity'
              when owned.oid is null and not coalesce(${asksSequence}, false) then null
              when a.atttypid = 'int8'::regtype then 'bigserial'
              else 'serial' end as sequence,
         col_description(c.oid, a.attnum) as comment,
         format_type(b.oid, b.modifier) as base_type, b.not_null as domain_not_null,
         ${labels('b.oid')} as labels,
         e.oid::int8::float8 as element_oid, format_type(e.oid, b.modifier) as element_type, ${labels('e.oid')} as element_labels,
         case when b.oid = 'money'::regtype then scale(1::money::numeric) end as money_digits
    from pg_class c
    join pg_namespace n on n.oid = c.relnamespace
    left join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    left join lateral (${BASE_TYPE}) b on true
    left join pg_type bt on bt.oid = b.oid
    left join pg_type e on e.oid = bt.typelem and e.typarray = bt.oid and e.typtype in ('b', 'e')
    left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
    left join lateral (
           select s.oid
             from pg_depend o
             join pg_class s on s.oid = o.objid and s.relkind = 'S'
            where o.classid = 'pg_class'::regclass and o.refclassid = 'pg_class'::regclass
              and o.refobjid = c.oid and o.refobjsubid = a.attnum and o.deptype = 'a'
            limit 1) owned on true
   where c.relkind in ('r', 'p') and ${ours('n')}
   order by n.nspname collate "C", c.relname collate "C", a.attnum`

/** The columns of a key, in its order. */
const names = (table: string, numbers: string) =>
  `array(select a.attname::text from unnest(${numbers}) with ordinality k (number, position)
           join pg_attribute a on a.attrelid = ${table} and a.attnum = k.number order by k.position)`

/** The referential action for the constraint's letter; null for none. */
const action = (letter: string) =>
  `case ${letter} when 'c' then 'cascade' when 'n' then 'set null' when 'd' then 'set default' when 'r' then 'restrict' end`

const NULLS_NOT_DISTINCT =
  'coalesce((select i.indnullsnotdistinct from pg_index i where i.indexrelid = t.conindid), false) as nulls_not_distinct'

const CONSTRAINTS = `
  select n.nspname as schema, c.relname as table, t.conname as name, t.contype as kind,
         ${names('t.conrelid', 't.conkey')} as columns,
         pg_get_expr(t.conbin, t.conrelid) as expression,
         pn.nspname as parent_schema, pc.relname as parent_table,
         ${names('t.confrelid', 't.confkey')} as parent_columns,
         ${action('t.confdeltype')} as on_delete, ${action('t.confupdtype')} as on_update,
         t.condeferrable as deferrable, t.convalidated as validated, false as nulls_not_distinct
    from pg_constraint t
    join pg_class c on c.oid = t.conrelid and c.relkind in ('r', 'p')
    join pg_namespace n on n.oid = c.relnamespace
    left join pg_class pc on pc.oid = t.confrelid
    left join pg_namespace pn on pn.oid = pc.relnamespace
   where t.contype in ('p', 'u', 'c', 'f') and ${ours('n')}
   order by t.conname collate "C"`

/** Triggers that an ordinary session fires. Bits of `tgtype`: 2 before, 4 insert, 64 instead of (src/include/catalog/pg_trigger.h). */
const TRIGGERS = `
  select n.nspname as schema, c.relname as table, t.tgname as name,
         case when t.tgtype & 2 = 2 then 'before' else 'after' end as timing
    from pg_trigger t
    join pg_class c on c.oid = t.tgrelid and c.relkind in ('r', 'p')
    join pg_namespace n on n.oid = c.relnamespace
   where not t.tgisinternal and t.tgenabled in ('O', 'A') and t.tgtype & 4 = 4 and t.tgtype & 64 = 0 and ${ours('n')}
   order by t.tgname collate "C"`

const INDEXES = `
  select n.nspname as schema, c.relname as table, x.relname as name, i.indisunique as unique,
         pg_get_expr(i.indpred, i.indrelid) as where,
         (select json_agg(json_build_object(
                   'column', a.attname,
                   'expression', pg_get_indexdef(i.indexrelid, p.number, true),
                   'descending', i.indoption[p.number - 1] & 1 = 1,
                   'columns', array(select u.attname
                                      from pg_depend d
                                      join pg_attribute u on u.attrelid = d.refobjid and u.attnum = d.refobjsubid
                                     where d.classid = 'pg_class'::regclass and d.objid = i.indexrelid
                                       and d.refclassid = 'pg_class'::regclass and d.refobjid = i.indrelid
                                       and d.refobjsubid > 0
                                     order by u.attnum))
                 order by p.number)
            from generate_series(1, i.indnkeyatts) p (number)
            left join pg_attribute a
                   on a.attrelid = i.indrelid and a.attnum = i.indkey[p.number - 1] and i.indkey[p.number - 1] <> 0) as parts
    from pg_index i
    join pg_class x on x.oid = i.indexrelid
    join pg_class c on c.oid = i.indrelid and c.relkind in ('r', 'p')
    join pg_namespace n on n.oid = c.relnamespace
   where not exists (select from pg_constraint t where t.conindid = i.indexrelid and t.contype in ('p', 'u', 'x'))
     and ${ours('n')}
   order by x.relname collate "C"`
