/** The ids of a table's rows by the UUIDs that the target derived from them, in a SQLite database of our own. */
import type { StoredCell } from '../model/storage.ts'
import type { SqliteDatabase } from '../source/base/sqlite.ts'

/** The ids of a parent table's rows by their UUIDs in the target. */
export type ParentIds = {
  cellOf(uuid: Buffer): StoredCell | undefined
  /** Whether a row has the id, by its `idKeyOf`. */
  has(idKey: string): boolean
}

export class IdTable implements ParentIds {
  readonly #find
  readonly #has
  readonly #put
  readonly #remove

  constructor(db: SqliteDatabase, name: string) {
    db.exec(
      `create table if not exists ${name} (uuid blob primary key, id_key text not null, cell text not null) without rowid`,
    )
    db.exec(`create index if not exists ${name}_key on ${name}(id_key)`)
    this.#find = db.prepare<[Buffer], { cell: string }>(`select cell from ${name} where uuid = ?`)
    this.#has = db.prepare<[string]>(`select 1 from ${name} where id_key = ? limit 1`)
    this.#put = db.prepare(`insert or replace into ${name} values (?, ?, ?)`)
    this.#remove = db.prepare(`delete from ${name} where id_key = ?`)
  }

  cellOf(uuid: Buffer): StoredCell | undefined {
    const row = this.#find.get(uuid)
    return row === undefined ? undefined : (JSON.parse(row.cell) as StoredCell)
  }

  has(idKey: string): boolean {
    return this.#has.get(idKey) !== undefined
  }

  put(uuid: Buffer, idKey: string, cell: StoredCell): void {
    this.#put.run(uuid, idKey, JSON.stringify(cell))
  }

  forget(idKey: string): void {
    this.#remove.run(idKey)
  }
}
