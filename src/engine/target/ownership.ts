/**
 * Who owns what a command is about to read or write in the target. The owner of a table or its schema decides which code runs when
 * it is read or written, and that code runs with our rights. Invariant: nothing of another role's is executed to find out.
 */
import type { CreatedObject } from '../model/journal.ts'
import type { TableName } from '../model/target-schema.ts'
import { quoteTable } from '../syntax/postgres-names.ts'
import type { Connection } from './connection.ts'
import { TargetError } from './pg-errors.ts'

/** An object of a role that is neither ours nor a superuser. `table` is null for a schema. */
type ForeignObject = {
  readonly schema: string
  readonly table: string | null
  /** What it is, such as `table`, `schema`, `function app.audit()`. */
  readonly what: string
  readonly owner: string
}

/** Roles whose code we run anyway: our own, and superusers. */
export const TRUSTED = 'select r.oid from pg_roles r where r.rolsuper or r.rolname = current_user'

/** The first object id that is not PostgreSQL's own (FirstNormalObjectId). */
const FIRST_OF_PEOPLE = 16384

/** Parts of the table `c` that can call functions, with the catalog that they are in. */
const PARTS = `
  select 'pg_class'::regclass::oid as classid, c.oid as objid
   union all select 'pg_attrdef'::regclass::oid, d.oid from pg_attrdef d where d.adrelid = c.oid
   union all select 'pg_constraint'::regclass::oid, k.oid from pg_constraint k where k.conrelid = c.oid
   union all select 'pg_class'::regclass::oid, i.indexrelid from pg_index i where i.indrelid = c.oid
   union all select 'pg_trigger'::regclass::oid, t.oid from pg_trigger t where t.tgrelid = c.oid and not t.tgisinternal
   union all select 'pg_rewrite'::regclass::oid, w.oid from pg_rewrite w where w.ev_class = c.oid
   union all select 'pg_policy'::regclass::oid, p.oid from pg_policy p where p.polrelid = c.oid`

/**
 * Functions, types and operators of people that the table `c` uses, with their owners. `offset 0` has the dependencies of each part
 * looked up by their index: before a database's catalogs are analyzed the planner expects none, and scans all of them for each part.
 */
const USED = `
  select u.what, u.owner
    from (${PARTS}) part
   cross join lateral (
         select d.refclassid, d.refobjid
           from pg_depend d
          where d.classid = part.classid and d.objid = part.objid and d.refobjid >= ${FIRST_OF_PEOPLE}
         offset 0) d
   cross join lateral (
         select 'function ' || d.refobjid::regprocedure::text as what, f.proowner as owner
           from pg_proc f where d.refclassid = 'pg_proc'::regclass and f.oid = d.refobjid
          union all
         select 'type ' || format_type(y.oid, null), y.typowner
           from pg_type y where d.refclassid = 'pg_type'::regclass and y.oid = d.refobjid
          union all
         select 'operator ' || d.refobjid::regoperator::text, o.oprowner
           from pg_operator o where d.refclassid = 'pg_operator'::regclass and o.oid = d.refobjid) u`

/**
 * Those of the tables, their partitions, what their rows' removal or change writes to (`on delete cascade` and the like), their schemas
 * and of what the tables use that belong to another role. The schema `public` as
 * PostgreSQL 15 makes it, of the role `pg_database_owner`, is not among them.
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
          relation (oid) as (
            select oid from named
             union
            select part.oid
              from relation r
             cross join lateral (
                   select i.inhrelid as oid from pg_inherits i where i.inhparent = r.oid
                    union all
                   select k.conrelid from pg_constraint k
                    where k.contype = 'f' and k.confrelid = r.oid
                      and (k.confdeltype in ('c', 'n', 'd') or k.confupdtype in ('c', 'n', 'd'))) part)
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
 * Refuses, with `target-of-another-role`, that a superuser reads or writes tables of a role that is none: that role's triggers,
 * defaults and casts would run with the superuser's rights. For any other role this does nothing: its rights are what it was given.
 */
export async function refuseForeignObjects(
  connection: Connection,
  tables: readonly TableName[],
): Promise<void> {
  if (!(await isSuperuser(connection))) return
  const [first] = await findForeignObjects(connection, tables)
  if (first !== undefined) throw foreignRefusal(first)
}

