/** An expression of SQLite's SQL as data. */
export type Expression =
  | { readonly kind: 'null' }
  | { readonly kind: 'integer'; readonly text: string }
  | { readonly kind: 'real'; readonly text: string }
  | { readonly kind: 'string'; readonly text: string }
  | { readonly kind: 'blob'; readonly hex: string }
  | { readonly kind: 'boolean'; readonly value: boolean }
  /** `?1`: only numbered parameters can be identified in a part of a statement. */
  | { readonly kind: 'parameter'; readonly number: number }
  | { readonly kind: 'now'; readonly what: 'timestamp' | 'date' | 'time' }
  /** `double`: written in double quotes, and so a string when no column has the name. */
  | { readonly kind: 'name'; readonly name: string; readonly table: string | null; readonly double: boolean }
  | { readonly kind: 'unary'; readonly operator: '-' | '+' | '~' | 'not'; readonly operand: Expression }
  | {
      readonly kind: 'binary'
      readonly operator: BinaryOperator
      readonly left: Expression
      readonly right: Expression
    }
  | { readonly kind: 'collate'; readonly operand: Expression; readonly collation: string }
  | { readonly kind: 'is-null'; readonly operand: Expression; readonly negated: boolean }
  | {
      readonly kind: 'between'
      readonly operand: Expression
      readonly low: Expression
      readonly high: Expression
      readonly negated: boolean
    }
  | {
      readonly kind: 'in'
      readonly operand: Expression
      readonly list: readonly Expression[]
      readonly negated: boolean
    }
  | {
      readonly kind: 'match'
      readonly operator: 'like' | 'glob' | 'regexp' | 'match'
      readonly operand: Expression
      readonly pattern: Expression
      readonly escape: Expression | null
      readonly negated: boolean
    }
  | {
      readonly kind: 'case'
      readonly operand: Expression | null
      readonly branches: readonly { readonly when: Expression; readonly result: Expression }[]
      readonly otherwise: Expression | null
    }
  | { readonly kind: 'cast'; readonly operand: Expression; readonly type: string }
  | FunctionCall
  /** A row value (https://www.sqlite.org/rowvalue.html). */
  | { readonly kind: 'row'; readonly values: readonly Expression[] }
  /** A scalar subquery: the value of its first row. `select`: its text, which `parse-select.ts` parses. */
  | { readonly kind: 'subquery'; readonly select: string }
  | { readonly kind: 'exists'; readonly select: string }
  | {
      readonly kind: 'in-subquery'
      readonly operand: Expression
      readonly select: string
      readonly negated: boolean
    }

export type FunctionCall = {
  readonly kind: 'call'
  readonly name: string
  readonly arguments: readonly Expression[]
  /** The clauses of aggregate and window functions (https://www.sqlite.org/lang_aggfunc.html); absent when the call has none. */
  readonly aggregate?: {
    readonly isDistinct: boolean
    readonly hasStar: boolean
    readonly orderBy: readonly OrderingTerm[]
    readonly filter: Expression | null
    readonly over: Window | null
  }
}

/** https://www.sqlite.org/windowfunctions.html */
export type Window = {
  /** The name of the window that is used or extended. */
  readonly base: string | null
  /** The window named by `base` is used unchanged, with its frame. */
  readonly isWhole: boolean
  readonly partitionBy: readonly Expression[]
  readonly orderBy: readonly OrderingTerm[]
  readonly frame: Frame | null
}

export type Frame = {
  readonly unit: 'rows' | 'range' | 'groups'
  readonly from: FrameBound
  /** Null for the current row. */
  readonly to: FrameBound | null
  readonly exclude: 'current row' | 'group' | 'ties' | null
}

export type FrameBound = {
  readonly direction: 'preceding' | 'following' | 'current row'
  /** Null for UNBOUNDED and for CURRENT ROW. */
  readonly distance: Expression | null
}

export type OrderingTerm = {
  readonly expression: Expression
  readonly descending: boolean
  /** Null for SQLite's default: first when ascending, last when descending. */
  readonly nulls: 'first' | 'last' | null
}

export type BinaryOperator =
  | 'or'
  | 'and'
  | '='
  | '<>'
  | 'is'
  | 'is not'
  | '<'
  | '<='
  | '>'
  | '>='
  | '&'
  | '|'
  | '<<'
  | '>>'
  | '+'
  | '-'
  | '*'
  | '/'
  | '%'
  | '||'
  | '->'
  | '->>'
