/** A difference between the two dialects, as data. Invariant: its example is a statement that both sides answer, or one refuses. */
export type Difference = {
  /** Stable. */
  readonly code: string
  readonly what: string
  /** Carried out as it is on both sides. */
  readonly example: string
  readonly sqlite: string
  /** What PostgreSQL answers, or `error` and its SQLSTATE. */
  readonly postgres: string
  readonly instead: string
  /** Silent: other rows without an error. */
  readonly isSilent: boolean
  /** The answer is that of a database whose order of text is a language's. */
  readonly needsLanguageOrder?: true
}
