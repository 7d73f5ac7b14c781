/** The workers that copy blocks and verify them. */

import type { WorkerData } from '../rows/worker-data.ts'
import { startedFile } from '../threads/started-file.ts'
import { WorkerPool } from '../threads/worker-pool.ts'
import type { ReaderChange, Task, TaskResult } from './task.ts'

export type CopyWorkers = WorkerPool<Task, TaskResult, ReaderChange>

/** About the number of rows that a worker copies while another one starts. */
const ROWS_A_START = 50_000

/** Starts up to `most` workers, fewer for little work, and waits until each is connected. */
export function openCopyWorkers(
  workerData: WorkerData,
  most: number,
  onNotice: (change: ReaderChange) => void,
): Promise<CopyWorkers> {
  const { tables, sourceRows } = workerData.plan
  const rows = Object.values(sourceRows).reduce((all, some) => all + some, 0)
  const count = Math.max(1, Math.min(most, tables.length + Math.floor(rows / ROWS_A_START)))
  return WorkerPool.open({
    module: startedFile('worker', import.meta.url),
    name: 'copy worker',
    workerData,
    count,
    onNotice,
  })
}
