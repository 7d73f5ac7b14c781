import type { Expression, OrderingTerm, Window } from './expression.ts'

/** A `select` of SQLite as data (https://www.sqlite.org/lang_select.html). */
export type Select = {
  readonly with: readonly CommonTable[]
  /** The simple selects; each but the first has the operator that joins it to those before it. */
  readonly cores: readonly SelectCore[]
  readonly orderBy: readonly OrderingTerm[]
  readonly limit: Expression | null
  readonly offset: Expression | null
}

export type CommonTable = {
  readonly name: string
  readonly columns: readonly string[] | null
  /** Null when the planner decides. */
  readonly isMaterialized: boolean | null
  readonly select: Select
}

export type SelectCore = {
  /** Null for the first. */
  readonly operator: 'union' | 'union all' | 'intersect' | 'except' | null
  readonly isDistinct: boolean
  readonly results: readonly ResultColumn[]
  readonly from: readonly Joined[]
  readonly where: Expression | null
  readonly groupBy: readonly Expression[]
  readonly having: Expression | null
  /** The windows of the WINDOW clause. */
  readonly windows: readonly { readonly name: string; readonly window: Window }[]
}

export type ResultColumn =
  /** `*`, or `table.*`. */
  | { readonly kind: 'all'; readonly table: string | null }
  | {
      readonly kind: 'expression'
      readonly expression: Expression
      readonly alias: string | null
      /** The expression as written. */
      readonly sql: string
    }

/** A table of FROM, joined to all before it; the first one's `join` has no meaning. */
export type Joined = {
  readonly join: 'inner' | 'left' | 'right' | 'full'
  readonly isNatural: boolean
  readonly source: FromSource
  readonly on: Expression | null
  readonly using: readonly string[] | null
}

export type FromSource =
  | {
      readonly kind: 'table'
      readonly name: string
      /** The name is written with a schema, and so does not name a common table. */
      readonly isQualified: boolean
      readonly alias: string | null
    }
  | { readonly kind: 'select'; readonly select: Select; readonly alias: string | null }
  /** A table-valued function (https://www.sqlite.org/vtab.html#tabfunc2). */
  | {
      readonly kind: 'function'
      readonly name: string
      readonly arguments: readonly Expression[]
      readonly alias: string | null
    }
  /** A join in parentheses. */
  | { readonly kind: 'joined'; readonly from: readonly Joined[] }
