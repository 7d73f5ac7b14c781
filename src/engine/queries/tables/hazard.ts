/** A difference of the dialects that a statement may meet, and what is needed to find it. */
import type { KnownTable } from './known-tables.ts'

export type Hazard = {
  readonly code: string
  readonly isCertain: boolean
  /** Certain, though trial rows need not show it: for instance, two columns must happen to hold the same letters in another case. */
  readonly isBeyondTrials?: true
  readonly detail: string
}

export type HazardGround = {
  readonly tables: readonly KnownTable[]
  /** The target's database orders text by bytes. */
  readonly hasByteOrder: boolean
  /** Whether all sampled texts of the column are times of one form. */
  readonly isTimeText: (table: KnownTable, column: KnownTable['columns'][number]) => boolean
}

export type Add = (code: string, isCertain?: boolean, detail?: string) => void
