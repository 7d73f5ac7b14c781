/** Checks that the journal's schema and tables are ours, and keeps them so. */
import { shellWord } from '../../model/shell-word.ts'
import type { Connection } from '../connection/connection.ts'
import { TargetError } from '../connection/pg-errors.ts'
import { TRUSTED, USED } from './ownership.ts'

/** `revocation`: the statement that revokes the right; null when the intruder owns the object. */
type Intruder = { readonly what: string; readonly owner: string; readonly revocation: string | null }

/** Rights on a table by which another role could decide what we read, or which code runs when we write. */
const WRITING = ['INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER']

const list = (words: readonly string[]): string => words.map((word) => `'${word}'`).join(', ')

/** A SQL expression for the statement that revokes those rights in the schema from a grantee. */
const revocation = (schema: string, grantee: string): string =>
  `format('revoke ${WRITING.join(', ').toLowerCase()} on all tables in schema %I from %s', ${schema}::text,
          case ${grantee} when 0 then 'public' else ${grantee}::regrole::text end)`

/**
 * Throws `journal-of-another-role`, with the role's name, when another role than ours or a superuser owns or may write the schema, a table
 * or a function of our journal; throws `journal-not-ordinary` when one is not an ordinary table. Does nothing when there is no such schema.
 */
export async function refuseForeignJournal(
  connection: Connection,
  schema: string,
  tables: readonly string[],
): Promise<void> {
  const { rows: owned } = await connection.query<Intruder>(
    `select o.what, case o.owner when 0 then 'public' else pg_get_userbyid(o.owner)::text end as owner,
            case o.rank when 2 then ${revocation('$1', 'o.owner')} end as revocation
       from (select 'schema ' || n.nspname as what, n.nspowner as owner, 0 as rank
               from pg_namespace n where n.nspname = $1
              union all
             select 'table ' || n.nspname || '.' || c.relname, c.relowner, 1
               from pg_class c join pg_namespace n on n.oid = c.relnamespace
              where n.nspname = $1 and c.relname = any($2)
              union all
             select 'function ' || f.oid::regprocedure::text, f.proowner, 1
               from pg_proc f join pg_namespace n on n.oid = f.pronamespace
              where n.nspname = $1
              union all
             select 'right to ' || a.privilege_type || ' on ' || n.nspname || '.' || c.relname, a.grantee, 2
               from pg_class c join pg_namespace n on n.oid = c.relnamespace
              cross join lateral (select * from aclexplode(c.relacl)
                                   union all
                                  select x.* from pg_attribute t cross join aclexplode(t.attacl) x where t.attrelid = c.oid) a
              where n.nspname = $1 and c.relname = any($2) and a.privilege_type in (${list(WRITING)})) o
      where o.owner not in (${TRUSTED})
      order by o.rank, o.what
      limit 1`,
    [schema, tables],
  )
  if (owned[0] !== undefined) throw refusalOf(owned[0], schema)
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

function refusalOf({ what, owner, revocation: statement }: Intruder, schema: string): TargetError {
  if (statement !== null)
    return new TargetError(
      'journal-of-another-role',
      `The role "${owner}" has the ${what}: what the journal holds is not trusted, and was not read.`,
      {
        hint: `If nobody has used it to change the journal, take it back (${statement}). Else drop schema ${schema} cascade.`,
      },
    )
  return new TargetError(
    'journal-of-another-role',
    `The ${what} belongs to the role "${owner}": what it holds is not trusted, and was not read.`,
    {
      hint: `If runs were made as that role, work as it: --role ${shellWord(owner)}, or connect as it. Else find out what it is, and drop schema ${schema} cascade.`,
    },
  )
}

/** Revokes the write rights that default privileges granted on the tables of the schema, which we have just created. */
export async function revokeWriting(connection: Connection, schema: string): Promise<void> {
  const { rows } = await connection.query<{ statement: string }>(
    `select distinct ${revocation('n.nspname', 'a.grantee')} as statement
       from pg_class c
       join pg_namespace n on n.oid = c.relnamespace
      cross join lateral aclexplode(c.relacl) a
      where n.nspname = $1 and a.privilege_type in (${list(WRITING)}) and a.grantee <> c.relowner`,
    [schema],
  )
  for (const { statement } of rows) await connection.execute(statement)
}

/** Disables row security on the tables of the schema, which we have just created: an event trigger may have enabled it. */
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
