/** Reads a snapshot's table again to name its differences: through SQLite, with the cells that the user edited. */

import { copyPlanOf, type TablePlan } from '../model/plan.ts'
import { comparedPlan, comparedTable } from '../rows/compared.ts'
import type { WorkerData } from '../rows/worker-data.ts'
import type { TableReader } from '../source/base/reader.ts'
import { withEditedRows } from '../source/readers/edited-reader.ts'
import { openReader } from '../source/readers/readers.ts'

/** The caller closes the reader. */
export function openComparedReader({ snapshots, staging, edited }: WorkerData, plan: TablePlan): TableReader {
  const compared = comparedPlan(copyPlanOf(plan))
  return withEditedRows(
    openReader('sqlite', comparedTable(plan), compared, snapshots, staging),
    compared,
    edited.filter((row) => row.tableId === plan.id),
  )
}
