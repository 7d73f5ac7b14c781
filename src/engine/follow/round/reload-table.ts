/**
 * Refills a target table with what the source holds. Invariant: in the caller's transaction; rows that do not fit are put aside as a
 * round would put them aside.
 */

import type { TablePlan } from '../../model/plan.ts'
import type { Snapshot } from '../../model/snapshot.ts'
import type { ComparedTable } from '../../rows/sum-rows.ts'
import { openReader } from '../../source/readers/readers.ts'
import type { DeltaApplier } from './apply-delta.ts'
import { type EncodedRow, encodeAll } from './encode-changes.ts'
import { emptyDelta } from './table-delta.ts'

const ROWS_AT_ONCE = 2_000

/** `states`: our files of the sources' state that the target is to have. Returns how many rows the table has. */
export async function loadTable(
  applier: DeltaApplier,
  table: TablePlan,
  encoded: ComparedTable,
  states: readonly Snapshot[],
  staging: string | null,
): Promise<number> {
  const reader = openReader('sqlite', table, encoded.copy, states, staging)
  let rows = 0
  let batch: EncodedRow[] = []
  const take = (row: EncodedRow): void => void batch.push(row)
  await encodeAll(encoded, reader, ROWS_AT_ONCE, take, async () => {
    const [tally] = await applier.apply([{ ...emptyDelta(table.id), come: batch }])
    rows += tally?.inserted ?? 0
    batch = []
  })
  return rows
}
