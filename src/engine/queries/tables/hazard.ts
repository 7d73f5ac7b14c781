/** A difference of the dialects that a statement may run into, and what tells of it. */
import type { KnownTable } from './known-tables.ts'

export type Hazard = {
  readonly code: string
  readonly isCertain: boolean
  /** Certain, and the rows made up need not show it: two columns must happen to hold the same letters in another case. */
  readonly isBeyondTrials?: true
  readonly detail: string
}

export type HazardGround = {
  readonly tables: readonly KnownTable[]
  /** Text of the target's database is ordered by its bytes. */
  readonly hasByteOrder: boolean
  /** All of the column's texts are times of one form, as far as was looked. */
  readonly isTimeText: (table: KnownTable, column: KnownTable['columns'][number]) => boolean
}

export type Add = (code: string, isCertain?: boolean, detail?: string) => void
