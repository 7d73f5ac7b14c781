/**
 * Looks up, row by row, which references in one state of the sources are orphaned. Invariant: a value is an orphan exactly when no parent
 * row has the same id in that state, as `source/staging/orphans.ts` decides for whole tables.
 */
import { BLOB, type Cell, INTEGER, NULL, REAL } from '../../encode/cell/cell.ts'
import type { OrphanTests } from '../../encode/cell/orphan-test.ts'
import type { CopyPlan, ReferencePlan, TablePlan } from '../../model/plan.ts'
import { idKeyOfAll } from '../../source/base/id-text.ts'
import { openReadOnly, type SqliteDatabase } from '../../source/base/sqlite.ts'
import { joinedKey } from '../../source/staging/orphans.ts'
import { quoteSqlite } from '../../syntax/sqlite-names.ts'

export class LiveOrphans {
  readonly #files: ReadonlyMap<string, string>
  readonly #open = new Map<string, SqliteDatabase>()
  readonly #known = new Map<string, Map<string, boolean>>()

  /** `files`: paths of the state's files by database. */
  constructor(files: ReadonlyMap<string, string>) {
    this.#files = files
  }

  /** Returns a test for each reference of the table, in order; null where its outcome does not matter. `onOrphan` is called for each orphan. */
  testsOf({ fate }: TablePlan, onOrphan: (reference: number, id: string) => void = () => {}): OrphanTests {
    if (fate.kind !== 'copy') return []
    return fate.copy.references.map((reference, index) => {
      if (!dependsOnParent(reference)) return null
      return (cells) => {
        const id = idKeyOfAll(cells)
        if (id === '' || cells.some(({ storage }) => storage === NULL)) return false
        if (this.#hasParent(reference, id, cells)) return false
        onOrphan(index, id)
        return true
      }
    })
  }

  /** Returns the rowids of rows that have one of the ids in a reference. */
  rowidsOf(
    { database, table }: TablePlan,
    copy: CopyPlan,
    reference: ReferencePlan,
    ids: readonly string[],
  ): readonly bigint[] {
    if (ids.length === 0 || copy.key.kind !== 'rowid') return []
    const key = joinedKey(reference.columns.map(quoteSqlite))
    return this.#at(database)
      .prepare(
        `select ${quoteSqlite(copy.key.name)} from main.${quoteSqlite(table)} where ${key} in (select value from json_each(?))`,
      )
      .pluck()
      .safeIntegers()
      .all(JSON.stringify(ids)) as bigint[]
  }

  /** Returns the ids of all rows to which these columns can refer. */
  idsOf({ database, table }: TablePlan, columns: readonly string[]): ReadonlySet<string> {
    const key = joinedKey(columns.map(quoteSqlite))
    const rows = this.#at(database)
      .prepare(`select distinct ${key} from main.${quoteSqlite(table)}`)
      .pluck()
      .iterate() as IterableIterator<string | null>
    const ids = new Set<string>()
    for (const id of rows) if (id !== null && id !== '') ids.add(id)
    return ids
  }

  close(): void {
    for (const db of this.#open.values()) db.close()
    this.#open.clear()
  }

  #hasParent(reference: ReferencePlan, id: string, cells: readonly Cell[]): boolean {
    const parent = reference.parent!
    const place = `${parent.tableId} ${parent.columns.join(' ')}`
    const known = this.#known.get(place) ?? new Map<string, boolean>()
    this.#known.set(place, known)
    const before = known.get(id)
    if (before !== undefined) return before
    const found = this.#look(parent, id, cells)
    known.set(id, found)
    return found
  }

  #look(parent: NonNullable<ReferencePlan['parent']>, id: string, cells: readonly Cell[]): boolean {
    const db = this.#at(parent.database)
    const table = `main.${quoteSqlite(parent.table)}`
    const columns = parent.columns.map(quoteSqlite)
    // Compares storage classes as well: an affinity would convert text into a number.
    const equal = columns
      .map((column) => `${column} = ? collate binary and typeof(${column}) = typeof(?)`)
      .join(' and ')
    const values = cells.map(parameterOf)
    // Tries the usual spelling first, for which there is an index.
    if (values.every((value) => value !== null)) {
      const same = db
        .prepare(`select 1 from ${table} where ${equal} limit 1`)
        .get(...values.flatMap((value) => [value, value]))
      if (same !== undefined) return true
    }
    return db.prepare(`select 1 from ${table} where ${joinedKey(columns)} = ? limit 1`).get(id) !== undefined
  }

  #at(database: string): SqliteDatabase {
    const known = this.#open.get(database)
    if (known !== undefined) return known
    const opened = openReadOnly(this.#files.get(database)!, { immutable: true })
    this.#open.set(database, opened)
    return opened
  }
}

/** Whether a row changes when its parent is inserted or deleted. */
export function dependsOnParent({ parent, onOrphan }: ReferencePlan): boolean {
  return parent !== null && onOrphan !== 'keep-value'
}

/** Returns null for a cell that cannot be bound as a parameter. */
function parameterOf(cell: Cell): bigint | number | string | Buffer | null {
  switch (cell.storage) {
    case INTEGER:
      return cell.integer()
    case REAL:
      return cell.number
    case BLOB:
      return cell.bytes()
    case NULL:
      return null
    default: {
      const text = cell.bytes().toString()
      return text.includes('\uFFFD') || text.includes('\0') ? null : text
    }
  }
}
