/**
 * Threads that wait for their next workplace: a run needs threads about three times in a row, and starting one takes 50 ms of CPU and
 * loses the compiled code. Invariant: a thread has one user at a time, and an idle one keeps no process alive.
 */
import { Worker } from 'node:worker_threads'
import { startedFile } from './started-file.ts'
import type { ToThread } from './workplace.ts'

/** How long an idle thread is kept: longer than the time between two uses in a run. */
const KEPT_MS = 2000

/** A worker's values live for a batch of rows: a small young generation saves 20 MB per worker and costs no time. */
const YOUNG_MEGABYTES = 8

type IdleThread = { readonly worker: Worker; readonly forget: () => void }

const idle: IdleThread[] = []

/** Returns a thread without a workplace: an idle one, or a new one. */
export function takeThread(): Worker {
  const kept = idle.pop()
  if (kept === undefined) return startThread()
  kept.forget()
  kept.worker.ref()
  return kept.worker
}

/** Keeps a thread whose workplace is closed for a while. Removes its listeners. */
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
