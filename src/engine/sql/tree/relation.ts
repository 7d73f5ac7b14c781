import type { OrderingTerm } from './expression.ts'
import type { Printed, ScopeColumn } from './scope.ts'

/** The types of what a select reads and returns: relations, their columns, and the lookup of names. */

/** A table, a view or a select's result, as FROM can name it. */
export type Relation = {
  /** The SQL to write in FROM. */
  readonly sql: string
  readonly columns: readonly SelectedColumn[]
  /** Target names of the primary key's columns. */
  readonly primaryKey?: readonly string[]
  /** Target names of the columns in whose order SQLite reads the rows without an index; absent when unknown. */
  readonly scanOrder?: readonly string[]
  /** Returns the terms of a subquery's ORDER BY for its alias; absent when it has none, or a term is not a result column. */
  readonly givenOrder?: (alias: string) => readonly string[]
  /** Returns the column for a name that `*` does not include, such as rowid. */
  readonly hidden?: (name: string) => SelectedColumn | undefined
}

/** A column of a table or of a result: a table's column, unchanged, or a calculated value. */
export type SelectedColumn = {
  /** The name in SQLite; `target`: the name in PostgreSQL. */
  readonly name: string
  readonly target: string
  readonly column: ScopeColumn | null
  /** Null when `column` is given; with neither, the column is not moved. */
  readonly printed: Printed | null
}

export type SelectGround = {
  /** Returns a table or view by its name in SQLite; undefined when there is none. Throws Untranslatable for one that is not moved. */
  readonly relation: (name: string, isQualified: boolean) => Relation | undefined
  /** Major version of the server. */
  readonly major: number
  /** The statement runs in the application's sessions, in their time zone. */
  readonly isOfSession?: true
}

export type PrintedSelect = {
  readonly sql: string
  readonly columns: readonly SelectedColumn[]
  /** The ORDER BY in terms of the columns; absent when there is none, or a term is not a result column. */
  readonly orderedBy?: readonly { readonly column: number; readonly term: OrderingTerm }[]
}
