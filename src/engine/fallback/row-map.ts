/**
 * Which source row or rows each target row of a table corresponds to. Invariant: it is written in the same transaction as the rows of the
 * files.
 */
import type { SqliteDatabase } from '../source/base/sqlite.ts'
import type { RowKey } from './old-table.ts'

/** `keys`: one key, or those of all members of a pivot's group. */
export type MappedRow = { readonly id: number; readonly keys: readonly RowKey[]; readonly sum: string }

type Row = { id: number; keys: string; sum: string }

export class RowMap {
  readonly #db: SqliteDatabase
  readonly #name: string
  readonly #find
  readonly #insert
  readonly #update
  readonly #delete

  /** `number`: the table's position in the plan. */
  constructor(db: SqliteDatabase, number: number) {
    this.#db = db
    this.#name = `rows_${number}`
    db.exec(
      `create table if not exists ${this.#name} (id integer primary key, match text not null, keys text not null, sum text not null)`,
    )
    db.exec(`create index if not exists ${this.#name}_match on ${this.#name}(match)`)
    this.#find = db.prepare<[string], Row>(`select id, keys, sum from ${this.#name} where match = ? limit 1`)
    this.#insert = db.prepare(`insert into ${this.#name}(match, keys, sum) values (?, ?, ?)`)
    this.#update = db.prepare(`update ${this.#name} set match = ?, keys = ?, sum = ? where id = ?`)
    this.#delete = db.prepare(`delete from ${this.#name} where id = ?`)
  }

  find(match: string): MappedRow | null {
    const row = this.#find.get(match)
    return row === undefined ? null : mapped(row)
  }

  add(match: string, keys: readonly RowKey[], sum: string): void {
    this.#insert.run(match, JSON.stringify(keys), sum)
  }

  change(id: number, match: string, keys: readonly RowKey[], sum: string): void {
    this.#update.run(match, JSON.stringify(keys), sum, id)
  }

  remove(id: number): void {
    this.#delete.run(id)
  }

  /** For a comparison of the whole table: `take` each row that the target has; `left` returns those that it lacks. */
  comparison(): { take(match: string): MappedRow | null; left(): readonly MappedRow[] } {
    const db = this.#db
    const name = `temp.left_${this.#name}`
    db.exec(`drop table if exists ${name}`)
    db.exec(`create temp table left_${this.#name} as select id, match from main.${this.#name}`)
    db.exec(`create index temp.left_${this.#name}_match on left_${this.#name}(match)`)
    const find = db.prepare<[string], Row & { place: number }>(
      `select l.rowid as place, r.id, r.keys, r.sum
         from ${name} l
         join main.${this.#name} r on r.id = l.id
        where l.match = ?
        limit 1`,
    )
    const remove = db.prepare(`delete from ${name} where rowid = ?`)
    return {
      take(match) {
        const row = find.get(match)
        if (row === undefined) return null
        remove.run(row.place)
        return mapped(row)
      },
      left: () => {
        const rows = db
          .prepare<[], Row>(
            `select r.id, r.keys, r.sum from ${name} l join main.${this.#name} r on r.id = l.id order by r.id`,
          )
          .all()
        db.exec(`drop table ${name}`)
        return rows.map(mapped)
      },
    }
  }
}

function mapped({ id, keys, sum }: Row): MappedRow {
  return { id, keys: JSON.parse(keys) as RowKey[], sum }
}
