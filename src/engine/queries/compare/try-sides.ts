/** What trying a reading statement needs, and its result. */
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
      /** The result's columns whose names PostgreSQL returns in lower case. */
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
  /** SQLite itself fails. */
  | { readonly kind: 'no-answer'; readonly message: string }

export type TrySides = {
  readonly db: SqliteDatabase
  readonly connection: Connection
  readonly session: ForeignSession
  readonly tables: readonly KnownTable[]
  /** Adds the common tables of a trial to PostgreSQL's statement. */
  readonly decorate: (sql: string) => string
  readonly zone: string
  /** The rows are generated, so that it does not matter which of equal rows a LIMIT cuts off. */
  readonly isTrial: boolean
}

export type TryTexts = { readonly sqlite: string; readonly postgres: BoundText }
