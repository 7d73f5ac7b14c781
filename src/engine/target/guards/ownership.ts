/**
 * Who owns the objects that a command is about to read or write. The owner of a table or its schema decides which code runs on reading or
 * writing it, and that code runs with our rights. Invariant: the check itself executes nothing of another role's.
 */
import { shellWord } from '../../model/shell-word.ts'
import type { TableName } from '../../model/target-schema.ts'
import type { Connection } from '../connection/connection.ts'
import { TargetError } from '../connection/pg-errors.ts'

/** An object of a role that is neither ours nor a superuser. `table` is null for a schema. */
type ForeignObject = {
  readonly schema: string
  readonly table: string | null
  /** The kind of object, such as `table`, `schema`, `function app.audit()`. */
  readonly what: string
  readonly owner: string
}

/** The roles whose code may run with our rights: our own, and superusers. */
export const TRUSTED = 'select r.oid from pg_roles r where r.rolsuper or r.rolname = current_user'

/** The first object id of user-defined objects (FirstNormalObjectId). */
export const FIRST_USER_OID = 16384

/** The parts of the table `c` that can call functions, and the types of its columns, as entries of their catalogs. */
const PARTS = `
  select 'pg_class'::regclass::oid, c.oid
   union all select 'pg_attrdef'::regclass::oid, d.oid from pg_attrdef d where d.adrelid = c.oid
   union all select 'pg_constraint'::regclass::oid, k.oid from pg_constraint k where k.conrelid = c.oid
   union all select 'pg_class'::regclass::oid, i.indexrelid from pg_index i where i.indrelid = c.oid
   union all select 'pg_statistic_ext'::regclass::oid, s.oid from pg_statistic_ext s where s.stxrelid = c.oid
   union all select 'pg_trigger'::regclass::oid, t.oid from pg_trigger t where t.tgrelid = c.oid and not t.tgisinternal
   union all select 'pg_rewrite'::regclass::oid, w.oid from pg_rewrite w where w.ev_class = c.oid
   union all select 'pg_policy'::regclass::oid, p.oid from pg_policy p where p.polrelid = c.oid`

/** The user-defined objects that can call functions and that the catalog entry depends on. */
const dependencies = (entry: string): string => `
  select d.refclassid as classid, d.refobjid as objid
    from pg_depend d
   where d.classid = ${entry}.classid and d.objid = ${entry}.objid and d.refobjid >= ${FIRST_USER_OID}
     and d.refclassid in ('pg_proc'::regclass, 'pg_type'::regclass, 'pg_operator'::regclass, 'pg_opclass'::regclass,
                          'pg_foreign_server'::regclass)`

/**
 * The user-defined functions, types, operators, operator classes and foreign servers that the table `c` uses, directly or through other
 * objects (the checks of domains, the members of composite types, ranges and arrays), with their owners. `offset 0` forces an index lookup
 * for each part: before the catalogs of a database are analyzed, the planner expects no dependencies and would scan all of them for each.
 * The recursion starts only from parts that have dependencies, because it costs as much as everything else even when it finds nothing.
 */
export const USED = `
  select o.what, o.owner
    from (${PARTS}) part (classid, objid)
   cross join lateral (${dependencies('part')} offset 0) first
   cross join lateral (
         with recursive used (classid, objid) as (
                select first.classid, first.objid
                 union
                select next.*
                  from used u
                 cross join lateral (${dependencies('u')}
                        union all
                       select 'pg_constraint'::regclass::oid, k.oid
                         from pg_constraint k where u.classid = 'pg_type'::regclass and k.contypid = u.objid
                        union all
                       select 'pg_class'::regclass::oid, y.typrelid
                         from pg_type y where u.classid = 'pg_type'::regclass and y.oid = u.objid and y.typtype = 'c'
                        union all
                       select 'pg_proc'::regclass::oid, p.amproc
                         from pg_opclass k join pg_amproc p on p.amprocfamily = k.opcfamily
                        where u.classid = 'pg_opclass'::regclass and k.oid = u.objid and p.amproc >= ${FIRST_USER_OID}
                       offset 0) next)
         select 'function ' || f.oid::regprocedure::text as what, f.proowner as owner
           from used u join pg_proc f on u.classid = 'pg_proc'::regclass and f.oid = u.objid
          union all
         select 'type ' || format_type(y.oid, null), y.typowner
           from used u join pg_type y on u.classid = 'pg_type'::regclass and y.oid = u.objid
          union all
         select 'operator ' || p.oid::regoperator::text, p.oprowner
           from used u join pg_operator p on u.classid = 'pg_operator'::regclass and p.oid = u.objid
          union all
         select 'operator class ' || k.opcname, k.opcowner
           from used u join pg_opclass k on u.classid = 'pg_opclass'::regclass and k.oid = u.objid
          union all
         select 'server ' || s.srvname, s.srvowner
           from used u join pg_foreign_server s on u.classid = 'pg_foreign_server'::regclass and s.oid = u.objid) o`

/**
 * Returns the foreign objects among the tables, their partitions, the tables that deletes or updates of their rows write to (`on delete
 * cascade` and the like), those that their rules name, their schemas, and the objects that all of these use. The schema `public` of the
 * role `pg_database_owner`, as PostgreSQL 15 creates it, is not foreign.
 */
