/**
 * The destination of one source table's rows. Invariant: rows without a known rowid come after all others, so that none takes the rowid of
 * another row.
 */

import type { ExportedTable, Unwritten } from '../model/answers.ts'
import type { TablePlan } from '../model/plan.ts'
import type { StoredCell } from '../model/storage.ts'
import { type RestoredCells, restoredCells, storedCells } from '../rows/restore-row.ts'
import type { Aside, Shelf } from '../rows/scratch.ts'
import { errorCode } from '../source/base/error-code.ts'
import type { Release } from './when-bound.ts'
import type { TableInserter } from './write-database.ts'

export class Sink {
  readonly table: TablePlan
  readonly shelf: Shelf
  readonly inserter: TableInserter | null
  readonly #aside: Aside
  readonly #onUnwritten: (unwritten: Unwritten) => void
  #rows = 0
  #rowidsKept = true

  constructor(
    table: TablePlan,
    parts: {
      readonly shelf: Shelf
      readonly inserter: TableInserter | null
      readonly aside: Aside
      readonly onUnwritten: (unwritten: Unwritten) => void
    },
  ) {
    this.table = table
    this.shelf = parts.shelf
    this.inserter = parts.inserter
    this.#aside = parts.aside
    this.#onUnwritten = parts.onUnwritten
  }

  /** Returns the rowid in a row's journal key; null when the table has no rowid to keep. */
  rowidOf([first]: readonly StoredCell[]): bigint | null {
    if (this.inserter?.table.key.kind !== 'rowid' || first == null || !('integer' in first)) return null
    return BigInt(first.integer)
  }

  /** `release` frees the memory of the cells: called when SQLite has copied them, unless the row is put aside. */
  put(rowid: bigint | null, ordinal: number | null, cells: RestoredCells, release: Release = null): void {
    const key = this.inserter?.table.key
    if (key?.kind === 'none' || (key?.kind === 'rowid' && rowid === null)) {
      this.#aside.put(key.kind === 'none' ? ordinal : null, storedCells(cells))
    } else this.#insert(rowid, cells, release)
  }

  finish(): ExportedTable {
    for (const cells of this.#aside.rows()) {
      const values = restoredCells(cells)
      const { key } = this.inserter!.table
      // The cell of an INTEGER PRIMARY KEY is the row's rowid.
      const isKnown = key.kind === 'rowid' && key.column !== null && values.get(key.column) != null
      if (!isKnown && key.kind === 'rowid') this.#rowidsKept = false
      this.#insert(null, values)
    }
    return { tableId: this.table.id, rows: this.#rows, rowidsKept: this.#rowidsKept, stray: this.shelf.left }
  }

  #insert(rowid: bigint | null, cells: RestoredCells, release: Release = null): void {
    if (this.inserter === null) return
    try {
      this.inserter.insert(rowid, cells, release)
      this.#rows++
    } catch (error) {
      if (!errorCode(error).startsWith('SQLITE_CONSTRAINT')) throw error
      this.#onUnwritten({ name: this.table.id, reason: (error as Error).message })
    }
  }
}
