/**
 * What a role must be allowed to do to fill tables that are there already. Invariant: it only reads, and names every missing right at once,
 * with the statements that give them.
 */
import type { TargetTable } from '../model/target-schema.ts'
import { quoteIdentifier, quoteTable } from '../syntax/postgres-names.ts'
import type { Connection } from './connection.ts'
import { TargetError } from './pg-errors.ts'

type Missing = { readonly what: string; readonly grant: string }

/** Throws `insufficient-privilege`, before anything is written. */
export async function refuseMissingRights(
  connection: Connection,
  tables: readonly TargetTable[],
): Promise<void> {
  const { role, database, journal } = await connection.queryOne<{
    role: string
    database: string
    journal: boolean
  }>(
    `select current_user::text as role, current_database()::text as database,
            to_regnamespace('gpt_migrate') is not null or has_database_privilege(current_database(), 'create') as journal`,
  )
  const missing: Missing[] = journal
    ? []
    : [
        {
          what: `CREATE on the database ${database}, for the schema of the journal`,
          grant: `grant create on database ${quoteIdentifier(database)}`,
        },
      ]
  for (const table of tables) missing.push(...(await missingOnTable(connection, table)))
  if (missing.length === 0) return
  const to = quoteIdentifier(role)
  throw new TargetError(
    'insufficient-privilege',
    `The role "${role}" lacks rights that filling the tables needs: ${missing.map(({ what }) => what).join('; ')}. Nothing was written.`,
    { hint: `Grant them: ${missing.map(({ grant }) => `${grant} to ${to};`).join(' ')}`, sqlstate: '42501' },
  )
}

async function missingOnTable(connection: Connection, table: TargetTable): Promise<readonly Missing[]> {
  const name = quoteTable(table)
  const { may_use: mayUse, lacking } = await connection.queryOne<{ may_use: boolean; lacking: string[] }>(
    `select has_schema_privilege($1, 'usage') as may_use,
            array(select r from unnest(array['SELECT', 'INSERT', 'UPDATE']) r
                   where not has_table_privilege(c.oid, r)) as lacking
       from pg_class c
       join pg_namespace n on n.oid = c.relnamespace
      where n.nspname = $1 and c.relname = $2`,
    [table.schema, table.table],
  )
  const missing: Missing[] = []
  if (!mayUse) {
    missing.push({
      what: `USAGE on the schema ${table.schema}`,
      grant: `grant usage on schema ${quoteIdentifier(table.schema)}`,
    })
  }
  if (lacking.length > 0) {
    missing.push({
      what: `${lacking.join(', ')} on the table ${table.schema}.${table.table}`,
      grant: `grant ${lacking.join(', ').toLowerCase()} on ${name}`,
    })
  }
  if (!mayUse) return missing
  const { rows: sequences } = await connection.query<{ name: string; lacking: string[] }>(
    `select s.name, array(select r from unnest(array['USAGE', 'SELECT', 'UPDATE']) r
                           where not has_sequence_privilege(s.name, r)) as lacking
       from unnest($2::text[]) as k (name)
      cross join lateral (select pg_get_serial_sequence($1, k.name) as name) s
      where s.name is not null`,
    [name, table.columns.filter(({ sequence }) => sequence !== null).map((column) => column.name)],
  )
  for (const { name: sequence, lacking: rights } of sequences) {
    if (rights.length === 0) continue
    missing.push({
      what: `${rights.join(', ')} on the sequence ${sequence}`,
      grant: `grant ${rights.join(', ').toLowerCase()} on sequence ${sequence}`,
    })
  }
  return missing
}
