/**
 * A fixed number of copy workers and the tasks handed to them. Invariant: a task is given to one worker, and its promise settles
 * exactly once: with the result, the worker's error, or the worker's death.
 */
import { Worker } from 'node:worker_threads'
import { fromPlainError, MigrateError } from '../model/errors.ts'
import type { Task, TaskResult, WorkerBirth, WorkerMessage } from './task.ts'

export type TaskDone = { readonly result: TaskResult; readonly elapsedMs: number }

type Seat = {
  readonly worker: Worker
  pending: { resolve: (done: TaskDone) => void; reject: (error: unknown) => void } | null
  dead: Error | null
}

/** A worker's values live for a batch of rows: a small nursery takes 20 MB less a worker, and no more time. */
const YOUNG_MEGABYTES = 8

const workerFile = new URL(import.meta.url.endsWith('.ts') ? './worker.ts' : './worker.js', import.meta.url)

export class WorkerPool {
  readonly #seats: Seat[]
  readonly #onReaderChanged: (tableId: string, reason: string) => void

  private constructor(seats: Seat[], onReaderChanged: (tableId: string, reason: string) => void) {
    this.#seats = seats
    this.#onReaderChanged = onReaderChanged
  }

  /** Starts `count` workers and waits until each has its connection. */
  static async open(
    birth: WorkerBirth,
    count: number,
    onReaderChanged: (tableId: string, reason: string) => void,
  ): Promise<WorkerPool> {
    const pool = new WorkerPool([], onReaderChanged)
    try {
      await Promise.all(Array.from({ length: count }, () => pool.#addSeat(birth)))
    } catch (error) {
      await pool.close()
      throw error
    }
    return pool
  }

  /**
   * Performs tasks, as many at once as there are workers, in their order. `next` gives the next task, or null when there is none
   * (or no more is wanted); `onDone` hears of each. The first failure stops the handing out and is thrown once running tasks end.
   */
  async performAll<T extends Task>(
    next: () => Promise<T | null>,
    onDone: (task: T, done: TaskDone) => void,
  ): Promise<void> {
    let failure: { error: unknown } | null = null
    const work = async (seat: Seat): Promise<void> => {
      while (failure === null) {
        const task = await next()
        if (task === null) return
        try {
          onDone(task, await this.#perform(seat, task))
        } catch (error) {
          failure ??= { error }
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

  #perform(seat: Seat, task: Task): Promise<TaskDone> {
    if (seat.dead !== null) return Promise.reject(seat.dead)
    return new Promise((resolve, reject) => {
      seat.pending = { resolve, reject }
      seat.worker.postMessage(task)
    })
  }

  #addSeat(birth: WorkerBirth): Promise<void> {
    const worker = new Worker(workerFile, {
      workerData: birth,
      name: 'copy worker',
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MEGABYTES },
    })
    const seat: Seat = { worker, pending: null, dead: null }
    this.#seats.push(seat)
    return new Promise((resolve, reject) => {
      const settle = (act: (pending: NonNullable<Seat['pending']>) => void): void => {
        const { pending } = seat
        seat.pending = null
        if (pending !== null) act(pending)
      }
      worker.on('message', (message: WorkerMessage) => {
        switch (message.type) {
          case 'ready':
            resolve()
            return
          case 'done':
            settle((pending) => pending.resolve(message))
            return
          case 'reader-changed':
            this.#onReaderChanged(message.tableId, message.reason)
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
          new MigrateError('copy', 'worker-died', `A copy worker ended unexpectedly (exit code ${code}).`, {
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
