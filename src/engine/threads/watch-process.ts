/** Starts the thread that enforces this process's limits. For the entry files of our own processes. */
import { Worker } from 'node:worker_threads'
import { threadModule } from './worker-pool.ts'

export function watchProcess(): void {
  const watch = new Worker(threadModule('watch-worker', import.meta.url), {
    name: 'watch',
    resourceLimits: { maxOldGenerationSizeMb: 16 },
  })
  watch.unref()
}
