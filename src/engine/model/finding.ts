import type { PlanEdit } from './plan-edit.ts'

/** Something that a person should know before or after a run. Codes are stable. */
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
  /** Changes to the plan that would settle it. */
  readonly fixes?: readonly PlanEdit[]
  /** Up to five: a key and the value, both printable. */
  readonly samples?: readonly { readonly key: string; readonly value: string }[]
}

/** The code of a finding about rows of a damaged database that cannot be read any more. */
export const ROWS_NOT_READABLE = 'rows-not-readable'

/** The code of a notice of the unit of time in which a column's numbers are read: shown before anything is written. */
export const EPOCH_RECOGNISED = 'epoch-recognised'

/** A difference between the mapping's DDL as written and what is created, with its reason. */
export type Amendment = {
  readonly code: string
  readonly table: string
  readonly message: string
}
