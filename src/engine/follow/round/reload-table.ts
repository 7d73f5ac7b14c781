/**
 * Refills a target table with what the source holds. Invariant: in the caller's transaction; rows that do not fit are put aside as a
 * round would put them aside.
 */
import type { SourceRow } from '../../encode/cell.ts'
import type { TablePlan } from '../../model/plan.ts'
import type { Snapshot } from '../../model/snapshot.ts'
import { openReader } from '../../source/readers/readers.ts'
import type { DeltaApplier } from './apply-delta.ts'
import { ChangeEncoder, type EncodedRow, type EncodedTable } from './encode-changes.ts'
import { emptyDelta } from './table-delta.ts'

const ROWS_AT_ONCE = 2_000

/** `states`: our files of the sources' state that the target is to have. Returns how many rows the table has. */
export async function loadTable(
  applier: DeltaApplier,
  table: TablePlan,
  encoded: EncodedTable,
  states: readonly Snapshot[],
  staging: string | null,
): Promise<number> {
  const encoder = new ChangeEncoder(encoded, Number.POSITIVE_INFINITY)
  const reader = openReader('sqlite', table, encoded.copy, states, staging)
  let rows = 0
  try {
    const reading = reader.open({ range: { after: null, through: null }, rowsBefore: 0 })
    let batch: EncodedRow[] = []
    const visit = (row: SourceRow): void => void batch.push(encoder.encode(row))
    for (let more = true; more; ) {
      more = reading.advance(ROWS_AT_ONCE, visit)
      const [tally] = await applier.apply([{ ...emptyDelta(table.id), come: batch }])
      rows += tally?.inserted ?? 0
      batch = []
    }
  } finally {
    reader.close()
  }
  return rows
}
