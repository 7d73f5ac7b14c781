/**
 * The rows of a pragma. Invariant: run as a statement, never as a table-valued function: a user's table may be named
 * `pragma_table_list`, and would be read instead.
 */
import { quoteSqlite } from '../../syntax/sqlite-names.ts'
import type { SqliteDatabase } from './sqlite.ts'

export function pragmaRows<Row>(
  db: SqliteDatabase,
  pragma:
    | 'table_xinfo'
    | 'index_list'
    | 'index_xinfo'
    | 'foreign_key_list'
    | 'table_list'
    | 'collation_list'
    | 'function_list',
  /** Of the table or the index; none for all tables. */
  name: string | null,
): Row[] {
  const argument = name === null ? '' : `(${quoteSqlite(name)})`
  return db.prepare<[], Row>(`pragma main.${pragma}${argument}`).all()
}
