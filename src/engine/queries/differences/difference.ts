/**
 * A difference between the two dialects, as data: its description, and what shows it. Invariant: an example is a statement that both sides
 * execute, or that one of them refuses.
 */
export type Difference = {
  /** Stable. */
  readonly code: string
  readonly what: string
  readonly instead: string
  /** The rows differ without an error. */
  readonly isSilent?: boolean
  /** Matches the sketch of a statement that may meet it (`sketch.ts`); absent when columns' types or the rows decide. */
  readonly seen?: RegExp
  /** SQLSTATEs of the refusals that it explains. */
  readonly states?: readonly string[]
  /** Matches the messages of refusals that it certainly explains; other refusals it explains only when the statement shows it. */
  readonly message?: RegExp
}

export type ShownDifference = Difference & {
  /** Executed as it is on both sides. */
  readonly example: string
  readonly sqlite: string
  /** PostgreSQL's result under a language's collation, or `error` and the SQLSTATE. */
  readonly postgres: string
}

/** Returns a difference that PostgreSQL reports: it refuses the example. `signs.states`: SQLSTATEs besides the example's. */
export const refused = (
  code: string,
  what: string,
  [example, sqlite, sqlstate]: readonly [string, string, string],
  instead: string,
  signs: Pick<Difference, 'seen' | 'states' | 'message'> = {},
): ShownDifference => ({
  ...{ code, what, example, sqlite, postgres: `error ${sqlstate}`, instead },
  ...signs,
  states: [sqlstate, ...(signs.states ?? [])],
})
