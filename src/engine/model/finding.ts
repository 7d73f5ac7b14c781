import type { PlanEdit } from './plan-edit.ts'

/** Something that the user should know before or after a run. Codes are stable. */
export type Finding = {
  readonly severity: 'error' | 'warning' | 'notice'
  readonly code: string
  /** A whole sentence that names what it is about. */
  readonly message: string
  /** What to do, if anything. */
  readonly hint?: string
  readonly tableId?: string
  readonly database?: string
  readonly table?: string
  readonly column?: string
  readonly count?: number
  /** Changes to the plan that would resolve it. */
  readonly fixes?: readonly PlanEdit[]
  /** Up to five keys with their values, both printable. */
  readonly samples?: readonly { readonly key: string; readonly value: string }[]
}

/** Code of the finding about rows of a damaged database that cannot be read. */
export const ROWS_NOT_READABLE = 'rows-not-readable'

/** Code of the notice about the time unit that a column's numbers are read in; shown before anything is written. */
export const EPOCH_RECOGNISED = 'epoch-recognised'

/** A difference between the mapping's DDL and what is created, with its reason. */
export type Amendment = {
  readonly code: string
  readonly table: string
  readonly message: string
}
