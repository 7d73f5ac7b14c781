/**
 * Publishes what a run's threads and sessions work at, and when, on the channel `gpt-migrate:span` in the engine's process; the bench
 * listens to it. Invariant: without a listener no span is created.
 */
import { channel } from 'node:diagnostics_channel'

export type Span = {
  /** The thread or session, such as `copy worker 1`. */
  readonly lane: string
  /** The task as the thread or session received it. */
  readonly task: unknown
  /** Milliseconds since the Unix epoch. */
  readonly startMs: number
  readonly endMs: number
}

const spans = channel('gpt-migrate:span')

/** Returns the present time in the unit of spans. */
export function spanNow(): number {
  return performance.timeOrigin + performance.now()
}

/** Call when the task has ended. */
export function publishSpan(lane: string, task: unknown, startMs: number): void {
  if (spans.hasSubscribers) spans.publish({ lane, task, startMs, endMs: spanNow() } satisfies Span)
}
