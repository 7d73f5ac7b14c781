/**
 * Guards against names that another role put into a schema of the search_path: a function, operator or view found there runs with the
 * rights of the reading session. Invariant: the check itself executes nothing of another role's.
 */
import type { TableName } from '../../model/target-schema.ts'
import { quoteIdentifier, quoteTable } from '../../syntax/postgres-names.ts'
import type { Connection } from '../connection/connection.ts'
import { TargetError } from '../connection/pg-errors.ts'
import { isSuperuser, refuseForeignObjects, TARGET_OF_ANOTHER_ROLE, TRUSTED, USED } from './ownership.ts'

/**
 * Returns those schemas that are missing, or belong to a role that is neither ours nor a superuser. `public` owned by pg_database_owner, as
 * PostgreSQL creates it, is not among them.
 */
export async function schemasOfOthers(
  connection: Connection,
  schemas: readonly string[],
): Promise<ReadonlySet<string>> {
  if (schemas.length === 0) return new Set()
  const { rows } = await connection.query<{ name: string }>(
    `select w.name
       from unnest($1::text[]) as w (name)
       left join pg_namespace n on n.nspname = w.name
      where n.oid is null
         or n.nspowner not in (${TRUSTED}) and pg_get_userbyid(n.nspowner) <> 'pg_database_owner'`,
    [schemas],
  )
  return new Set(rows.map(({ name }) => name))
}

/**
 * Like `refuseForeignObjects` for the tables of a plan; the schemas of existing tables are also checked for foreign names, since writing to
 * the tables looks names up there.
 */
export async function refuseForeignTarget(
  connection: Connection,
  tables: readonly (TableName & { readonly existing?: boolean | undefined })[],
): Promise<void> {
  await refuseForeignObjects(connection, tables)
  const schemas = tables.filter(({ existing }) => existing === true).map(({ schema }) => schema)
  await refuseForeignNames(connection, [...new Set(schemas)])
}

/**
 * For a superuser: locks the table against changes until the transaction ends, and checks that writing to it runs no code of another role,
 * since the owner of its schema may have replaced it. Throws `target-of-another-role`.
 */
export async function holdTrustedTable(connection: Connection, table: TableName): Promise<void> {
  if (!(await isSuperuser(connection))) return
  await connection.execute(`lock table ${quoteTable(table)} in row exclusive mode`)
  await refuseForeignObjects(connection, [table])
}

/**
 * For a superuser: locks the tables against changes until the transaction ends, and checks that reading them runs no code of another role,
 * since the owner of their schema may have replaced one by a view, or by a table with types of its own. Throws `target-of-another-role`.
 */
export async function holdForReading(connection: Connection, tables: readonly TableName[]): Promise<void> {
  if (tables.length === 0 || !(await isSuperuser(connection))) return
  const names = [...new Set(tables.map(quoteTable))]
  await connection.execute(`lock table ${names.join(', ')} in access share mode`)
  // Resolves the names as of now, even when the transaction's snapshot is older.
  const { rows } = await connection.query<{ name: string }>(
    `select w.name
       from unnest($1::text[]) as w (name)
       left join pg_class c on c.oid = to_regclass(w.name)
      where c.oid is null or c.relkind not in ('r', 'p') or c.relowner not in (${TRUSTED})
      limit 1`,
    [names],
  )
  const found = rows[0]
  if (found !== undefined)
    throw new TargetError(
      TARGET_OF_ANOTHER_ROLE,
      `${found.name} was replaced meanwhile, or given to a role that is no superuser: it was not read.`,
      {
        hint: 'Find out who may create tables in its schema; or work as a role that is no superuser: --role NAME.',
      },
    )
}

/** Reads the tables in a transaction, under the locks and checks of `holdForReading`. */
export function readHeld<T>(
  connection: Connection,
  tables: readonly TableName[],
  read: () => Promise<T>,
): Promise<T> {
  return connection.transaction(async () => {
    await holdForReading(connection, tables)
    return read()
  })
}

/**
 * Checks that `schema`, where the plan calls TimescaleDB's functions, is the extension's schema. Throws `extension-elsewhere`, and
 * `target-of-another-role` when a superuser might call another role's function of the same name.
 */
