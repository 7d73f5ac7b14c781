/** Verdicts on an application's SQL statements: plain data, and the format of queries.json. */

export const queryVerdicts = ['same', 'rewritten', 'differs', 'fails', 'slower', 'not-judged'] as const

/**
 * `same`: the same rows in both databases · `rewritten`: not as it is, but the given rewrite returns the same rows · `differs`: other
 * rows, values, types or order, without an error · `fails`: PostgreSQL refuses it · `slower`: the same rows, much slower · `not-judged`:
 * no verdict is possible, for a reason.
 */
export type QueryVerdict = (typeof queryVerdicts)[number]

/** `control`: BEGIN, COMMIT, SAVEPOINT · `setting`: PRAGMA · `schema`: CREATE, ALTER, DROP · `maintenance`: ATTACH, VACUUM, ANALYZE. */
export type StatementKind = 'read' | 'write' | 'schema' | 'control' | 'setting' | 'maintenance'

export type Origin = {
  /** As the search found it; relative to the current folder when it is below it. */
  readonly file: string
  /** From 1. */
  readonly line: number
}

/** An execution that shows the difference. */
export type QueryExample = {
  readonly parameters: readonly string[]
  /** False when it uses rows that do not exist at present. */
  readonly isOnRealRows: boolean
  readonly sqlite: string
  readonly postgres: string
}

export type IndexProposal = {
  /** A CREATE INDEX statement for the target. */
  readonly sql: string
  /** Milliseconds of the statement without and with the index, measured; null when it could not be tried. */
  readonly measured: { readonly before: number; readonly after: number } | null
}

export type JudgedStatement = {
  /** Derived from the normalized SQL, so that it is the same in the next report. */
  readonly id: string
  readonly origins: readonly Origin[]
  readonly sql: string
  readonly kind: StatementKind
  /** Name of the source database in which it is valid SQL; null when it is valid in none. */
  readonly database: string | null
  readonly verdict: QueryVerdict
  /** Stable codes, most important first. */
  readonly reasons: readonly string[]
  /** One or two sentences. */
  readonly detail: string
  readonly rewrite: string | null
  /** Number of parameter lists, or samples of rows, that were tried. */
  readonly parametersTried: number
  readonly time: { readonly sqliteMs: number; readonly postgresMs: number } | null
  readonly example: QueryExample | null
  /** EXPLAIN (ANALYZE, BUFFERS) of a slower statement. */
  readonly explain: readonly string[] | null
  readonly index: IndexProposal | null
  /** Whether the baseline report has it with the same verdict. */
  readonly isKnown: boolean
}

export type QueriesReport = {
  readonly version: 1
  readonly statements: readonly JudgedStatement[]
  readonly totals: {
    readonly same: number
    readonly rewritten: number
    readonly differs: number
    readonly fails: number
    readonly slower: number
    readonly notJudged: number
  }
  readonly exitCode: 0 | 9
  readonly run: string
  readonly target: { readonly host: string; readonly database: string; readonly version: string }
  /** The schemas in which the statements were executed, in the form of `search_path`. */
  readonly searchPath: readonly string[]
  readonly files: number
  readonly seconds: number
}
