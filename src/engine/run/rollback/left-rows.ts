/**
 * What tables held when a run left them whose rows don't say who wrote them: those that Citus keeps, where only the node knows, and those
 * with a columnstore, whose policy takes in what others changed. Rollback recognises a change there by the rows themselves. Invariant: a row
 * that others changed, removed or added alters the count or one of two sums of 64 bits.
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

/** Remembers the rows of the tables as the run leaves them; tables whose rows say who wrote them are passed over. */
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

/** Those of the tables whose rows are no longer as the run left them; an unfinished run left nothing to compare. */
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

/** Performs what changes rows of the run; a change by others before it stays visible. */
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
