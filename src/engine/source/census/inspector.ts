/**
 * Inspects snapshots: in a thread per core when there is much to read, else in the caller's own thread.
 * Invariant: both ways return the same results, in the order of the tasks.
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
  /** Starts tasks in order, after those of earlier calls. Throws the first failure, after which no further task is started. */
  perform(tasks: readonly InspectionTask[]): Promise<InspectionResult[]>
  close(): Promise<void>
}

type OnRead = (bytes: number) => void

/** Total size of databases, in bytes, from which threads, which take 0.1 s of CPU to start, pay. */
const MANY_BYTES = 64 << 20

/** `bytes`: total size of the databases. `onRead` receives the bytes counted since its last call. */
export async function openInspector(bytes: number, onRead: OnRead): Promise<Inspector> {
  const hands = availableParallelism()
  return bytes < MANY_BYTES || hands === 1 ? openAlone(onRead) : openWithThreads(hands, onRead)
}

/** Opens an inspector in the caller's own thread. */
export async function openAlone(onRead: OnRead = () => {}): Promise<Inspector> {
  return inspectorOf(WorkerPool.alone('inspection worker', await openInspectionPlace(null, onRead)), 1)
}

export async function openWithThreads(hands: number, onRead: OnRead = () => {}): Promise<Inspector> {
  const pool = await WorkerPool.open<InspectionTask, InspectionResult, number>({
    module: startedFile('inspection-worker', import.meta.url),
    name: 'inspection worker',
    workerData: null,
    count: hands,
    onNotice: onRead,
  })
  return inspectorOf(pool, hands)
}

function inspectorOf(pool: WorkerPool<InspectionTask, InspectionResult>, hands: number): Inspector {
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
  // Callers of `perform` receive the error.
  failing.catch(() => {})
  return {
    hands,
    perform(tasks) {
      const performed = tasks.map((given) => {
        // A copy: the same object may be passed twice, and is a key of `results`.
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
