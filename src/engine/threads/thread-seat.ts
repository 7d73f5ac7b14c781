/** A worker in a thread of its own. Invariant: a thread that died, or whose workplace could not be closed, is not used again. */
import type { Worker } from 'node:worker_threads'
import { fromPlainError, MigrateError } from '../model/errors.ts'
import { keepThread, takeThread } from './idle-threads.ts'
import type { Seat, TaskDone } from './seat.ts'
import type { FromThread, ToThread } from './workplace.ts'

type ThreadWork<Notice> = {
  readonly module: URL
  readonly name: string
  readonly workerData: unknown
  readonly onNotice: (notice: Notice) => void
}

type Pending<Result> = {
  readonly resolve: (done: TaskDone<Result>) => void
  readonly reject: (error: unknown) => void
}

export class ThreadSeat<Task, Result, Notice> implements Seat<Task, Result> {
  /** Rejects when the workplace cannot be opened. */
  readonly ready: Promise<void>
  readonly #worker: Worker = takeThread()
  #pending: Pending<Result> | null = null
  #dead: Error | null = null
  #closed: () => void = () => {}

  constructor({ module, name, workerData, onNotice }: ThreadWork<Notice>) {
    this.ready = new Promise((resolve, reject) => {
      this.#worker.on('message', (message: FromThread<Result, Notice>) => {
        switch (message.type) {
          case 'ready':
            resolve()
            return
          case 'done':
            this.#settle((pending) => pending.resolve(message))
            return
          case 'notice':
            onNotice(message.notice)
            return
          case 'failed': {
            const error = fromPlainError(message.error)
            reject(error)
            this.#settle((pending) => pending.reject(error))
            return
          }
          case 'closed':
            this.#closed()
            return
          default:
            message satisfies never
        }
      })
      const die = (error: Error): void => {
        this.#dead = error
        reject(error)
        this.#settle((pending) => pending.reject(error))
      }
      this.#worker.on('error', (error) => die(asError(error)))
      this.#worker.on('exit', (code) => {
        die(
          new MigrateError('copy', 'worker-died', `A ${name} ended unexpectedly (exit code ${code}).`, {
            hint: 'Run the same command again: it resumes after the last committed block.',
          }),
        )
      })
      this.#send({ type: 'open', module: module.href, data: workerData })
    })
  }

  perform(task: Task): Promise<TaskDone<Result>> {
    if (this.#dead !== null) return Promise.reject(this.#dead)
    return new Promise((resolve, reject) => {
      this.#pending = { resolve, reject }
      this.#send({ type: 'task', task })
    })
  }

  async close(): Promise<void> {
    if (this.#dead !== null) return
    const isClosed = await new Promise<boolean>((resolve) => {
      this.#closed = () => resolve(true)
      this.#worker.once('exit', () => resolve(false))
      this.#send({ type: 'close' })
    })
    if (isClosed) keepThread(this.#worker)
  }

  #settle(act: (pending: Pending<Result>) => void): void {
    const pending = this.#pending
    this.#pending = null
    if (pending !== null) act(pending)
  }

  #send(message: ToThread): void {
    this.#worker.postMessage(message)
  }
}

function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown))
}
