import type { Piece } from './scan-literals.ts'

/** A text of a program or a log that may be SQL; it becomes a statement when SQLite can prepare it. */
export type CollectedText = {
  readonly pieces: readonly Piece[]
  readonly file: string
  /** Returns the line of an offset in the text, in characters. */
  readonly lineAt: (offset: number) => number
  /** The text is passed to a function whose name says that it takes SQL. */
  readonly isGivenToDatabase: boolean
  /** The text was a condition, and was completed to a statement here; it is dropped when it fits no table. */
  readonly isFragment?: true
  /** The parameters with which the statement was run. */
  readonly parameters?: readonly (string | number | null)[]
  /** The statement contains its values instead of placeholders, as in a log. */
  readonly isLogged?: true
}
