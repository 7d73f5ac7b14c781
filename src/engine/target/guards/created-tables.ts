/** Guards the tables that a run created. Invariant: a table that was replaced since is not touched. */
import type { CreatedObject } from '../../model/journal.ts'
import type { TableName } from '../../model/target-schema.ts'
import { quoteTable } from '../../syntax/postgres-names.ts'
import type { Connection } from '../connection/connection.ts'
import { TargetError } from '../connection/pg-errors.ts'
import { TRUSTED, USED } from './ownership.ts'

/** A table that a run created; `oid` is null when the journal does not have it. */
export type CreatedTable = TableName & { readonly oid: string | null }

export function createdTables(objects: readonly CreatedObject[]): readonly CreatedTable[] {
  return objects
    .filter(({ kind }) => kind === 'table')
    .map(({ schema, name, oid }) => ({ schema: schema ?? '', table: name, oid: oid ?? null }))
}

/** The object ids of the tables, in their order; null for a missing table. */
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

/** Throws `table-replaced` when a table has been replaced since the run created it. A missing table is fine. */
export async function refuseReplaced(connection: Connection, tables: readonly CreatedTable[]): Promise<void> {
  const known = tables.filter(({ oid }) => oid !== null)
  if (known.length === 0) return
  const oids = await readObjectIds(connection, known)
  const replaced = known.find(({ oid }, index) => oids[index] !== null && oids[index] !== oid)
  if (replaced !== undefined) throw replacement(replaced)
}

/**
 * Locks tables that the run created against changes until the transaction ends, and checks that none was replaced and that writing to them
 * runs no code of another role. `oid`: of the created table; null when unknown. Throws `table-replaced` and `table-runs-foreign-code`.
 */
export async function holdCreatedTables(
  connection: Connection,
  tables: readonly CreatedTable[],
): Promise<void> {
  const names = tables.map(quoteTable)
  await connection.execute(`lock table ${names.join(', ')} in row exclusive mode`)
  const { rows } = await connection.queryPrepared<{ found: string; kind: string; used: string | null }>(
    `select c.oid::text as found, c.relkind::text as kind,
            (select u.what || ' of the role ' || pg_get_userbyid(u.owner)
               from (${USED}) u
              where u.owner not in (${TRUSTED})
              limit 1) as used
       from unnest($1::regclass[]) with ordinality as held (oid, position)
       join pg_class c on c.oid = held.oid
      order by held.position`,
    [names],
  )
  for (const [index, table] of tables.entries()) {
    const { found, kind, used } = rows[index]!
    if ((table.oid !== null && found !== table.oid) || (kind !== 'r' && kind !== 'p'))
      throw replacement(table)
    if (used !== null)
      throw new TargetError(
        'table-runs-foreign-code',
        `The table ${table.schema}.${table.table}, which this run created, now calls the ${used}.`,
        {
          hint: 'Remove that from the table, and find out who put it there; then run the same command again.',
        },
      )
  }
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
