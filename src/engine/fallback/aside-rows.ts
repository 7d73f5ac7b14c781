/**
 * Rows of the target that the old layout refuses, kept beside the files. Invariant: they are written in the same transaction as the rows of
 * the files.
 */

import type { StoredCell } from '../model/storage.ts'
import type { SqliteDatabase } from '../source/base/sqlite.ts'
import type { Cells } from './cells.ts'

export const ASIDE_DDL =
  'create table aside (table_id text, match text, reason text, cells text, primary key (table_id, match)) without rowid'

/** A row of the target that the old layout refuses; `cells`: the cells that it should have had, by source column. */
export type AsideRow = {
  readonly tableId: string
  readonly reason: string
  readonly cells: Readonly<Record<string, StoredCell>>
}

/** The refused rows of one table. */
export class AsideRows {
  readonly #tableId: string
  readonly #put
  readonly #remove

  constructor(db: SqliteDatabase, tableId: string) {
    this.#tableId = tableId
    this.#put = db.prepare(
      'insert or replace into aside (table_id, match, reason, cells) values (?, ?, ?, ?)',
    )
    this.#remove = db.prepare('delete from aside where table_id = ? and match = ?')
  }

  /** `cells`: the cells that the row should have had, by source column. */
  put(match: string, reason: string, cells: Cells): void {
    this.#put.run(this.#tableId, match, reason, JSON.stringify(cells))
  }

  remove(match: string): void {
    this.#remove.run(this.#tableId, match)
  }
}

export function hasAside(db: SqliteDatabase, tableId: string): boolean {
  return db.prepare<[string]>('select 1 from aside where table_id = ? limit 1').get(tableId) !== undefined
}

export function listAside(db: SqliteDatabase): readonly AsideRow[] {
  return db
    .prepare<[], { tableId: string; reason: string; cells: string }>(
      'select table_id as "tableId", reason, cells from aside order by table_id, match',
    )
    .all()
    .map((row) => ({ ...row, cells: JSON.parse(row.cells) as AsideRow['cells'] }))
}
