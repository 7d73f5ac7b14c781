/** What all the library's calls take: an engine of their own or a shared one, a signal, a listener for events. */
import { EngineProcess } from '../engine/door/index.ts'
import type { RunEvent } from '../engine/model/event.ts'

/** A running engine: a process of its own. End it with `close`. */
export type Engine = {
  /** Resolves when the process has ended. */
  readonly close: () => Promise<void>
}

export type Watching = {
  /** Stops at the next block boundary; copied rows stay, and the same call resumes the run. */
  readonly signal?: AbortSignal | undefined
  /** Called with each event, in order; plain data, as `--json` prints it. */
  readonly onEvent?: ((event: RunEvent) => void) | undefined
  /** An engine that other calls use too; by default each call starts one and ends it. */
  readonly engine?: Engine | undefined
}

/** Starts an engine for several calls, which saves starting one for each. */
export function openEngine(): Engine {
  return new EngineProcess()
}
