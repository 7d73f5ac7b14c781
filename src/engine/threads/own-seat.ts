/** A worker in the caller's own thread. Invariant: before each task the thread serves its other events. */
import { setImmediate } from 'node:timers/promises'
import type { Seat, TaskDone } from './seat.ts'
import type { Workplace } from './workplace.ts'

export class OwnSeat<Task, Result> implements Seat<Task, Result> {
  readonly #place: Workplace<Task, Result>

  constructor(place: Workplace<Task, Result>) {
    this.#place = place
  }

  async perform(task: Task): Promise<TaskDone<Result>> {
    await setImmediate()
    const startedAt = performance.now()
    const result = await this.#place.perform(task)
    return { result, elapsedMs: performance.now() - startedAt }
  }

  close(): Promise<void> {
    return this.#place.close()
  }
}
