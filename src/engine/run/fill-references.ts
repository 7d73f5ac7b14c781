/** Fills the foreign keys that waited until all tables had their rows. Invariant: done after the last block and before verification, again by a resumed run. */
import { CreatedIds } from '../copy/created-ids.ts'
import { fillBlock } from '../copy/fill-references.ts'
import type { RunContext } from '../events/run-context.ts'
import type { BlockBook } from '../journal/block-book.ts'
import { copyPlanOf, targetTableOf } from '../model/plan.ts'
import { columnsFilledLater } from '../plan/load-order.ts'
import type { WorkerData } from '../rows/worker-data.ts'
import type { Connection } from '../target/connection.ts'
import { openBlockCopy } from './open-block-copy.ts'

/** True when all are filled; false when the run was stopped before. */
export async function fillReferences(
  connection: Connection,
  workerData: WorkerData,
  book: BlockBook,
  { control }: RunContext,
): Promise<boolean> {
  const { run, plan } = workerData
  const oids = new CreatedIds(connection, run)
  for (const table of plan.tables) {
    if (table.fate.kind !== 'copy') continue
    const copy = copyPlanOf(table)
    const target = targetTableOf(plan, copy.target)
    if (columnsFilledLater(target).length === 0) continue
    const filled = openBlockCopy(workerData, table, oids)
    try {
      for (const { block } of book.records) {
        if (block.tableId !== table.id) continue
        if (!(await control.mayContinue())) return false
        const outcome = await fillBlock(connection, { ...filled, onReject: 'quarantine' }, block)
        book.enter(block, outcome, filled.reader.name)
      }
    } finally {
      filled.reader.close()
    }
  }
  return true
}
