import type { ServerValue } from './conversion.ts'

/** A source column whose target's type only the server reads. */
export type ServerPlace = Pick<ServerColumn, 'database' | 'table' | 'column' | 'type'>

/** A source column that fills a column of a type which only the server reads. */
export type ServerColumn = {
  readonly database: string
  readonly table: string
  readonly column: string
  /** Of the target column, as the server spells it. */
  readonly type: string
  /** By the source's text. Null where the server cannot be asked: the type has no binary form, or the texts are too many. */
  readonly values: Readonly<Record<string, ServerValue | null>> | null
  /** Why it is null, as the end of a sentence. */
  readonly why: string | null
  /** Rows whose text the server refuses, or would change. */
  readonly refused: number
}
