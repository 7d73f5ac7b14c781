/**
 * References to rows that are in quarantine. A row whose parent was refused keeps the reference, so that it is right again once the
 * parent is corrected and loaded; until then its foreign key can't be validated. Invariant: a reference counts as one of these only when
 * there are no more values without a row than rows of the parent in the run's quarantine.
 */
import { type Plan, tablesInto } from '../../model/plan.ts'
import type { TargetForeignKey, TargetTable } from '../../model/target-schema.ts'
import { quoteIdentifier, quoteTable } from '../../syntax/postgres-names.ts'
import type { Connection } from '../connection/connection.ts'

type WaitingReference = {
  /** Rows that name a row that isn't there. */
  readonly rows: number
  /** Different rows that they name. */
  readonly parents: number
}

/** The rows that wait for rows in quarantine; null when there are none, or when the quarantine doesn't explain them all. */
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
