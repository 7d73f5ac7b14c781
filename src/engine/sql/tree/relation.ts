import type { OrderingTerm } from './expression.ts'
import type { Printed, ScopeColumn } from './scope.ts'

/** What a select reads and returns, as data: relations, their columns, and how names are looked up. */

/** What FROM can name: a table, a view, a result of another select. */
export type Relation = {
  /** As written in FROM. */
  readonly sql: string
  readonly columns: readonly SelectedColumn[]
  /** Target names of the columns of its primary key. */
  readonly primaryKey?: readonly string[]
  /** Target names of the columns in whose order SQLite reads its rows without an index; absent where they are unknown. */
  readonly scanOrder?: readonly string[]
  /** The terms of a subquery's own ORDER BY, by its alias; absent where it has none, or one of what is no column of it. */
  readonly givenOrder?: (alias: string) => readonly string[]
  /** Column of a name that is no column's, such as rowid. */
  readonly hidden?: (name: string) => SelectedColumn | undefined
}

/** A column of a table or a result: what a table's column is, unchanged, or what was calculated. */
export type SelectedColumn = {
  /** In SQLite. */
  readonly name: string
  readonly target: string
  readonly column: ScopeColumn | null
  /** Null when `column` is given; with neither, the column is not moved. */
  readonly printed: Printed | null
}

export type SelectGround = {
  /** A table or a view by its name in SQLite; undefined when there is none. Throws Untranslatable for one that is not moved. */
  readonly relation: (name: string, isQualified: boolean) => Relation | undefined
  /** Major version of the server. */
  readonly major: number
  /** It is run by the application's sessions, in their time zone. */
  readonly isOfSession?: true
}

export type PrintedSelect = {
  readonly sql: string
  readonly columns: readonly SelectedColumn[]
  /** Its ORDER BY in terms of the columns; absent without one, or where a term is none of them. */
  readonly orderedBy?: readonly { readonly column: number; readonly term: OrderingTerm }[]
}
