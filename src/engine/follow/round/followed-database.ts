/**
 * One followed database: its two states, and where the pages of its tables are. Invariant: `owners` describes the `old` state until a round
 * has been compared, and the `new` one afterwards.
 */
import type { Catalog, CatalogTable } from '../../model/catalog.ts'
import { type Plan, type TablePlan, tableIdOf } from '../../model/plan.ts'
import { openReadOnly } from '../../source/base/sqlite.ts'
import { PageOwners } from '../pages/page-owners.ts'
import { PagedFile } from '../pages/paged-file.ts'
import type { Shadows } from './shadows.ts'

/** A table in one state of the database. */
export type StoredTable = { readonly rootPage: number; readonly columns: string }

/** A table that can no longer be followed. `hasOtherColumns`: its columns differ from the plan's, or the table is new. */
export type TableProblem = {
  readonly tableId: string
  readonly what: string
  readonly hasOtherColumns: boolean
}

/** Opens all databases of a plan, by name. `left`: ids of tables that an earlier round left behind. */
export function openFollowed(
  { plan, catalogs }: { readonly plan: Plan; readonly catalogs: readonly Catalog[] },
  shadows: Shadows,
  left: readonly string[] = [],
): Map<string, FollowedDatabase> {
  const opened = new Map<string, FollowedDatabase>()
  for (const catalog of catalogs) {
    const { database } = catalog
    const tables = plan.tables.filter((table) => table.database === database)
    const files = { old: shadows.oldFile(database), new: shadows.newFile(database) }
    opened.set(database, new FollowedDatabase(catalog, files, tables, left))
  }
  return opened
}

export class FollowedDatabase {
  readonly database: string
  readonly encoding: Catalog['encoding']
  readonly old: PagedFile
  readonly new: PagedFile
  readonly #tables: readonly TablePlan[]
  /** The columns of all tables when the plan was made, including tables that were left out. */
  readonly #planned: ReadonlyMap<string, string>
  readonly #paused = new Set<string>()
  /** Tables of which the target lacks a round, whatever they are now. */
  readonly #left: Set<string>
  #owners: PageOwners
  #oldTables: ReadonlyMap<string, StoredTable>
  #newTables: ReadonlyMap<string, StoredTable>

  /**
   * `tables`: the plan's tables in this database. `catalog`: the one that the plan was made from. `left`: ids of tables that an earlier round
   * left behind.
   */
  constructor(
    { database, encoding, tables: planned }: Catalog,
    files: { readonly old: string; readonly new: string },
    tables: readonly TablePlan[],
    left: readonly string[],
  ) {
    this.database = database
    this.encoding = encoding
    this.old = new PagedFile(files.old)
    this.new = new PagedFile(files.new)
    this.#tables = tables.filter(({ fate }) => fate.kind !== 'exclude')
    this.#planned = new Map(planned.map((table) => [table.name, columnsOf(table)]))
    this.#oldTables = readStoredTables(files.old)
    // After an interruption the new file already has the round.
    this.#newTables = readStoredTables(files.new)
    this.#owners = this.#readOwners()
    this.#left = new Set(this.#tables.filter(({ id }) => left.includes(id)).map(({ table }) => table))
    this.#leaveBehind()
  }

  /** Returns the ids of tables whose rows in the target are not those of the `old` state. */
  get left(): readonly string[] {
    return this.#tables.filter(({ table }) => this.#left.has(table)).map(({ id }) => id)
  }

  get owners(): PageOwners {
    return this.#owners
  }

  /** Call after the `new` file has changed. */
  enterRound(): void {
    const { schemaCookie } = this.new
    this.new.forget()
    if (this.new.schemaCookie !== schemaCookie || this.new.pageSize !== this.old.pageSize)
      this.#newTables = readStoredTables(this.new.path)
  }

  /** Call when the `old` file has the round's state, too. */
  leaveRound(): void {
    this.old.forget()
    const hasOtherTables = this.#oldTables !== this.#newTables
    this.#oldTables = this.#newTables
    // Tables were recreated, or the page size changed: the file's layout is read again.
    if (!hasOtherTables) return
    this.#owners = this.#readOwners()
    this.#leaveBehind()
  }

  tableBefore(table: string): StoredTable | undefined {
    return this.#oldTables.get(table)
  }

  tableAfter(table: string): StoredTable | undefined {
    return this.#newTables.get(table)
  }

  /** Returns tables that no longer match the plan, and tables that are new. */
  problems(): readonly TableProblem[] {
    const known = new Set(this.#tables.map(({ table }) => table))
    const changed = this.#tables.flatMap(({ id, table }) => {
      const what = this.#problemOf(table)
      return what === null ? [] : [{ tableId: id, what, hasOtherColumns: this.#changeOf(table) !== null }]
    })
    const added = [...this.#newTables.keys()]
      .filter((table) => !known.has(table) && !this.#planned.has(table) && !table.startsWith('sqlite_'))
      .map((table) => ({
        tableId: tableIdOf(this.database, table),
        what: 'is new in the source',
        hasOtherColumns: true,
      }))
    return [...changed, ...added]
  }

  /** Leaves the table's rows in the target as they are. */
  pause(table: string): void {
    this.#paused.add(table)
  }

  /** Whether the table can be followed at present. */
  isSound(table: string): boolean {
    return !this.#paused.has(table) && this.#problemOf(table) === null
  }

  #problemOf(table: string): string | null {
    const changed = this.#changeOf(table)
    if (changed !== null) return changed
    return this.#left.has(table) || !this.#oldTables.has(table)
      ? 'was dropped, or had other columns, for a while: what was written to it since is missing'
      : null
  }

  #leaveBehind(): void {
    for (const { table } of this.#tables) if (this.#changeOf(table) !== null) this.#left.add(table)
  }

  #changeOf(table: string): string | null {
    const first = this.#planned.get(table)
    const now = this.#newTables.get(table)
    if (now === undefined) return 'was dropped in the source'
    return first === undefined || now.rootPage === 0 || first === now.columns
      ? null
      : 'has other columns in the source now'
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

/** Spelled as in `readStoredTables`. */
function columnsOf({ columns, primaryKey }: CatalogTable): string {
  const hidden = { stored: 3, virtual: 2 }
  return JSON.stringify(
    columns.map(({ name, declaredType, generated }) => [
      name,
      declaredType,
      primaryKey.indexOf(name) + 1,
      generated === null ? 0 : hidden[generated],
    ]),
  )
}

/** Returns the tables by name; a virtual table has root page 0. */
function readStoredTables(file: string): ReadonlyMap<string, StoredTable> {
  using db = openReadOnly(file, { immutable: true })
  const rows = db
    .prepare(
      `select s.name, s.rootpage as rootPage,
              case when s.rootpage > 0 then
                (select json_group_array(json_array(c.name, c.type, c.pk, c.hidden)) from pragma_table_xinfo(s.name) c)
              else '' end as columns
         from sqlite_schema s
        where s.type = 'table'`,
    )
    .all() as (StoredTable & { readonly name: string })[]
  return new Map(rows.map(({ name, rootPage, columns }) => [name, { rootPage, columns }]))
}