async function findForeignObjects(
  connection: Connection,
  tables: readonly TableName[],
): Promise<readonly ForeignObject[]> {
  if (tables.length === 0) return []
  const { rows } = await connection.query<ForeignObject>(
    `with recursive trusted as (${TRUSTED}),
          wanted (schema, name) as (select distinct * from unnest($1::text[], $2::text[])),
          named as (
            select c.oid, c.relkind, c.relowner, n.nspname as schema, c.relname as name
              from wanted w
              join pg_namespace n on n.nspname = w.schema
              join pg_class c on c.relnamespace = n.oid and c.relname = w.name),
          changed (oid, others) as materialized (
            select k.confrelid, k.conrelid from pg_constraint k
             where k.contype = 'f'
               and (k.confdeltype in ('c', 'n', 'd') or k.confupdtype in ('c', 'n', 'd'))),
          relation (oid) as (
            select oid from named
             union
            select part.oid
              from relation r
             cross join lateral (
                   select i.inhrelid as oid from pg_inherits i where i.inhparent = r.oid
                    union all
                   select c.others from changed c where c.oid = r.oid
                    union all
                   select d.refobjid
                     from pg_rewrite w
                     join pg_depend d on d.classid = 'pg_rewrite'::regclass and d.objid = w.oid
                    where w.ev_class = r.oid and d.refclassid = 'pg_class'::regclass) part)
     select n.nspname as schema, null as "table", 'schema' as what, pg_get_userbyid(n.nspowner)::text as owner, 1 as rank
       from pg_namespace n
      where n.nspname in (select w.schema from wanted w)
        and n.nspowner not in (select oid from trusted)
        and not (n.nspname = 'public' and pg_get_userbyid(n.nspowner) = 'pg_database_owner')
      union all
     select n.nspname, c.relname, 'table', pg_get_userbyid(c.relowner)::text, 0
       from relation r
       join pg_class c on c.oid = r.oid
       join pg_namespace n on n.oid = c.relnamespace
      where c.relowner not in (select oid from trusted)
      union all
     select distinct n.nspname, c.relname, u.what, pg_get_userbyid(u.owner)::text, 2
       from relation r
       join pg_class c on c.oid = r.oid
       join pg_namespace n on n.oid = c.relnamespace
      cross join lateral (${USED}) u
      where u.owner not in (select oid from trusted)
      order by 5, 1, 2, 3`,
    [tables.map(({ schema }) => schema), tables.map(({ table }) => table)],
  )
  return rows.map(({ schema, table, what, owner }) => ({ schema, table, what, owner }))
}

/**
 * For a superuser: throws `target-of-another-role` when a table belongs to a role that is not a superuser, whose triggers, defaults and
 * casts would run with the superuser's rights. Does nothing for other roles, whose rights are limited to what they were granted.
 */
export async function refuseForeignObjects(
  connection: Connection,
  tables: readonly TableName[],
): Promise<void> {
  if (!(await isSuperuser(connection))) return
  const [first] = await findForeignObjects(connection, tables)
  if (first !== undefined) throw foreignRefusal(first)
}

/** Whether the session's current role is a superuser. */
export async function isSuperuser(connection: Connection): Promise<boolean> {
  const { superuser } = await connection.queryOne<{ superuser: boolean }>(
    `select r.rolsuper as superuser from pg_catalog.pg_roles r where r.rolname operator(pg_catalog.=) current_user`,
  )
  return superuser
}

/** The message and hint, both for the plan and for the refusal. */
export function describeForeign({ schema, table, what, owner }: ForeignObject): {
  readonly message: string
  readonly hint: string
} {
  const name =
    table === null
      ? `The schema ${schema}`
      : what === 'table'
        ? `The table ${schema}.${table}`
        : `The ${what}, which the table ${schema}.${table} uses,`
  return {
    message: `${name} belongs to the role "${owner}", which is no superuser: its code would run with a superuser's rights.`,
    hint: `Work as that role: --role ${shellWord(owner)}, or connect as it. What is created then belongs to it.`,
  }
}

export const TARGET_OF_ANOTHER_ROLE = 'target-of-another-role'

function foreignRefusal(object: ForeignObject): TargetError {
  const { message, hint } = describeForeign(object)
  return new TargetError(TARGET_OF_ANOTHER_ROLE, message, { hint })
}

/** The user-defined schemas and tables of other roles with their owners, for the plan to report. */
export async function readForeignOwners(
  connection: Connection,
): Promise<readonly { schema: string; table: string | null; owner: string }[]> {
  const { rows } = await connection.query<{ schema: string; table: string | null; owner: string }>(
    `select n.nspname as schema, o."table", pg_get_userbyid(o.owner)::text as owner
       from pg_namespace n
      cross join lateral (
            select null::text as "table", n.nspowner as owner
             union all
            select c.relname, c.relowner from pg_class c where c.relnamespace = n.oid and c.relkind in ('r', 'p')) o
      where n.nspname !~ '^pg_' and n.nspname not in ('information_schema', 'gpt_migrate')
        and o.owner not in (${TRUSTED})
        and not (n.nspname = 'public' and o."table" is null and pg_get_userbyid(o.owner) = 'pg_database_owner')
      order by 1, 2 nulls first`,
  )
  return [...rows]
}
