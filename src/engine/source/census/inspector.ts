/**
 * What inspects snapshots: as many threads as there are cores where there is much to read, else the caller's own.
 * Invariant: the answers are the same, and in the order of the tasks.
 */
import { availableParallelism } from 'node:os'
import { startedFile } from '../../threads/started-file.ts'
import { TaskQueue } from '../../threads/task-queue.ts'
import { WorkerPool } from '../../threads/worker-pool.ts'
import type { InspectionResult, InspectionTask } from './inspection-task.ts'
import { openInspectionPlace } from './perform-inspection.ts'

export type Inspector = {
  /** How many tasks it performs at once. */
  readonly hands: number
  /** Tasks begin in their order, after those asked for before; throws the first failure, after which nothing more is done. */
  perform(tasks: readonly InspectionTask[]): Promise<InspectionResult[]>
  close(): Promise<void>
}

type OnRead = (bytes: number) => void

/** Bytes of databases from which threads, which take 0.1 s of CPU to start, save more than they cost. */
const MANY_BYTES = 64 << 20

/** `onRead` is called with the bytes that were counted since the last time. */
export async function openInspector(bytes: number, onRead: OnRead): Promise<Inspector> {
  const hands = availableParallelism()
  return bytes < MANY_BYTES || hands === 1 ? openAlone(onRead) : openWithThreads(hands, onRead)
}

/** In the caller's own thread. */
export async function openAlone(onRead: OnRead = () => {}): Promise<Inspector> {
  const place = await openInspectionPlace(null, onRead)
  let underWay: Promise<unknown> = Promise.resolve()
  return {
    hands: 1,
    perform(tasks) {
      const performing = underWay.then(async () => {
        const results: InspectionResult[] = []
        for (const task of tasks) results.push(await place.perform(task))
        return results
      })
      // It is reported to those who wait for a task.
      performing.catch(() => {})
      underWay = performing
      return performing
    },
    close: () => place.close(),
  }
}

export async function openWithThreads(hands: number, onRead: OnRead = () => {}): Promise<Inspector> {
  const pool = await WorkerPool.open<InspectionTask, InspectionResult, number>({
    module: startedFile('inspection-worker', import.meta.url),
    name: 'inspection worker',
    workerData: null,
    count: hands,
    onNotice: onRead,
  })
  const queue = new TaskQueue<InspectionTask>()
  const results = new Map<InspectionTask, (result: InspectionResult) => void>()
  const working = pool.performAll(
    () => queue.take(),
    (task, { result }) => {
      results.get(task)!(result)
      results.delete(task)
    },
  )
  const failing = new Promise<never>((_, reject) => working.catch(reject))
  // It is reported to those who wait for a task.
  failing.catch(() => {})
  return {
    hands,
    perform(tasks) {
      const performed = tasks.map((given) => {
        // The same task may be asked for twice.
        const task = { ...given }
        queue.put(task)
        return new Promise<InspectionResult>((resolve) => results.set(task, resolve))
      })
      return Promise.race([Promise.all(performed), failing])
    },
    async close() {
      queue.close()
      await working.catch(() => {})
      await pool.close()
    },
  }
}
