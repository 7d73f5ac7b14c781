/** A statement of the DDL, with the object that it creates. Pure. */
import type { TableName } from '../../model/target-schema.ts'
import { quoteIdentifier } from '../../syntax/postgres-names.ts'

export type Statement = {
  /** One statement without the semicolon, one clause a line. */
  readonly sql: string
  /** The object that it creates or changes. */
  readonly object: { readonly kind: ObjectKind; readonly schema: string | null; readonly name: string }
  /** The table that the object belongs to; null for an object of no table. */
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
