/**
 * Ends this process when its parent has ended, or when it exceeds its memory limit. Invariant: it works while the main thread is inside
 * of SQLite, since it is a thread of its own.
 */
import { workerData } from 'node:worker_threads'
import { memoryBound, OUT_OF_MEMORY } from './process-watch.ts'

const LOOK_MS = 200
const { parent } = workerData as { readonly parent: number }
const bound = memoryBound()

function isOrphan(): boolean {
  if (process.ppid !== parent) return true
  try {
    process.kill(parent, 0)
    return false
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH'
  }
}

setInterval(() => {
  if (isOrphan()) process.kill(process.pid, 'SIGKILL')
  if (process.memoryUsage.rss() > bound) process.kill(process.pid, OUT_OF_MEMORY)
}, LOOK_MS)