export async function refuseOtherTimescale(connection: Connection, schema: string): Promise<void> {
  const { rows } = await connection.query<{ schema: string }>(
    `select n.nspname as schema
       from pg_extension e join pg_namespace n on n.oid = e.extnamespace
      where e.extname = 'timescaledb'`,
  )
  // An extension that is not created yet will be created in public.
  const place = rows[0]?.schema ?? 'public'
  if (place !== schema)
    throw new TargetError(
      'extension-elsewhere',
      `The extension timescaledb is in the schema ${place}, and the plan calls its functions in ${schema}.`,
      { hint: 'Make the plan again for this server.' },
    )
  await refuseForeignNames(connection, [place])
}

/**
 * For a superuser: throws `target-of-another-role` while an event trigger calls a function of a role that is not a superuser, since
 * creating or dropping anything would run it. Does nothing for other roles.
 */
export async function refuseForeignEventTriggers(connection: Connection): Promise<void> {
  const { rows } = await connection.query<{ name: string; called: string; owner: string }>(
    `select e.evtname::text as name, e.evtfoid::regprocedure::text as called, pg_get_userbyid(f.proowner)::text as owner
       from pg_event_trigger e
       join pg_proc f on f.oid = e.evtfoid
      where e.evtenabled <> 'D' and f.proowner not in (${TRUSTED})
        and (select r.rolsuper from pg_roles r where r.rolname = current_user)
      order by e.evtname
      limit 1`,
  )
  const found = rows[0]
  if (found === undefined) return
  throw new TargetError(
    TARGET_OF_ANOTHER_ROLE,
    `The event trigger ${quoteIdentifier(found.name)} calls the function ${found.called}, which belongs to the role "${found.owner}", which is no superuser: its code would run with a superuser's rights.`,
    {
      hint: `Give the function to a superuser, or disable the trigger meanwhile (alter event trigger ${quoteIdentifier(found.name)} disable); or work as a role that is no superuser: --role NAME.`,
    },
  )
}

/** Matches a function call in an expression printed by the server, except those usual in defaults; `varchar(5)` is no call. */
const CALL = String.raw`(?<!\m(?:nextval|now|gen_random_uuid))\M"?\((?!\d)`

/**
 * For a superuser: throws `target-of-another-role` when a schema to be searched contains a function, operator, domain or view of a role
 * that is not a superuser, or a table of such a role that runs code. Does nothing for other roles.
 */
export async function refuseForeignNames(connection: Connection, schemas: readonly string[]): Promise<void> {
  if (schemas.length === 0 || !(await isSuperuser(connection))) return
  const { rows } = await connection.query<{ what: string; owner: string }>(
    `select o.what, pg_get_userbyid(o.owner)::text as owner
       from pg_namespace n
      cross join lateral (
            select 'function ' || f.oid::regprocedure::text as what, f.proowner as owner
              from pg_proc f where f.pronamespace = n.oid
             union all
            select 'operator ' || p.oid::regoperator::text, p.oprowner from pg_operator p where p.oprnamespace = n.oid
             union all
            select 'type ' || format_type(t.oid, null), t.typowner
              from pg_type t where t.typnamespace = n.oid and t.typtype in ('d', 'r')
             union all
            select case when c.relkind in ('v', 'm') then 'view ' else 'table ' end || c.oid::regclass::text, c.relowner
              from pg_class c
             where c.relnamespace = n.oid
               and (c.relkind in ('v', 'm', 'f')
                    or exists (select from pg_trigger g where g.tgrelid = c.oid and not g.tgisinternal)
                    or exists (select from pg_rewrite w where w.ev_class = c.oid)
                    or exists (select from (${USED}) u)
                    or exists (select from pg_attrdef d where d.adrelid = c.oid and pg_get_expr(d.adbin, c.oid) ~ '${CALL}')
                    or exists (select from pg_constraint k
                                where k.conrelid = c.oid and k.contype = 'c' and pg_get_constraintdef(k.oid) ~ '${CALL}'))) o
      where n.nspname = any ($1::text[]) and o.owner not in (${TRUSTED})
      order by o.what
      limit 1`,
    [schemas],
  )
  const found = rows[0]
  if (found === undefined) return
  throw new TargetError(
    TARGET_OF_ANOTHER_ROLE,
    `The ${found.what} belongs to the role "${found.owner}", which is no superuser, and lies in a schema where names are looked for (${schemas.map(quoteIdentifier).join(', ')}): its code could run with a superuser's rights.`,
    {
      hint: 'Work as a role that is no superuser and has the rights on the tables: --role NAME, or connect as it.',
    },
  )
}
