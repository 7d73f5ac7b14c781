import type { PlanEdit } from './plan.ts'

/** Something that a person should know before or after a run. Codes are stable; their sentences live in `finding-codes.ts`. */
export type Finding = {
  readonly severity: 'error' | 'warning' | 'notice'
  readonly code: string
  /** A whole sentence that names the thing. */
  readonly message: string
  /** What to do, when there is something. */
  readonly hint?: string
  readonly tableId?: string
  readonly database?: string
  readonly table?: string
  readonly column?: string
  readonly count?: number
  /** Up to five: a key and the value, both printable. */
  /** Changes to the plan that would settle it. */
  readonly fixes?: readonly PlanEdit[]
  readonly samples?: readonly { readonly key: string; readonly value: string }[]
}

/** A difference between the mapping's DDL as written and what is created, with its reason. */
export type Amendment = {
  readonly code: string
  readonly table: string
  readonly message: string
}
