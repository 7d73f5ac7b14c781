/** Opens the tables of a cycle of foreign keys for the one transaction that copies them all. */

import type { BlockCopy } from '../../copy/block-pass.ts'
import { copyCycle } from '../../copy/copy-cycle.ts'
import { CreatedIds } from '../../copy/created-ids.ts'
import { firstSent } from '../../copy/fill-references.ts'
import { keptOutOf } from '../../copy/late-keys.ts'
import type { WorkerData } from '../../rows/worker-data.ts'
import type { Connection } from '../../target/connection/connection.ts'
import type { CopyCycle } from './copy-tables.ts'
import { openBlockCopy } from './open-block-copy.ts'

export function cycleCopier(connection: Connection, workerData: WorkerData): CopyCycle {
  return async (blocks) => {
    const { run, plan } = workerData
    const oids = new CreatedIds(connection, run)
    const open = new Map<string, BlockCopy>()
    try {
      for (const { tableId } of blocks) {
        if (open.has(tableId)) continue
        const table = openBlockCopy(workerData, plan.tables.find(({ id }) => id === tableId)!, oids)
        open.set(tableId, {
          ...table,
          ...firstSent(table.copy, table.target),
          keptOut: keptOutOf(plan, tableId),
        })
      }
      return await copyCycle(
        connection,
        blocks.map((block) => ({ table: open.get(block.tableId)!, block })),
      )
    } finally {
      for (const { reader } of open.values()) reader.close()
    }
  }
}