/** Whether the role that the session works as is a superuser. */
export async function isSuperuser(connection: Connection): Promise<boolean> {
  const { superuser } = await connection.queryOne<{ superuser: boolean }>(
    `select r.rolsuper as superuser from pg_catalog.pg_roles r where r.rolname operator(pg_catalog.=) current_user`,
  )
  return superuser
}

/** The sentence and the way on, for the plan and for the refusal. */
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
    hint: `Work as that role: --role ${/^\w+$/.test(owner) ? owner : JSON.stringify(owner)}, or connect as it. What is created then belongs to it.`,
  }
}

export const TARGET_OF_ANOTHER_ROLE = 'target-of-another-role'

function foreignRefusal(object: ForeignObject): TargetError {
  const { message, hint } = describeForeign(object)
  return new TargetError(TARGET_OF_ANOTHER_ROLE, message, { hint })
}

/** The tables among the objects that a run created, with their object ids where the journal has them. */
export type CreatedTable = TableName & { readonly oid: string | null }

export function createdTables(objects: readonly CreatedObject[]): readonly CreatedTable[] {
  return objects
    .filter(({ kind }) => kind === 'table')
    .map(({ schema, name, oid }) => ({ schema: schema ?? '', table: name, oid: oid ?? null }))
}

/** Object ids of the tables, in their order; null for one that is not there. */
export async function readObjectIds(
  connection: Connection,
  tables: readonly TableName[],
): Promise<readonly (string | null)[]> {
  const { rows } = await connection.query<{ oid: string | null }>(
    `select c.oid::text as oid
       from unnest($1::text[], $2::text[]) with ordinality as w (schema, name, position)
       left join pg_namespace n on n.nspname = w.schema
       left join pg_class c on c.relnamespace = n.oid and c.relname = w.name
      order by w.position`,
    [tables.map(({ schema }) => schema), tables.map(({ table }) => table)],
  )
  return rows.map(({ oid }) => oid)
}

/** Throws `table-replaced` unless each table that the run created is still the one that it created. A table that is gone is none. */
export async function refuseReplaced(connection: Connection, tables: readonly CreatedTable[]): Promise<void> {
  const known = tables.filter(({ oid }) => oid !== null)
  if (known.length === 0) return
  const oids = await readObjectIds(connection, known)
  const replaced = known.find(({ oid }, index) => oids[index] !== null && oids[index] !== oid)
  if (replaced !== undefined) throw replacement(replaced)
}

/**
 * Keeps a table that the run created as it is until the transaction ends, and makes sure that it is the one that was created and
 * that no code of another role runs when it is written. `oid`: as it was created; null where that is not known.
 */
export async function holdCreatedTable(
  connection: Connection,
  table: TableName,
  oid: string | null,
): Promise<void> {
  await connection.execute(`lock table ${quoteTable(table)} in row exclusive mode`)
  const { found, kind, used } = await connection.queryOne<{
    found: string
    kind: string
    used: string | null
  }>(
    `select c.oid::text as found, c.relkind::text as kind,
            (select u.what || ' of the role ' || pg_get_userbyid(u.owner)
               from (${USED}) u
              where u.owner not in (${TRUSTED})
              limit 1) as used
       from pg_class c
      where c.oid = $1::regclass`,
    [quoteTable(table)],
  )
  if ((oid !== null && found !== oid) || (kind !== 'r' && kind !== 'p')) throw replacement(table)
  if (used !== null)
    throw new TargetError(
      'table-runs-foreign-code',
      `The table ${table.schema}.${table.table}, which this run created, now calls the ${used}.`,
      { hint: 'Remove that from the table, and find out who put it there; then run the same command again.' },
    )
}

function replacement({ schema, table }: TableName): TargetError {
  return new TargetError(
    'table-replaced',
    `${schema}.${table} is not the table that this run created: it was replaced since.`,
    {
      hint: `Find out who may create tables in the schema ${schema}; then remove that table, and begin again with --start-over and the name of the target database.`,
    },
  )
}

type Intruder = { readonly what: string; readonly owner: string }

/**
 * Makes sure that the schema and the tables of our journal are ours or a superuser's, and ordinary. Throws `journal-of-another-role`
 * with the owner's name, or `journal-not-ordinary`. Does nothing where there is no such schema.
 */
