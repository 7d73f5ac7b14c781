/** One worker of a pool, whatever thread it works in. */

export type TaskDone<Result> = { readonly result: Result; readonly elapsedMs: number }

export type Seat<Task, Result> = {
  /** Performs one task; not called again before it has settled. */
  perform(task: Task): Promise<TaskDone<Result>>
  close(): Promise<void>
}
