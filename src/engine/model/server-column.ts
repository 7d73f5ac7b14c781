import type { ServerValue } from './conversion.ts'

/** A source column that fills a column of a type which only the server can parse. */
export type ServerPlace = Pick<ServerColumn, 'database' | 'table' | 'column' | 'type'>

/** The same, with the server's results for its values. */
export type ServerColumn = {
  readonly database: string
  readonly table: string
  readonly column: string
  /** Type of the target column, as the server spells it. */
  readonly type: string
  /** By the source's text. Null when the server cannot be asked: the type has no binary form, or there are too many texts. */
  readonly values: Readonly<Record<string, ServerValue | null>> | null
  /** Why `values` is null, as the end of a sentence. */
  readonly why: string | null
  /** Number of rows whose text the server refuses or would change. */
  readonly refused: number
}
