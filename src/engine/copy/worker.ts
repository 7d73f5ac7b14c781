/**
 * The body of a copy worker's thread: its own SQLite handles and its own connection, one task at a time.
 * Invariant: every task gets exactly one answer, `done` or `failed`.
 */
import { parentPort, workerData } from 'node:worker_threads'
import { toPlainError } from '../model/errors.ts'
import type { Task, WorkerBirth, WorkerMessage } from './task.ts'
import { openWorkbench } from './workbench.ts'

const port = parentPort!
const say = (message: WorkerMessage): void => port.postMessage(message)

const bench = await openWorkbench(workerData as WorkerBirth, (tableId, reason) => {
  say({ type: 'reader-changed', tableId, reason })
}).catch((error: unknown) => {
  say({ type: 'failed', error: toPlainError(error) })
  return null
})

if (bench !== null) {
  port.on('message', (task: Task | 'close') => {
    if (task === 'close') {
      bench.close().finally(() => port.close())
      return
    }
    const startedAt = performance.now()
    bench.perform(task).then(
      (result) => say({ type: 'done', result, elapsedMs: performance.now() - startedAt }),
      (error: unknown) => say({ type: 'failed', error: toPlainError(error) }),
    )
  })
  say({ type: 'ready' })
}
