import type { PlainError } from '../model/errors.ts'
import type { EngineCommand, RunEvent } from '../model/event.ts'

/** Messages to the engine's process. */
export type ToEngine =
  | { readonly type: 'call'; readonly id: number; readonly name: string; readonly request: unknown }
  | { readonly type: 'command'; readonly command: EngineCommand }
  /** Announces a call of that name, so that its modules can be loaded. */
  | { readonly type: 'expect'; readonly name: string }

/** Messages from the engine's process: any number of events, then one answer for each call. */
export type FromEngine =
  | { readonly type: 'event'; readonly id: number; readonly event: RunEvent }
  | { readonly type: 'answer'; readonly id: number; readonly result: unknown }
  | { readonly type: 'failure'; readonly id: number; readonly error: PlainError }
