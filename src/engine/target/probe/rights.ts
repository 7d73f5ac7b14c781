/**
 * What our role may do in the database, and which rights it lacks to fill the existing tables. Invariant: it only reads, and each missing
 * right comes with the statement that grants it.
 */
import type { MissingRight, TargetRights } from '../../model/target-probe.ts'
import type { TableName } from '../../model/target-schema.ts'
import { quoteIdentifier, quoteTable } from '../../syntax/postgres-names.ts'
import type { Connection } from '../connection/connection.ts'
import { TargetError } from '../connection/pg-errors.ts'

export async function readRights(connection: Connection): Promise<TargetRights> {
  return connection.queryOne<TargetRights>(
    `select r.rolname::text as role, current_database()::text as database, r.rolsuper as superuser,
            has_database_privilege(current_database(), 'create') as "createSchema",
            r.rolsuper or r.rolcreatedb as "createDatabase",
            array(select n.nspname::text
                    from pg_namespace n
                   where n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
                     and has_schema_privilege(n.oid, 'create')
                   order by n.nspname collate "C") as "writableSchemas",
            array(select n.nspname::text
                    from pg_namespace n
                   where n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
                   order by n.nspname collate "C") as schemas
       from pg_roles r
      where r.rolname = current_user`,
  )
}

/** The rights that the role lacks to fill each user table: on its schema, on the table, and on the sequences that number it. */
export async function readMissingRights(connection: Connection): Promise<readonly MissingRight[]> {
  const { rows } = await connection.query<
    TableName & {
      mayUse: boolean
      lacking: string[]
      sequences: { name: string; lacking: string[] }[] | null
    }
  >(
    `select n.nspname as schema, c.relname as "table", has_schema_privilege(n.oid, 'usage') as "mayUse",
            array(select r from unnest(array['SELECT', 'INSERT', 'UPDATE']) r
                   where not has_table_privilege(c.oid, r)) as lacking,
            (select json_agg(json_build_object('name', s.name, 'lacking', s.lacking) order by s.name)
               from (select q.oid::regclass::text as name,
                            array(select r from unnest(array['USAGE', 'SELECT', 'UPDATE']) r
                                   where not has_sequence_privilege(q.oid, r)) as lacking
                       from pg_class q
                      where q.relkind = 'S' and q.oid in (
                              select d.objid from pg_depend d
                               where d.classid = 'pg_class'::regclass and d.refclassid = 'pg_class'::regclass
                                 and d.refobjid = c.oid and d.deptype in ('a', 'i')
                               union all
                              select o.refobjid from pg_attrdef f
                                join pg_depend o on o.classid = 'pg_attrdef'::regclass and o.objid = f.oid and o.refclassid = 'pg_class'::regclass
                               where f.adrelid = c.oid)) s
              where s.lacking <> '{}') as sequences
       from pg_class c
       join pg_namespace n on n.oid = c.relnamespace
      where c.relkind in ('r', 'p') and n.nspname !~ '^pg_' and n.nspname not in ('information_schema', 'gpt_migrate')
        and not pg_has_role(c.relowner, 'usage')
      order by n.nspname collate "C", c.relname collate "C"`,
  )
  return rows.flatMap(({ schema, table, mayUse, lacking, sequences }): MissingRight[] => [
    ...(mayUse
      ? []
      : [
          {
            ...{ schema, table },
            what: `USAGE on the schema ${schema}`,
            grant: `grant usage on schema ${quoteIdentifier(schema)}`,
          },
        ]),
    ...(lacking.length === 0
      ? []
      : [
          {
            ...{ schema, table },
            what: `${lacking.join(', ')} on the table ${schema}.${table}`,
            grant: `grant ${lacking.join(', ').toLowerCase()} on ${quoteTable({ schema, table })}`,
          },
        ]),
    ...(sequences ?? []).map(({ name, lacking: rights }) => ({
      ...{ schema, table },
      what: `${rights.join(', ')} on the sequence ${name}`,
      grant: `grant ${rights.join(', ').toLowerCase()} on sequence ${name}`,
    })),
  ])
}

/** Throws `insufficient-privilege` unless the role may truncate all the tables. */
export async function refuseUnlessTruncates(
  connection: Connection,
  tables: readonly TableName[],
): Promise<void> {
  const { rows } = await connection.query<{ role: string; name: string }>(
    `select current_user::text as role, name
       from unnest($1::text[]) as name
      where not has_table_privilege(name, 'TRUNCATE')`,
    [tables.map(quoteTable)],
  )
  if (rows.length === 0) return
  const names = rows.map(({ name }) => name).join(', ')
  const { role } = rows[0]!
  throw new TargetError(
    'insufficient-privilege',
    `The role "${role}" lacks TRUNCATE on ${names}, which --truncate needs. Nothing was removed.`,
    { hint: `Grant it: grant truncate on ${names} to ${quoteIdentifier(role)};`, sqlstate: '42501' },
  )
}
