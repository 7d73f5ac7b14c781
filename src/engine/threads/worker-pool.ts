/**
 * A fixed number of workers and the tasks for them. Invariant: a task is given to one worker, and its promise settles exactly once: with
 * the result, the worker's error, or the worker's death.
 */
import { publishSpan, spanNow } from '../events/spans.ts'
import { OwnSeat } from './own-seat.ts'
import type { Seat, TaskDone } from './seat.ts'
import { ThreadSeat } from './thread-seat.ts'
import type { Workplace } from './workplace.ts'

type Workers<Notice> = {
  /** The module of the workplace: see `OpenPlace`. */
  readonly module: URL
  readonly name: string
  /** Plain data from which each workplace is made. */
  readonly workerData: unknown
  readonly count: number
  readonly onNotice: (notice: Notice) => void
}

export class WorkerPool<Task, Result> {
  readonly #seats: readonly Seat<Task, Result>[]
  readonly #name: string

  private constructor(seats: readonly Seat<Task, Result>[], name: string) {
    this.#seats = seats
    this.#name = name
  }

  /** Starts threads and waits until each is ready. */
  static async open<Task, Result, Notice = never>({
    count,
    ...workers
  }: Workers<Notice>): Promise<WorkerPool<Task, Result>> {
    const seats = Array.from({ length: count }, () => new ThreadSeat<Task, Result, Notice>(workers))
    const pool = new WorkerPool(seats, workers.name)
    try {
      await Promise.all(seats.map((seat) => seat.ready))
    } catch (error) {
      await pool.close()
      throw error
    }
    return pool
  }

  /** A pool of one worker in the caller's own thread, for work that is done before a thread has started. */
  static alone<Task, Result>(name: string, place: Workplace<Task, Result>): WorkerPool<Task, Result> {
    return new WorkerPool([new OwnSeat(place)], name)
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
    const work = async (seat: Seat<Task, Result>, at: number): Promise<void> => {
      while (failure === null) {
        const task = await Promise.race([next(), stopped])
        if (task === null) return
        const startMs = spanNow()
        try {
          onDone(task, await seat.perform(task))
        } catch (error) {
          failure ??= { error }
          stop(null)
        } finally {
          publishSpan(`${this.#name} ${at + 1}`, task, startMs)
        }
      }
    }
    await Promise.all(this.#seats.map(work))
    if (failure !== null) throw (failure as { error: unknown }).error
  }

  /** Closes the workplaces; their threads can then be reused. */
  async close(): Promise<void> {
    await Promise.all(this.#seats.map((seat) => seat.close()))
  }
}
