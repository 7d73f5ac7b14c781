import type { CatalogColumn } from '../model/catalog.ts'
import type { Conversion } from '../model/conversion.ts'

/** The columns that an expression can name, and what they have become in the target. */
export type Scope = {
  readonly column: (name: string) => ScopeColumn | undefined
  /**
   * `generated` must give the very value that SQLite gives, `check` and `index` the same truth and the same order;
   * the latter two and `generated` may only use what never changes.
   */
  readonly purpose: 'check' | 'index' | 'generated'
  /** Major version of the server. */
  readonly major: number
}

export type ScopeColumn = {
  readonly target: string
  readonly type: string
  readonly conversion: Conversion
  readonly affinity: CatalogColumn['affinity']
  readonly collation: string
  /** Its values had several storage classes, so that comparing them is SQLite's own affair. */
  readonly isMixed: boolean
  readonly isGenerated: boolean
}

export type Kind =
  | 'integer'
  | 'double'
  | 'numeric'
  | 'text'
  | 'boolean'
  /** A boolean column whose values are texts in SQLite, where they are neither numbers nor truth. */
  | 'boolean-text'
  | 'timestamptz'
  | 'timestamp'
  | 'date'
  | 'time'
  | 'uuid'
  | 'json'
  | 'bytea'
  | 'null'

export function kindOfType(type: string): Kind | null {
  if (/^(smallint|integer|bigint)$/.test(type)) return 'integer'
  if (type === 'double precision') return 'double'
  if (type.startsWith('numeric')) return 'numeric'
  if (type === 'text' || type.startsWith('character varying')) return 'text'
  if (type === 'timestamp with time zone') return 'timestamptz'
  if (type === 'timestamp without time zone') return 'timestamp'
  if (type === 'time without time zone') return 'time'
  if (type === 'json' || type === 'jsonb') return 'json'
  if (type === 'boolean' || type === 'date' || type === 'uuid' || type === 'bytea') return type
  return null
}

/** An expression that means something else in PostgreSQL, or nothing. The message says what. */
export class Untranslatable extends Error {}
