/**
 * Checks the rows of existing tables before a run fills them. Invariant: rows of others are removed only when the user typed the database's
 * name, in the transaction that begins the run, and never from a table that the run does not fill; where they may stay, their count and sum
 * are recorded before the run's first row.
 */

import type { EarlierRows } from '../../journal/row-owners.ts'
import type { OccupiedTable } from '../../model/answers.ts'
import { MigrateError } from '../../model/errors.ts'
import type { Plan } from '../../model/plan.ts'
import type { TableName, TargetTable } from '../../model/target-schema.ts'
import { quoteTable } from '../../syntax/postgres-names.ts'
import type { Connection } from '../../target/connection/connection.ts'
import { refuseForeignObjects } from '../../target/guards/ownership.ts'
import { refuseUnlessTruncates } from '../../target/probe/rights.ts'
import { sumEarlier } from '../../verify/earlier-rows.ts'

/** In the caller's transaction. `truncate`: the name typed after --truncate. Returns count and sum of the rows that stay. */
export async function prepareExisting(
  connection: Connection,
  { schema, options }: Plan,
  truncate: string | null,
): Promise<readonly EarlierRows[]> {
  const existing = schema.tables.filter((table) => table.existing)
  if (existing.length === 0) return []
  await connection.execute(`lock table ${existing.map(quoteTable).join(', ')} in access exclusive mode`)
  if (options.append !== true) {
    await emptyTables(connection, existing, truncate)
    return []
  }
  const earlier: EarlierRows[] = []
  for (const table of existing) earlier.push(await sumEarlier(connection, table, null))
  return earlier
}

/** Returns the existing tables that hold rows. */
export async function occupiedTables(
  connection: Connection,
  tables: readonly TargetTable[],
): Promise<readonly OccupiedTable[]> {
  const occupied: OccupiedTable[] = []
  for (const { schema, table, existing } of tables) {
    if (!existing) continue
    const { rows } = await connection.queryOne<{ rows: number }>(
      `select count(*)::float8 as rows from ${quoteTable({ schema, table })}`,
    )
    if (rows > 0) occupied.push({ schema, table, rows })
  }
  return occupied
}

async function emptyTables(
  connection: Connection,
  existing: readonly TargetTable[],
  truncate: string | null,
): Promise<void> {
  const occupied = (await occupiedTables(connection, existing)).map(
    ({ schema, table }) => `${schema}.${table}`,
  )
  if (occupied.length === 0) return
  const { name } = await connection.queryOne<{ name: string }>('select current_database() as name')
  const shown = `${occupied.slice(0, 3).join(', ')}${occupied.length > 3 ? ` and ${occupied.length - 3} more` : ''}`
  if (truncate !== name) {
    throw new MigrateError(
      'target',
      truncate === null ? 'table-not-empty' : 'truncate-not-confirmed',
      truncate === null
        ? `The target's tables hold rows already: ${shown}.`
        : `--truncate names ${JSON.stringify(truncate)}, and the target is the database ${JSON.stringify(name)}; nothing was removed from ${shown}.`,
      {
        hint: `To keep them and add to them: --append. To remove the rows of the tables that are filled, type the database's name: --truncate ${name}`,
      },
    )
  }
  // Without `cascade`: the run empties no table that it does not fill.
  const referring = await emptyReferring(connection, existing)
  await refuseUnlessTruncates(connection, [...existing, ...referring])
  await connection.execute(`truncate table ${[...existing, ...referring].map(quoteTable).join(', ')}`)
}

/**
 * Returns and locks tables that the run does not fill and that refer, directly or through others, to those that it empties: PostgreSQL
 * truncates them together or not at all. Throws `truncate-referenced` when one holds rows.
 */
async function emptyReferring(
  connection: Connection,
  filled: readonly TargetTable[],
): Promise<readonly TableName[]> {
  const { rows: referring } = await connection.query<TableName & { parent: string; constraint: string }>(
    `with recursive referring (child, parent, name) as (
       select t.conrelid, t.confrelid, t.conname
         from pg_constraint t
        where t.contype = 'f' and t.confrelid = any ($1::regclass[]::oid[]) and t.conparentid = 0
        union
       select t.conrelid, t.confrelid, t.conname
         from referring r
         join pg_constraint t on t.contype = 'f' and t.confrelid = r.child and t.conparentid = 0)
     select distinct on (r.child) n.nspname as schema, c.relname as table,
            pn.nspname || '.' || p.relname as parent, r.name as constraint
       from referring r
       join pg_class c on c.oid = r.child
       join pg_namespace n on n.oid = c.relnamespace
       join pg_class p on p.oid = r.parent
       join pg_namespace pn on pn.oid = p.relnamespace
      where r.child <> all ($1::regclass[]::oid[])
      order by r.child, r.name`,
    [filled.map(quoteTable)],
  )
  if (referring.length === 0) return []
  await connection.execute(`lock table ${referring.map(quoteTable).join(', ')} in access exclusive mode`)
  await refuseForeignObjects(connection, referring)
  for (const { schema, table, parent, constraint } of referring) {
    const { filled: holdsRows } = await connection.queryOne<{ filled: boolean }>(
      `select exists (select from ${quoteTable({ schema, table })}) as filled`,
    )
    if (!holdsRows) continue
    throw new MigrateError(
      'target',
      'truncate-referenced',
      `${schema}.${table}, which this run does not fill, holds rows and refers to ${parent} (${constraint}): ${parent} cannot be emptied beneath them. Nothing was removed.`,
      {
        hint: `Empty it yourself if its rows may go (truncate table ${quoteTable({ schema, table })}), or keep the rows that are there and add to them: --append.`,
      },
    )
  }
  return referring
}
