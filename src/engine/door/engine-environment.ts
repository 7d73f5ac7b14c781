/** The environment with which the engine's process starts, which keeps its memory small. Invariant: what the engine starts has the user's own. */
import { watchedEnvironment } from '../threads/watch-process.ts'

const settings = {
  /** glibc keeps what a thread has freed for that thread; with one arena any thread can use it again. */
  MALLOC_ARENA_MAX: '1',
  /** Megabytes for each half of a heap's young generation instead of up to 16, which saved no CPU. */
  NODE_OPTIONS: '--max-semi-space-size=2',
} as const

const BEFORE = 'GPT_MIGRATE_ENVIRONMENT'

/** Returns the environment for the engine's process; settings of the user's prevail. */
export function engineEnvironment(): NodeJS.ProcessEnv {
  const { MALLOC_ARENA_MAX, NODE_OPTIONS } = process.env
  return {
    ...watchedEnvironment(),
    MALLOC_ARENA_MAX: MALLOC_ARENA_MAX ?? settings.MALLOC_ARENA_MAX,
    NODE_OPTIONS: `${settings.NODE_OPTIONS} ${NODE_OPTIONS ?? ''}`.trim(),
    [BEFORE]: JSON.stringify({ MALLOC_ARENA_MAX, NODE_OPTIONS }),
  }
}

/** Restores the user's environment, in the engine's process. */
export function restoreEnvironment(): void {
  const before: NodeJS.ProcessEnv = JSON.parse(process.env[BEFORE]!)
  for (const name of [...Object.keys(settings), BEFORE]) delete process.env[name]
  Object.assign(process.env, before)
}
