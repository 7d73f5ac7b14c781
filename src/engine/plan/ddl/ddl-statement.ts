/** A statement of the DDL, with the object that it creates. Pure. */
import type { TableName } from '../../model/target-schema.ts'
import { quoteIdentifier } from '../../syntax/postgres-names.ts'

/**
 * The target schema as SQL statements, in the order in which they run. Invariant: every name is quoted, every type is one of
 * PostgreSQL's own, and what depends on a table's rows (keys, checks, indexes, references) comes after the load.
 */

export type Statement = {
  /** One statement without the semicolon, one clause a line. */
  readonly sql: string
  /** What it makes, or what it says something of. */
  readonly object: { readonly kind: ObjectKind; readonly schema: string | null; readonly name: string }
  /** The table that it belongs to, if one. */
  readonly table: TableName | null
}

export type ObjectKind =
  | 'extension'
  | 'schema'
  | 'sequence'
  | 'table'
  | 'sequence-owner'
  | 'partition'
  | 'hypertable'
  | 'distribution'
  | 'comment'
  | 'primary-key'
  | 'unique'
  | 'check'
  | 'check-validation'
  | 'index'
  | 'foreign-key'
  | 'foreign-key-validation'
  | 'view'

export function statement(
  kind: ObjectKind,
  schema: string | null,
  name: string,
  table: TableName | null,
  lines: readonly string[],
): Statement {
  const owner = table === null ? null : { schema: table.schema, table: table.table }
  return { sql: lines.join('\n'), object: { kind, schema, name }, table: owner }
}

export function list(columns: readonly string[]): string {
  return `(${columns.map(quoteIdentifier).join(', ')})`
}
