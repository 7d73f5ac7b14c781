/**
 * One database of a run while it is followed: its two states, and where its tables' pages are. Invariant: `owners` is of the `old`
 * state until a round has been compared, and of the `new` one after.
 */
import type { TablePlan } from '../../model/plan.ts'
import { openReadOnly } from '../../source/base/sqlite.ts'
import { PageOwners } from '../pages/page-owners.ts'
import { PagedFile } from '../pages/paged-file.ts'

/** A table in a state of the database. */
export type StoredTable = { readonly rootPage: number; readonly sql: string }

export class FollowedDatabase {
  readonly database: string
  readonly old: PagedFile
  readonly new: PagedFile
  readonly #tables: readonly TablePlan[]
  #owners: PageOwners
  #oldTables: ReadonlyMap<string, StoredTable>
  #newTables: ReadonlyMap<string, StoredTable>

  /** `tables`: those of the plan that are in this database and not left out. */
  constructor(
    database: string,
    files: { readonly old: string; readonly new: string },
    tables: readonly TablePlan[],
  ) {
    this.database = database
    this.old = new PagedFile(files.old)
    this.new = new PagedFile(files.new)
    this.#tables = tables
    this.#oldTables = readStoredTables(files.old)
    // A round that was interrupted is in the new file already.
    this.#newTables = readStoredTables(files.new)
    this.#owners = this.#readOwners()
  }

  get owners(): PageOwners {
    return this.#owners
  }

  /** The `new` file has another state now. */
  enterRound(): void {
    const { schemaCookie } = this.new
    this.new.forget()
    if (this.new.schemaCookie !== schemaCookie || this.new.pageSize !== this.old.pageSize)
      this.#newTables = readStoredTables(this.new.path)
  }

  /** The `old` file has the round's state, too. */
  leaveRound(): void {
    this.old.forget()
    const isOther = this.#oldTables !== this.#newTables
    this.#oldTables = this.#newTables
    // Tables that were made anew, or pages of another size: where everything is has to be read again.
    if (isOther) this.#owners = this.#readOwners()
  }

  tableBefore(table: string): StoredTable | undefined {
    return this.#oldTables.get(table)
  }

  tableAfter(table: string): StoredTable | undefined {
    return this.#newTables.get(table)
  }

  close(): void {
    this.old.close()
    this.new.close()
  }

  #readOwners(): PageOwners {
    const owners = new PageOwners(this.old.pageCount)
    for (const { table } of this.#tables) {
      const root = this.#oldTables.get(table)?.rootPage ?? 0
      if (root > 0) owners.enterTree(this.old, root)
    }
    return owners
  }
}

/** Tables by name; those of a virtual table's module have the root page 0. */
function readStoredTables(file: string): ReadonlyMap<string, StoredTable> {
  const db = openReadOnly(file, { immutable: true })
  try {
    const rows = db
      .prepare(
        `select name, rootpage as rootPage, ifnull(sql, '') as sql from sqlite_schema where type = 'table'`,
      )
      .all() as (StoredTable & { readonly name: string })[]
    return new Map(rows.map(({ name, rootPage, sql }) => [name, { rootPage, sql }]))
  } finally {
    db.close()
  }
}
