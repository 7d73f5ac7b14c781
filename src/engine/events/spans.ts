/**
 * What a run's threads and sessions work at, and when, for who listens on the channel `gpt-migrate:span` in the engine's process, as the
 * bench does. Invariant: without a listener nothing is made.
 */
import { channel } from 'node:diagnostics_channel'

export type Span = {
  /** The thread or session, such as `copy worker 1`. */
  readonly lane: string
  /** As it was given to it. */
  readonly task: unknown
  /** Milliseconds since the Unix epoch. */
  readonly startMs: number
  readonly endMs: number
}

const spans = channel('gpt-migrate:span')

/** Now, as spans have it. */
export function spanNow(): number {
  return performance.timeOrigin + performance.now()
}

/** To be called when the task has ended. */
export function publishSpan(lane: string, task: unknown, startMs: number): void {
  if (spans.hasSubscribers) spans.publish({ lane, task, startMs, endMs: spanNow() } satisfies Span)
}
