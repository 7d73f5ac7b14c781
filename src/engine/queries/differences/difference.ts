/**
 * A difference between the two dialects, as data: what is said about it, and what shows it. Invariant: an example is a statement that both
 * sides answer, or one refuses.
 */
export type Difference = {
  /** Stable. */
  readonly code: string
  readonly what: string
  readonly instead: string
  /** Silent: other rows without an error. */
  readonly isSilent?: boolean
  /** What shows it in the sketch of a statement (`sketch.ts`); absent where columns' types or the rows decide. */
  readonly seen?: RegExp
  /** SQLSTATEs of the refusals that it explains. */
  readonly states?: readonly string[]
  /** It certainly explains those with this message, and others only where the statement shows it. */
  readonly message?: RegExp
}

export type ShownDifference = Difference & {
  /** Executed as it is on both sides. */
  readonly example: string
  readonly sqlite: string
  /** What PostgreSQL answers where a language's collation decides, or `error` and its SQLSTATE. */
  readonly postgres: string
}
