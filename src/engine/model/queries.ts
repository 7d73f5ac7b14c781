/** What is said of an application's SQL statements on both sides: plain data, and the shape of queries.json. */

export const queryVerdicts = ['same', 'rewritten', 'differs', 'fails', 'slower', 'not-judged'] as const

/**
 * `same`: the same rows on both sides · `rewritten`: not as it is, but the rewrite that is given has the same rows · `differs`: other
 * rows, values, types or another order, without an error · `fails`: PostgreSQL refuses it · `slower`: the same rows, much later ·
 * `not-judged`: nothing can be said, for a reason.
 */
export type QueryVerdict = (typeof queryVerdicts)[number]

/** `control`: BEGIN, COMMIT, SAVEPOINT · `setting`: PRAGMA · `schema`: CREATE, ALTER, DROP · `maintenance`: ATTACH, VACUUM, ANALYZE. */
export type StatementKind = 'read' | 'write' | 'schema' | 'control' | 'setting' | 'maintenance'

export type Origin = {
  /** As the search found it, relative to where the command was started when it is below. */
  readonly file: string
  /** From 1. */
  readonly line: number
}

/** A try that shows the difference. */
export type QueryExample = {
  readonly parameters: readonly string[]
  /** False when it takes rows that are not there today. */
  readonly isOnRealRows: boolean
  readonly sqlite: string
  readonly postgres: string
}

export type IndexProposal = {
  /** A CREATE INDEX statement for the target. */
  readonly sql: string
  /** Milliseconds of the statement without and with it, measured; null where it could not be tried. */
  readonly measured: { readonly before: number; readonly after: number } | null
}

export type JudgedStatement = {
  /** Of the normalized SQL: the same in the next report. */
  readonly id: string
  readonly origins: readonly Origin[]
  readonly sql: string
  readonly kind: StatementKind
  /** Name of the source database in which it is SQL; null for a statement of none. */
  readonly database: string | null
  readonly verdict: QueryVerdict
  /** Stable codes, the weightiest first. */
  readonly reasons: readonly string[]
  /** One or two sentences. */
  readonly detail: string
  readonly rewrite: string | null
  /** How many lists of parameters, or samples of rows, were tried. */
  readonly parametersTried: number
  readonly time: { readonly sqliteMs: number; readonly postgresMs: number } | null
  readonly example: QueryExample | null
  /** EXPLAIN (ANALYZE, BUFFERS) of a slower one. */
  readonly explain: readonly string[] | null
  readonly index: IndexProposal | null
  /** Stood with this verdict in the report given as baseline. */
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
  /** The schemas in which the statements were run, as `search_path` takes them. */
  readonly searchPath: readonly string[]
  readonly files: number
  readonly seconds: number
}
