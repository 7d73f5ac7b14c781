/**
 * A fixed number of worker threads and the tasks for them. Invariant: a task is given to one worker, and its promise settles exactly
 * once: with the result, the worker's error, or the worker's death.
 */
import type { Worker } from 'node:worker_threads'
import { publishSpan, spanNow } from '../events/spans.ts'
import { fromPlainError, MigrateError } from '../model/errors.ts'
import { keepThread, takeThread } from './idle-threads.ts'
import type { FromThread, ToThread } from './workplace.ts'

type TaskDone<Result> = { readonly result: Result; readonly elapsedMs: number }

type Workers<Notice> = {
  /** The module of the workplace: see `OpenPlace`. */
  readonly module: URL
  readonly name: string
  /** Plain data from which each workplace is made. */
  readonly workerData: unknown
  readonly count: number
  readonly onNotice: (notice: Notice) => void
}

type Seat<Result> = {
  readonly worker: Worker
  /** The name in spans. */
  readonly lane: string
  pending: { resolve: (done: TaskDone<Result>) => void; reject: (error: unknown) => void } | null
  dead: Error | null
  closed: () => void
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
   * Performs tasks in their order, as many at a time as there are workers. `next` returns the next task, or null at the end; `onDone` is
   * called for each task. The first failure ends it, and is thrown when the running tasks have ended.
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

  /** Closes the workplaces; their threads can then be reused. */
  async close(): Promise<void> {
    await Promise.all(
      this.#seats.map(async (seat) => {
        const { worker } = seat
        if (seat.dead !== null) return
        const isClosed = await new Promise<boolean>((resolve) => {
          seat.closed = () => resolve(true)
          worker.once('exit', () => resolve(false))
          send(worker, { type: 'close' })
        })
        if (isClosed) keepThread(worker)
      }),
    )
  }

  #perform(seat: Seat<Result>, task: Task): Promise<TaskDone<Result>> {
    if (seat.dead !== null) return Promise.reject(seat.dead)
    const startMs = spanNow()
    return new Promise<TaskDone<Result>>((resolve, reject) => {
      seat.pending = { resolve, reject }
      send(seat.worker, { type: 'task', task })
    }).finally(() => publishSpan(seat.lane, task, startMs))
  }

  #addSeat({ module, name, workerData }: Workers<Notice>): Promise<void> {
    const worker = takeThread()
    const lane = `${name} ${this.#seats.length + 1}`
    const seat: Seat<Result> = { worker, lane, pending: null, dead: null, closed: () => {} }
    this.#seats.push(seat)
    return new Promise((resolve, reject) => {
      const settle = (act: (pending: NonNullable<Seat<Result>['pending']>) => void): void => {
        const { pending } = seat
        seat.pending = null
        if (pending !== null) act(pending)
      }
      worker.on('message', (message: FromThread<Result, Notice>) => {
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
          case 'closed':
            seat.closed()
            return
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
            hint: 'Run the same command again: it resumes after the last committed block.',
          }),
        )
      })
      send(worker, { type: 'open', module: module.href, data: workerData })
    })
  }
}

function send(worker: Worker, message: ToThread): void {
  worker.postMessage(message)
}

function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown))
}
