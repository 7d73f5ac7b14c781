/** What the threads and their owner say to each other. */
import type { PlainError } from '../model/errors.ts'

/** What a thread has open between tasks. */
export type Workplace<Task, Result> = {
  perform(task: Task): Promise<Result>
  close(): Promise<void>
}

/** What the module of a workplace exports as `openPlace`: makes one of plain data; `notify` sends a notice to the pool's owner. */
export type OpenPlace = (
  data: unknown,
  notify: (notice: unknown) => void,
) => Promise<Workplace<unknown, unknown>>

/** To a thread. It has one workplace at a time: `open`, then tasks, then `close`; `end` ends it, between two of them. */
export type ToThread =
  | { readonly type: 'open'; readonly module: string; readonly data: unknown }
  | { readonly type: 'task'; readonly task: unknown }
  | { readonly type: 'close' }
  | { readonly type: 'end' }

/** From a thread. */
export type FromThread<Result, Notice> =
  | { readonly type: 'ready' }
  | { readonly type: 'done'; readonly result: Result; readonly elapsedMs: number }
  /** Something to know; the task continues. */
  | { readonly type: 'notice'; readonly notice: Notice }
  | { readonly type: 'failed'; readonly error: PlainError }
  | { readonly type: 'closed' }
