/**
 * The rows of a pragma. Invariants: run as a statement, never as a table-valued function: a user's table may be named
 * `pragma_table_xinfo`, and would be read instead; `table_list` is none of them, since it prepares every view, which may take for ever.
 */
import { quoteSqlite } from '../../syntax/sqlite-names.ts'
import type { SqliteDatabase } from './sqlite.ts'

export function pragmaRows<Row>(
  db: SqliteDatabase,
  pragma:
    | 'table_xinfo'
    | 'index_list'
    | 'index_info'
    | 'index_xinfo'
    | 'foreign_key_list'
    | 'collation_list'
    | 'function_list'
    | 'quick_check',
  /** Of the table or the index; none for all tables. */
  name: string | null,
): Row[] {
  const argument = name === null ? '' : `(${quoteSqlite(name)})`
  return db.prepare<[], Row>(`pragma main.${pragma}${argument}`).all()
}

/** Only such a table is listed as an index is (https://www.sqlite.org/pragma.html#pragma_index_info). */
export function isWithoutRowid(db: SqliteDatabase, table: string): boolean {
  return pragmaRows(db, 'index_info', table).length > 0
}
