/** What the library's calls have in common: an engine each, or one that several share; a signal; events. */
import { EngineProcess } from '../engine/door/index.ts'
import type { RunEvent } from '../engine/model/event.ts'

/** A running engine: a process of its own. End it with `close`. */
export type Engine = {
  /** Resolves when the process is gone. */
  readonly close: () => Promise<void>
}

export type Watching = {
  /** Stops at the next block boundary; what was copied stays, and the same call resumes it. */
  readonly signal?: AbortSignal | undefined
  /** Called with each event, in order; plain data, as `--json` prints it. */
  readonly onEvent?: ((event: RunEvent) => void) | undefined
  /** An engine that other calls use too; by default each call starts one, and ends it. */
  readonly engine?: Engine | undefined
}

export const watchingNames = ['signal', 'onEvent', 'engine']

/** Starts an engine for several calls, which saves each of them its start. */
export function openEngine(): Engine {
  return new EngineProcess()
}
