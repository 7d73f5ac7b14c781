/**
 * A fixed number of worker threads and the tasks handed to them. Invariant: a task is given to one worker, and its promise settles
 * exactly once: with the result, the worker's error, or the worker's death.
 */
import { Worker } from 'node:worker_threads'
import { publishSpan, spanNow } from '../events/spans.ts'
import { fromPlainError, MigrateError, type PlainError } from '../model/errors.ts'

/** Messages of a worker's thread, sent by `serve-tasks.ts`. */
export type WorkerMessage<Result, Notice> =
  | { readonly type: 'ready' }
  | { readonly type: 'done'; readonly result: Result; readonly elapsedMs: number }
  /** Something to know; the task goes on. */
  | { readonly type: 'notice'; readonly notice: Notice }
  | { readonly type: 'failed'; readonly error: PlainError }

type TaskDone<Result> = { readonly result: Result; readonly elapsedMs: number }

type Workers<Notice> = {
  /** The thread's module, which serves tasks. */
  readonly module: URL
  readonly name: string
  /** Plain data that each worker starts with (`workerData` of node:worker_threads). */
  readonly workerData: unknown
  readonly count: number
  readonly onNotice: (notice: Notice) => void
}

type Seat<Result> = {
  readonly worker: Worker
  /** As spans name it. */
  readonly lane: string
  pending: { resolve: (done: TaskDone<Result>) => void; reject: (error: unknown) => void } | null
  dead: Error | null
}

/** A worker's values live for a batch of rows: a small nursery takes 20 MB less a worker, and no more time. */
const YOUNG_MEGABYTES = 8

/** The module beside `here` by this name, in TypeScript or as it was built. */
export function threadModule(name: string, here: string): URL {
  return new URL(`./${name}.${here.endsWith('.ts') ? 'ts' : 'js'}`, here)
}

export class WorkerPool<Task, Result, Notice = never> {
  readonly #seats: Seat<Result>[] = []
  readonly #onNotice: (notice: Notice) => void

  private constructor(onNotice: (notice: Notice) => void) {
    this.#onNotice = onNotice
  }

  /** Starts the workers and waits until each is ready. */
  static async open<Task, Result, Notice>(
    workers: Workers<Notice>,
  ): Promise<WorkerPool<Task, Result, Notice>> {
    const pool = new WorkerPool<Task, Result, Notice>(workers.onNotice)
    try {
      await Promise.all(Array.from({ length: workers.count }, () => pool.#addSeat(workers)))
    } catch (error) {
      await pool.close()
      throw error
    }
    return pool
  }

  /**
   * Performs tasks, as many at once as there are workers, in their order. `next` returns the next task, or null when there is none
   * (or no more is wanted); `onDone` is called for each. The first failure stops the handing out and is thrown once running tasks end.
   */
  async performAll<T extends Task>(
    next: () => Promise<T | null>,
    onDone: (task: T, done: TaskDone<Result>) => void,
  ): Promise<void> {
    let failure: { error: unknown } | null = null
    let stop: (none: null) => void = () => {}
    const stopped = new Promise<null>((resolve) => {
      stop = resolve
    })
    const work = async (seat: Seat<Result>): Promise<void> => {
      while (failure === null) {
        const task = await Promise.race([next(), stopped])
        if (task === null) return
        try {
          onDone(task, await this.#perform(seat, task))
        } catch (error) {
          failure ??= { error }
          stop(null)
        }
      }
    }
    await Promise.all(this.#seats.map(work))
    if (failure !== null) throw (failure as { error: unknown }).error
  }

  async close(): Promise<void> {
    await Promise.all(
      this.#seats.map(async ({ worker, dead }) => {
        if (dead !== null) return
        const ended = new Promise<void>((resolve) => worker.once('exit', () => resolve()))
        worker.postMessage('close')
        await ended
      }),
    )
  }

  #perform(seat: Seat<Result>, task: Task): Promise<TaskDone<Result>> {
    if (seat.dead !== null) return Promise.reject(seat.dead)
    const startMs = spanNow()
    return new Promise<TaskDone<Result>>((resolve, reject) => {
      seat.pending = { resolve, reject }
      seat.worker.postMessage(task)
    }).finally(() => publishSpan(seat.lane, task, startMs))
  }

  #addSeat({ module, name, workerData }: Workers<Notice>): Promise<void> {
    const worker = new Worker(module, {
      workerData,
      name,
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MEGABYTES },
    })
    const lane = `${name} ${this.#seats.length + 1}`
    const seat: Seat<Result> = { worker, lane, pending: null, dead: null }
    this.#seats.push(seat)
    return new Promise((resolve, reject) => {
      const settle = (act: (pending: NonNullable<Seat<Result>['pending']>) => void): void => {
        const { pending } = seat
        seat.pending = null
        if (pending !== null) act(pending)
      }
      worker.on('message', (message: WorkerMessage<Result, Notice>) => {
        switch (message.type) {
          case 'ready':
            resolve()
            return
          case 'done':
            settle((pending) => pending.resolve(message))
            return
          case 'notice':
            this.#onNotice(message.notice)
            return
          case 'failed': {
            const error = fromPlainError(message.error)
            reject(error)
            settle((pending) => pending.reject(error))
            return
          }
          default:
            message satisfies never
        }
      })
      const die = (error: Error): void => {
        seat.dead = error
        reject(error)
        settle((pending) => pending.reject(error))
      }
      worker.on('error', (error) => die(asError(error)))
      worker.on('exit', (code) => {
        die(
          new MigrateError('copy', 'worker-died', `A ${name} ended unexpectedly (exit code ${code}).`, {
            hint: 'Run the same command again: it goes on after the last committed block.',
          }),
        )
      })
    })
  }
}

function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown))
}
