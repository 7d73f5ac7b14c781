/** Whether a journal's schema and tables are ours, and stay so. */
import type { Connection } from './connection.ts'
import { TRUSTED, USED } from './ownership.ts'
import { TargetError } from './pg-errors.ts'

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
