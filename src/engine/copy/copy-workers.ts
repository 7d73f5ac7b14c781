/** The workers that copy blocks and read them again. */
import { threadModule, WorkerPool } from '../thread/worker-pool.ts'
import type { ReaderChange, Task, TaskResult, WorkerBirth } from './task.ts'

export type CopyWorkers = WorkerPool<Task, TaskResult, ReaderChange>

/** Starts them and waits until each has its connection. */
export function openCopyWorkers(
  birth: WorkerBirth,
  count: number,
  onNotice: (change: ReaderChange) => void,
): Promise<CopyWorkers> {
  return WorkerPool.open({
    module: threadModule('worker', import.meta.url),
    name: 'copy worker',
    birth,
    count,
    onNotice,
  })
}
