/** Reads a snapshot's table once more to name what differs: through SQLite, with the cells that people edited. */
import type { WorkerBirth } from '../copy/task.ts'
import { copyPlanOf, type TablePlan } from '../model/plan.ts'
import { mendReader } from '../source/mended-reader.ts'
import type { TableReader } from '../source/reader.ts'
import { openReader } from '../source/readers.ts'
import { comparedPlan, comparedTable } from './compared.ts'

/** To be closed. */
export function openComparedReader(
  { snapshots, staging, mended }: WorkerBirth,
  plan: TablePlan,
): TableReader {
  const compared = comparedPlan(copyPlanOf(plan))
  return mendReader(
    openReader('sqlite', comparedTable(plan), compared, snapshots, staging),
    compared,
    mended.filter((row) => row.tableId === plan.id),
  )
}
