/** What a try of a statement that reads stands on, and what comes of it. */
import type { SqliteDatabase } from '../../source/base/sqlite.ts'
import type { Connection } from '../../target/connection/connection.ts'
import type { ForeignSession } from '../../target/guards/foreign-statement.ts'
import type { BoundText } from '../statement/statement-text.ts'
import type { KnownTable } from '../tables/known-tables.ts'
import type { RowDifference } from './compare-outcomes.ts'

export type TryResult =
  | {
      readonly kind: 'same'
      readonly rows: number
      readonly sqliteMs: number
      readonly postgresMs: number
      /** Names of the result's columns that come in other letters. */
      readonly renamed: readonly string[]
    }
  | {
      readonly kind: 'different'
      readonly difference: RowDifference
      readonly sqliteMs: number
      readonly postgresMs: number
    }
  | {
      readonly kind: 'refused'
      readonly sqlstate: string
      readonly message: string
      readonly sqliteRows: number
    }
  /** SQLite itself has no answer. */
  | { readonly kind: 'no-answer'; readonly message: string }

export type TrySides = {
  readonly db: SqliteDatabase
  readonly connection: Connection
  readonly session: ForeignSession
  readonly tables: readonly KnownTable[]
  /** What is put before the statement for PostgreSQL. */
  readonly decorate: (sql: string) => string
  readonly zone: string
  /** Rows that are made up: which of equal ones a LIMIT cuts off says nothing. */
  readonly isTrial: boolean
}

export type TryTexts = { readonly sqlite: string; readonly postgres: BoundText }
