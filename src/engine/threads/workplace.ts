/** The messages between threads and their owner. */
import type { PlainError } from '../model/errors.ts'

/** What a thread keeps open between tasks. */
export type Workplace<Task, Result> = {
  perform(task: Task): Promise<Result>
  close(): Promise<void>
}

/** The export `openPlace` of a workplace's module: makes a workplace from plain data; `notify` sends a notice to the pool's owner. */
export type OpenPlace = (
  data: unknown,
  notify: (notice: unknown) => void,
) => Promise<Workplace<unknown, unknown>>

/** Messages to a thread, which has one workplace at a time: `open`, then tasks, then `close`; `end` ends a thread without a workplace. */
export type ToThread =
  | { readonly type: 'open'; readonly module: string; readonly data: unknown }
  | { readonly type: 'task'; readonly task: unknown }
  | { readonly type: 'close' }
  | { readonly type: 'end' }

/** Messages from a thread. */
export type FromThread<Result, Notice> =
  | { readonly type: 'ready' }
  | { readonly type: 'done'; readonly result: Result; readonly elapsedMs: number }
  /** Information for the owner; the task continues. */
  | { readonly type: 'notice'; readonly notice: Notice }
  | { readonly type: 'failed'; readonly error: PlainError }
  | { readonly type: 'closed' }
