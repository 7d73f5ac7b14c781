/**
 * Records what tables held when a run left them, where rows do not show which transaction wrote them: on Citus only the node knows, and a
 * columnstore's policy converts rows that others changed. Rollback recognises a change by count and sums. Invariant: a row that others
 * changed, removed or added alters the count or one of two 64-bit sums.
 */
import { readEarlier, recordEarlier } from '../../journal/row-owners.ts'
import type { Plan } from '../../model/plan.ts'
import type { TargetTable } from '../../model/target-schema.ts'
import { quoteTable } from '../../syntax/postgres-names.ts'
import type { Connection } from '../../target/connection/connection.ts'
import { sumEarlier } from '../../verify/earlier-rows.ts'

type Run = { readonly run: string; readonly plan: Plan }

const hidesWriters = ({ distribution, hypertable }: TargetTable): boolean =>
  distribution !== undefined || hypertable?.columnstore !== undefined

/** Records count and sums of the tables as the run leaves them; skips tables whose rows show their writer. */
export async function recordLeft(
  connection: Connection,
  run: string,
  tables: readonly TargetTable[],
): Promise<void> {
  for (const table of tables) {
    if (!hidesWriters(table)) continue
    await recordEarlier(connection, run, [await sumEarlier(connection, table, null)])
  }
}

/** Returns the tables whose rows have changed since the run left them; an unfinished run has recorded nothing to compare. */
export async function changedSince(
  connection: Connection,
  run: string,
  tables: readonly TargetTable[],
): Promise<readonly TargetTable[]> {
  const kept = tables.filter(hidesWriters)
  if (kept.length === 0) return []
  const left = new Map((await readEarlier(connection, run)).map((one) => [one.target, one]))
  const changed: TargetTable[] = []
  for (const table of kept) {
    const was = left.get(quoteTable(table))
    if (was === undefined) continue
    const is = await sumEarlier(connection, table, null)
    if (is.rows !== was.rows || is.sum !== was.sum) changed.push(table)
  }
  return changed
}

/** Performs `work`, which changes rows of the run, and records the tables again; an earlier change by others stays visible. */
export async function changingRows<T>(
  connection: Connection,
  { run, plan }: Run,
  work: () => Promise<T>,
): Promise<T> {
  const { tables } = plan.schema
  const changed = await changedSince(connection, run, tables)
  const result = await work()
  await recordLeft(
    connection,
    run,
    tables.filter((table) => !changed.includes(table)),
  )
  return result
}
