/** The workers that copy blocks and verify them. */

import type { WorkerData } from '../rows/worker-data.ts'
import { startedFile } from '../threads/started-file.ts'
import { WorkerPool } from '../threads/worker-pool.ts'
import type { ReaderChange, Task, TaskResult } from './task.ts'

export type CopyWorkers = WorkerPool<Task, TaskResult>

/** About the number of rows that a worker copies while another one starts. */
const ROWS_A_START = 50_000

/** Work that takes less CPU than the start of a thread: rows, with a table counted as a number of rows, and bytes of the snapshots. */
const LITTLE = { rows: 10_000, rowsOfTable: 500, bytes: 8 << 20 }

const name = 'copy worker'

export type WorkerCount = {
  readonly jobs: number
  /** Whether the user gave the number: it is then that of threads, however little there is to do. */
  readonly isGiven: boolean
}

/** Starts up to `jobs` workers, fewer for little work, and waits until each is connected. The caller's own thread does very little work. */
export async function openCopyWorkers(
  workerData: WorkerData,
  { jobs, isGiven }: WorkerCount,
  onNotice: (change: ReaderChange) => void,
): Promise<CopyWorkers> {
  const { tables, sourceRows } = workerData.plan
  const rows = Object.values(sourceRows).reduce((all, some) => all + some, 0)
  if (!isGiven && isLittle(workerData, rows)) {
    const { openWorkbench } = await import('./workbench.ts')
    return WorkerPool.alone(name, await openWorkbench(workerData, onNotice))
  }
  return WorkerPool.open({
    module: startedFile('worker', import.meta.url),
    name,
    workerData,
    count: Math.max(1, Math.min(jobs, tables.length + Math.floor(rows / ROWS_A_START))),
    onNotice,
  })
}

function isLittle({ plan, snapshots }: WorkerData, rows: number): boolean {
  const bytes = snapshots.reduce((all, snapshot) => all + snapshot.bytes, 0)
  return rows + plan.tables.length * LITTLE.rowsOfTable < LITTLE.rows && bytes < LITTLE.bytes
}
