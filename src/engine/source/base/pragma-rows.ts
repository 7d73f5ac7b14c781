/**
 * Reads the rows of a pragma. Invariants: a pragma runs as a statement, never as a table-valued function, because a user's table might be
 * named `pragma_table_xinfo` and be read instead; `table_list` is not used, because it prepares every view, which may never end.
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
  /** The table or index; null for all tables. */
  name: string | null,
): Row[] {
  const argument = name === null ? '' : `(${quoteSqlite(name)})`
  return db.prepare<[], Row>(`pragma main.${pragma}${argument}`).all()
}

/** Only a WITHOUT ROWID table is listed like an index (https://www.sqlite.org/pragma.html#pragma_index_info). */
export function isWithoutRowid(db: SqliteDatabase, table: string): boolean {
  return pragmaRows(db, 'index_info', table).length > 0
}
