/** Fills the foreign keys that waited until all tables had their rows. Invariant: done after the last block and before verification, again by a run that goes on. */
import { CreatedIds } from '../copy/created-ids.ts'
import { fillBlock } from '../copy/fill-references.ts'
import type { RunContext } from '../events/run-context.ts'
import type { BlockBook } from '../journal/block-book.ts'
import { copyPlanOf, targetTableOf } from '../model/plan.ts'
import { columnsFilledLater } from '../plan/load-order.ts'
import type { WorkerData } from '../rows/worker-data.ts'
import { mendReader } from '../source/readers/mended-reader.ts'
import { openReader } from '../source/readers/readers.ts'
import { orphanTestsOf } from '../source/staging/orphans.ts'
import type { Connection } from '../target/connection.ts'

/** True when all are filled; false when the run was stopped before. */
export async function fillReferences(
  connection: Connection,
  { run, plan, snapshots, staging, orphans, mended }: WorkerData,
  book: BlockBook,
  { control }: RunContext,
): Promise<boolean> {
  const oids = new CreatedIds(connection, run)
  for (const table of plan.tables) {
    if (table.fate.kind !== 'copy') continue
    const copy = copyPlanOf(table)
    const target = targetTableOf(plan, copy.target)
    if (columnsFilledLater(target).length === 0) continue
    const own = mended.filter(({ tableId }) => tableId === table.id)
    const reader = mendReader(openReader('sqlite', table, copy, snapshots, staging), copy, own)
    try {
      for (const { block } of book.records) {
        if (block.tableId !== table.id) continue
        if (!(await control.goOn())) return false
        const outcome = await fillBlock(
          connection,
          {
            run,
            tableId: table.id,
            copy,
            target,
            reader,
            orphans: orphanTestsOf(orphans, table),
            exact: plan.options.exact,
            onReject: 'quarantine',
            oid: () => oids.of(copy.target),
          },
          block,
        )
        book.enter(block, outcome, reader.name)
      }
    } finally {
      reader.close()
    }
  }
  return true
}
