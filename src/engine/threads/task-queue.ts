/** A queue of tasks for a pool of workers. Invariant: each task is taken once, in the order in which they were added. */
export class TaskQueue<Task> {
  readonly #tasks: Task[] = []
  readonly #takers: ((task: Task | null) => void)[] = []
  #isClosed = false

  put(task: Task): void {
    const taker = this.#takers.shift()
    if (taker === undefined) this.#tasks.push(task)
    else taker(task)
  }

  /** Waits for a task. Returns null when the queue is empty and closed. */
  async take(): Promise<Task | null> {
    const task = this.#tasks.shift()
    if (task !== undefined || this.#isClosed) return task ?? null
    return new Promise((resolve) => this.#takers.push(resolve))
  }

  close(): void {
    this.#isClosed = true
    for (const taker of this.#takers.splice(0)) taker(null)
  }
}