export async function refuseForeignJournal(
  connection: Connection,
  schema: string,
  tables: readonly string[],
): Promise<void> {
  const { rows: owned } = await connection.query<Intruder>(
    `select o.what, case o.owner when 0 then 'public' else pg_get_userbyid(o.owner)::text end as owner
       from (select 'schema ' || n.nspname as what, n.nspowner as owner, 0 as rank
               from pg_namespace n where n.nspname = $1
              union all
             select 'table ' || n.nspname || '.' || c.relname, c.relowner, 1
               from pg_class c join pg_namespace n on n.oid = c.relnamespace
              where n.nspname = $1 and c.relname = any($2)
              union all
             select 'right to create triggers on ' || n.nspname || '.' || c.relname, a.grantee, 2
               from pg_class c join pg_namespace n on n.oid = c.relnamespace
              cross join lateral aclexplode(c.relacl) a
              where n.nspname = $1 and c.relname = any($2) and a.privilege_type = 'TRIGGER') o
      where o.owner not in (${TRUSTED})
      order by o.rank, o.what
      limit 1`,
    [schema, tables],
  )
  const foreign = owned[0]
  if (foreign !== undefined)
    throw new TargetError(
      'journal-of-another-role',
      `The ${foreign.what} belongs to the role "${foreign.owner}": what it holds is not trusted, and was not read.`,
      {
        hint: `If runs were made as that role, work as it: --role ${/^\w+$/.test(foreign.owner) ? foreign.owner : JSON.stringify(foreign.owner)}, or connect as it. Else find out what it is, and drop schema ${schema} cascade.`,
      },
    )
  const { rows: odd } = await connection.query<{ name: string; why: string }>(
    `select c.relname as name, w.why
       from pg_class c
       join pg_namespace n on n.oid = c.relnamespace
      cross join lateral (
            select case
              when c.relkind <> 'r' or c.relpersistence <> 'p' or c.relispartition then 'is no ordinary table'
              when exists (select from pg_trigger t where t.tgrelid = c.oid and not t.tgisinternal) then 'has a trigger'
              when c.relhasrules then 'has a rule'
              when c.relrowsecurity or exists (select from pg_policy p where p.polrelid = c.oid) then 'has row security'
              when exists (select from pg_inherits i where c.oid in (i.inhrelid, i.inhparent)) then 'inherits, or is inherited from'
              when exists (select from (${USED}) u) then 'calls functions that are not PostgreSQL''s own'
            end as why) w
      where n.nspname = $1 and c.relname = any($2) and w.why is not null
      order by c.relname
      limit 1`,
    [schema, tables],
  )
  const first = odd[0]
  if (first !== undefined)
    throw new TargetError(
      'journal-not-ordinary',
      `The table ${schema}.${first.name} is not as gpt-migrate made it: it ${first.why}. What it holds was not read.`,
      {
        hint: `Remove that from the table, or drop schema ${schema} cascade when its runs are no longer needed.`,
      },
    )
}

/** Takes back the rights to create triggers that default privileges gave on the tables of the schema, which we have just created. */
export async function revokeTriggers(connection: Connection, schema: string): Promise<void> {
  const { rows } = await connection.query<{ statement: string }>(
    `select distinct format('revoke trigger on all tables in schema %I from %s', n.nspname,
                            case a.grantee when 0 then 'public' else a.grantee::regrole::text end) as statement
       from pg_class c
       join pg_namespace n on n.oid = c.relnamespace
      cross join lateral aclexplode(c.relacl) a
      where n.nspname = $1 and a.privilege_type = 'TRIGGER' and a.grantee <> c.relowner`,
    [schema],
  )
  for (const { statement } of rows) await connection.execute(statement)
}

/** Turns row security off on the tables of the schema, which we have just created: an event trigger of the server's may turn it on. */
export async function turnRowSecurityOff(connection: Connection, schema: string): Promise<void> {
  const { rows } = await connection.query<{ statement: string }>(
    `select format('alter table %I.%I disable row level security', n.nspname, c.relname) as statement
       from pg_class c
       join pg_namespace n on n.oid = c.relnamespace
      where n.nspname = $1 and c.relrowsecurity`,
    [schema],
  )
  for (const { statement } of rows) await connection.execute(statement)
}

/** Owners of the schemas and tables of people that belong to another role, for the plan to name. */
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
