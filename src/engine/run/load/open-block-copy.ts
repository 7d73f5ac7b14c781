/** Opens a table for copying blocks outside of the workers: through SQLite, with the rows that the user edited. */

import type { BlockCopy } from '../../copy/block-pass.ts'
import type { CreatedIds } from '../../copy/created-ids.ts'
import type { SourceRow } from '../../encode/cell/cell.ts'
import { copyPlanOf, type TablePlan } from '../../model/plan.ts'
import { comparedTableOf } from '../../rows/sum-rows.ts'
import type { WorkerData } from '../../rows/worker-data.ts'
import { withEditedRows } from '../../source/readers/edited-reader.ts'
import { openReader } from '../../source/readers/readers.ts'
import { orphanTestsOf } from '../../source/staging/orphans.ts'

/** The caller closes the reader. `isChosen`, if given, selects the rows to copy. */
export function openBlockCopy(
  {
    run,
    plan,
    snapshots,
    staging,
    orphans,
    edited,
  }: Pick<WorkerData, 'run' | 'plan' | 'snapshots' | 'staging' | 'orphans' | 'edited'>,
  table: TablePlan,
  oids: CreatedIds,
  isChosen: ((row: SourceRow) => boolean) | null = null,
): BlockCopy {
  const copy = copyPlanOf(table)
  const own = edited.filter(({ tableId }) => tableId === table.id)
  return {
    run,
    ...comparedTableOf(plan, table, orphanTestsOf(orphans, table)),
    reader: withEditedRows(openReader('sqlite', table, copy, snapshots, staging), copy, own, isChosen),
    onReject: plan.options.onReject,
    oid: () => oids.of(copy.target),
  }
}
