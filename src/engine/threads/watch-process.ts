/** Starts the thread that keeps the bounds of this process. For the entries of processes of ours. */
import { Worker } from 'node:worker_threads'
import { threadModule } from './worker-pool.ts'

export function watchProcess(): void {
  const watch = new Worker(threadModule('watch-worker', import.meta.url), {
    name: 'watch',
    resourceLimits: { maxOldGenerationSizeMb: 16 },
  })
  watch.unref()
}
