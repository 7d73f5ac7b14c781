import type { Piece } from './scan-literals.ts'

/** A text of a program or a log that may be SQL; it becomes a statement when SQLite says so. */
export type CollectedText = {
  readonly pieces: readonly Piece[]
  readonly file: string
  /** The line of the place in the text, counted in characters from its beginning. */
  readonly lineAt: (offset: number) => number
  /** Given to a function whose name says that it takes SQL. */
  readonly isGivenToDatabase: boolean
  /** A condition that was made a statement here: what is on no table is none. */
  readonly isFragment?: true
  /** Parameters that it was run with. */
  readonly parameters?: readonly (string | number | null)[]
  /** Its values are written into it, as a log shows them. */
  readonly isLogged?: true
}
