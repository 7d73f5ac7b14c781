/**
 * Starts the thread that enforces this process's limits; for the entry files of our own processes. Invariant: the process ends with its
 * parent, even when the parent ended before this process began: the parent's id is passed on, because reading it here might be too late.
 */
import { Worker } from 'node:worker_threads'
import { startedFile } from './started-file.ts'

const PARENT = 'GPT_MIGRATE_PARENT'

/** Returns the environment for a process that watches this one. */
export function watchedEnvironment(): NodeJS.ProcessEnv {
  return { ...process.env, [PARENT]: String(process.pid) }
}

/** The same without variables that lead to a server, for processes that only execute other people's SQL in SQLite. */
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
