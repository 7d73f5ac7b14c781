/**
 * Starts the thread that enforces this process's limits. For the entry files of our own processes. Invariant: the process ends with
 * whoever started it, also when that one ended before this one had begun: its id is passed on, since ours would be asked for too late.
 */
import { Worker } from 'node:worker_threads'
import { startedFile } from './started-file.ts'

const PARENT = 'GPT_MIGRATE_PARENT'

/** The environment of a process that is to watch ours. */
export function watchedEnvironment(): NodeJS.ProcessEnv {
  return { ...process.env, [PARENT]: String(process.pid) }
}

/** The same without what leads into a server, for processes that only execute other people's SQL in SQLite. */
export function environmentWithoutTarget(): NodeJS.ProcessEnv {
  const all = Object.entries(watchedEnvironment())
  return Object.fromEntries(all.filter(([name]) => !/^PG|^DATABASE_URL$/i.test(name)))
}

export function watchProcess(): void {
  const watch = new Worker(startedFile('watch-worker', import.meta.url), {
    name: 'watch',
    workerData: { parent: Number(process.env[PARENT] ?? process.ppid) },
    resourceLimits: { maxOldGenerationSizeMb: 16 },
  })
  watch.unref()
}
