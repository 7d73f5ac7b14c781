import type { PlainError } from '../model/errors.ts'
import type { EngineCommand, RunEvent } from '../model/event.ts'

/** What is said to the engine's process. */
export type ToEngine =
  | { readonly type: 'call'; readonly id: number; readonly name: string; readonly request: unknown }
  | { readonly type: 'command'; readonly command: EngineCommand }
  /** A call of that name will come: its code may be loaded. */
  | { readonly type: 'expect'; readonly name: string }

/** What the engine's process says: any number of events, then one answer for each call. */
export type FromEngine =
  | { readonly type: 'event'; readonly id: number; readonly event: RunEvent }
  | { readonly type: 'answer'; readonly id: number; readonly result: unknown }
  | { readonly type: 'failure'; readonly id: number; readonly error: PlainError }
