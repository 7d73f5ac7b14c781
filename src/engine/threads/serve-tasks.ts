/**
 * The body of a worker's thread: one task at a time, until it is asked to close.
 * Invariant: every task gets exactly one answer, `done` or `failed`.
 */
import { parentPort, workerData } from 'node:worker_threads'
import { toPlainError } from '../model/errors.ts'
import type { WorkerMessage } from './worker-pool.ts'

/** What a worker has open between tasks. */
export type Workplace<Task, Result> = {
  perform(task: Task): Promise<Result>
  close(): Promise<void>
}

/** Serves tasks with what `open` makes of the worker's data; `tell` sends a notice to the pool's owner. */
export async function serveTasks<Data, Task, Result, Notice>(
  open: (workerData: Data, tell: (notice: Notice) => void) => Promise<Workplace<Task, Result>>,
): Promise<void> {
  const port = parentPort!
  const say = (message: WorkerMessage<Result, Notice>): void => port.postMessage(message)
  const place = await open(workerData as Data, (notice) => say({ type: 'notice', notice })).catch(
    (error: unknown) => {
      say({ type: 'failed', error: toPlainError(error) })
      return null
    },
  )
  if (place === null) return
  port.on('message', (task: Task | 'close') => {
    if (task === 'close') {
      place.close().finally(() => port.close())
      return
    }
    const startedAt = performance.now()
    place.perform(task).then(
      (result) => say({ type: 'done', result, elapsedMs: performance.now() - startedAt }),
      (error: unknown) => say({ type: 'failed', error: toPlainError(error) }),
    )
  })
  say({ type: 'ready' })
}
