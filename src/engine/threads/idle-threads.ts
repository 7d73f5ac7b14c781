/**
 * Threads that wait for their next workplace: a run needs some three times in a row, and starting one takes 50 ms of CPU and its
 * compiled code with it. Invariant: a thread has one user at a time, and an idle one keeps no process alive.
 */
import { Worker } from 'node:worker_threads'
import { startedFile } from './started-file.ts'
import type { ToThread } from './workplace.ts'

/** How long a thread is kept: longer than what lies between two uses of a run. */
const KEPT_MS = 2000

/** A worker's values live for a batch of rows: a small nursery takes 20 MB less a worker, and no more time. */
const YOUNG_MEGABYTES = 8

type IdleThread = { readonly worker: Worker; readonly forget: () => void }

const idle: IdleThread[] = []

/** A thread that has no workplace: an idle one, or a new one. */
export function takeThread(): Worker {
  const kept = idle.pop()
  if (kept === undefined) return startThread()
  kept.forget()
  kept.worker.ref()
  return kept.worker
}

/** Keeps a thread whose workplace is closed, for a while. Its listeners are removed. */
export function keepThread(worker: Worker): void {
  for (const event of ['message', 'error', 'exit']) worker.removeAllListeners(event)
  const forget = (): void => {
    clearTimeout(timer)
    worker.off('exit', forget)
    worker.off('error', forget)
    const at = idle.indexOf(one)
    if (at >= 0) idle.splice(at, 1)
  }
  const one = { worker, forget }
  const timer = setTimeout(() => {
    forget()
    worker.postMessage({ type: 'end' } satisfies ToThread)
  }, KEPT_MS)
  timer.unref()
  worker.on('exit', forget)
  worker.on('error', forget)
  worker.unref()
  idle.push(one)
}

function startThread(): Worker {
  return new Worker(startedFile('task-worker', import.meta.url), {
    name: 'worker',
    resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MEGABYTES },
  })
}
