/** Reloads blocks in which a verification found differences, table by table, parents first. */

import type { BlockCopy } from '../../copy/block-pass.ts'
import { CreatedIds } from '../../copy/created-ids.ts'
import { repairBlocks } from '../../copy/repair-blocks.ts'
import type { RepairedTable } from '../../model/answers.ts'
import { copyPlanOf, targetTableOf } from '../../model/plan.ts'
import type { TableVerdict } from '../../model/verification.ts'
import type { WorkerData } from '../../rows/worker-data.ts'
import type { Connection } from '../../target/connection/connection.ts'
import { lockTarget, unlockTarget } from '../../target/connection/run-lock.ts'
import { openBlockCopy } from '../load/open-block-copy.ts'

export async function repairTables(
  connection: Connection,
  workerData: WorkerData,
  verdicts: readonly TableVerdict[],
): Promise<readonly RepairedTable[]> {
  const repaired: RepairedTable[] = []
  const oids = new CreatedIds(connection, workerData.run)
  await lockTarget(connection)
  try {
    for (const table of parentsFirst(workerData)) {
      const verdict = verdicts.find(({ tableId, match }) => tableId === table.id && !match)
      // A difference in an entry without a block cannot be repaired by loading a block again.
      if (verdict === undefined || verdict.reload.length === 0) continue
      const copied: BlockCopy = { ...openBlockCopy(workerData, table, oids), onReject: 'quarantine' }
      try {
        const changes = await repairBlocks(connection, copied, verdict.reload)
        repaired.push({ tableId: table.id, blocks: verdict.reload.length, ...changes })
      } finally {
        copied.reader.close()
      }
    }
  } finally {
    if (connection.lost === null) await unlockTarget(connection)
  }
  return repaired
}

/** Sorts tables so that a missing parent row is restored before its children; tables in a cycle keep their order. */
function parentsFirst({ plan }: WorkerData) {
  const left = plan.tables.filter(({ fate }) => fate.kind === 'copy')
  const sorted: typeof left = []
  const isFree = (table: (typeof left)[number]): boolean => {
    const { target } = copyPlanOf(table)
    return targetTableOf(plan, target).foreignKeys.every(({ references }) =>
      left.every((other) => {
        const parent = copyPlanOf(other).target
        return other === table || parent.schema !== references.schema || parent.table !== references.table
      }),
    )
  }
  while (left.length > 0) {
    const free = left.findIndex(isFree)
    sorted.push(...left.splice(Math.max(0, free), 1))
  }
  return sorted
}
