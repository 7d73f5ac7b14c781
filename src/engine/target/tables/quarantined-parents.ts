/**
 * References to quarantined rows. A row whose parent row was quarantined keeps its reference, which is valid again once the parent is
 * corrected and loaded; until then the foreign key can't be validated. Invariant: references without a parent row count as waiting only if
 * they name at most as many different rows as the run's quarantine holds of the parent table.
 */
import { type Plan, tablesInto } from '../../model/plan.ts'
import type { TargetForeignKey, TargetTable } from '../../model/target-schema.ts'
import { quoteIdentifier, quoteTable } from '../../syntax/postgres-names.ts'
import type { Connection } from '../connection/connection.ts'

type WaitingReference = {
  /** The rows whose parent row is missing. */
  readonly rows: number
  /** The different parent rows that they name. */
  readonly parents: number
}

/** Returns the rows that wait for quarantined parents; null when there are none, or when the quarantine doesn't explain all of them. */
export async function findWaiting(
  connection: Connection,
  { run, plan }: { readonly run: string; readonly plan: Plan },
  table: TargetTable,
  { columns, references }: TargetForeignKey,
): Promise<WaitingReference | null> {
  const quarantined = await countQuarantined(
    connection,
    run,
    tablesInto(plan, references).map(({ id }) => id),
  )
  if (quarantined === 0) return null
  const child = columns.map((name) => `c.${quoteIdentifier(name)}`)
  const parent = references.columns.map((name) => `p.${quoteIdentifier(name)}`)
  const { rows, parents } = await connection.queryOne<{ rows: string; parents: string }>(
    `select count(*) as rows, count(distinct (${child.join(', ')})) as parents
       from ${quoteTable(table)} c
      where ${child.map((name) => `${name} is not null`).join(' and ')}
        and not exists (
          select 1 from ${quoteTable(references)} p
           where ${parent.map((name, index) => `${name} = ${child[index]!}`).join(' and ')})`,
  )
  if (Number(parents) === 0 || Number(parents) > quarantined) return null
  return { rows: Number(rows), parents: Number(parents) }
}

async function countQuarantined(
  connection: Connection,
  run: string,
  tableIds: readonly string[],
): Promise<number> {
  const { rows } = await connection.queryOne<{ rows: string }>(
    'select count(*) as rows from gpt_migrate.quarantine where run = $1 and table_id = any($2)',
    [run, tableIds],
  )
  return Number(rows)
}
