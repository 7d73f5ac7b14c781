/**
 * Fills a target table again with the source's rows. Invariant: in the caller's transaction; rows that do not fit go to quarantine as in a
 * round.
 */

import type { TablePlan } from '../../model/plan.ts'
import type { Snapshot } from '../../model/snapshot.ts'
import type { ComparedTable } from '../../rows/sum-rows.ts'
import { openReader } from '../../source/readers/readers.ts'
import type { DeltaApplier } from './apply-delta.ts'
import { type EncodedRow, encodeAll } from './encode-changes.ts'
import { emptyDelta } from './table-delta.ts'

const ROWS_AT_ONCE = 2_000

/** `states`: our copies of the sources in the wanted state. Returns the number of rows that the table then has. */
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
