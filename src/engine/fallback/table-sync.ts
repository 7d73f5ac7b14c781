/**
 * Makes the rows of one source table equal to the target's. Invariant: a row of the old layout changes only where the target's value differs
 * from what the old cell would become; a row that the layout refuses changes nothing and is kept aside, with the reason.
 */

import type { BroughtBackTable } from '../model/event.ts'
import { restoredCells } from '../rows/restore-row.ts'
import { errorCode } from '../source/base/error-code.ts'
import type { SqliteDatabase } from '../source/base/sqlite.ts'
import { AsideRows } from './aside-rows.ts'
import { type Cells, changedCells } from './cells.ts'
import { type OldRow, type OldTable, type RowKey, rowidOf } from './old-table.ts'
import { PivotRows } from './pivot-rows.ts'
import { RowCells } from './row-cells.ts'
import type { MappedRow } from './row-map.ts'
import type { SyncedTable, TableChange } from './synced-tables.ts'
import type { TargetRow } from './target-row.ts'

/** An insert that is retried until no other row is in its way. */
type Pending = {
  readonly row: TargetRow
  readonly known: MappedRow | null
  readonly rowid: bigint | null
  readonly cells: Cells
  /** The deleted row, to be restored when the insert fails; null for a new row. */
  readonly was: OldRow | null
}

export class TableSync {
  readonly synced: SyncedTable
  readonly #db: SqliteDatabase
  readonly #aside: AsideRows
  readonly #cells: RowCells
  readonly #pivot: PivotRows | null
  #inserted = 0
  #updated = 0
  #deleted = 0
  readonly #lost = new Map<string, number>()

  constructor(db: SqliteDatabase, synced: SyncedTable) {
    this.#db = db
    this.synced = synced
    this.#aside = new AsideRows(db, synced.plan.id)
    const { copy, table } = synced
    this.#cells = new RowCells(synced)
    this.#pivot = copy.pivot === null ? null : new PivotRows(copy, copy.pivot, table, synced.restorer)
  }

  /** Records the ids of new rows; call before restoring rows of any table, since others may refer to them. */
  recordIds(change: TableChange): void {
    this.#cells.recordIds(change)
  }

  apply({ present, gone }: TableChange): BroughtBackTable {
    if (this.#pivot !== null) this.#applyGroups(this.#pivot, { present, gone })
    else this.#applyRows({ present, gone })
    return {
      tableId: this.synced.plan.id,
      inserted: this.#inserted,
      updated: this.#updated,
      deleted: this.#deleted,
      lost: Array.from(this.#lost, ([column, rows]) => ({ column, rows })),
    }
  }

  #applyRows({ present, gone }: TableChange): void {
    for (const known of gone) this.#remove(known)
    const pending: Pending[] = []
    for (const { row, known } of present) {
      const was = known === null ? null : this.synced.table.read(known.keys[0]!)
      if (known === null || was === null) pending.push({ row, known, ...this.#cells.ofNew(row), was: null })
      else {
        const again = this.#update(row, known, was)
        if (again !== null) pending.push(again)
      }
    }
    // Two rows that swap a unique value are in each other's way: both are deleted and inserted again.
    for (const { was } of pending) if (was !== null) this.synced.table.delete(was.key)
    this.#insertAll(pending)
  }

  /** Updates a row. Returns null, or the row to be deleted and inserted again when the table refuses the update. */
  #update(row: TargetRow, known: MappedRow, was: OldRow): Pending | null {
    const { table } = this.synced
    const cells = changedCells(was.cells, this.#cells.of(row, was.cells))
    try {
      this.#atomically(() => {
        const children = this.#childrenOf(was)
        const key = table.update(was.key, cells)
        const changed = this.#applyChildren(row, children, {
          was: was.cells,
          now: { ...was.cells, ...cells },
        })
        this.#keep(row, known, [key])
        if (changed || Object.keys(cells).length > 0) this.#updated++
        this.#countLost(row, key)
      })
      return null
    } catch (error) {
      if (!isRefusal(error)) throw error
      return { row, known, rowid: rowidOf(was.key), cells: { ...writable(table, was.cells), ...cells }, was }
    }
  }

  /** Counts lost values by what the file now holds, since a column's affinity may have changed them. */
  #countLost(row: TargetRow, key: RowKey): void {
    const cells = this.synced.table.read(key)?.cells ?? {}
    for (const column of this.synced.restorer.lost(row.fields, restoredCells(cells)))
      this.#lost.set(column, (this.#lost.get(column) ?? 0) + 1)
  }

  #insertAll(pending: readonly Pending[]): void {
    let left = [...pending]
    for (let before = -1; left.length > 0 && left.length !== before; ) {
      before = left.length
      left = left.filter((one) => this.#insert(one) !== null)
    }
    for (const one of left) {
      const reason = this.#insert(one) ?? ''
      if (reason === '') continue
      this.#aside.put(one.row.match, reason, one.cells)
      if (one.was !== null) this.#restore(one)
    }
  }

  /** Inserts a row. Returns null, or the reason why the table refuses it. */
  #insert({ row, known, rowid, cells, was }: Pending): string | null {
    const { table } = this.synced
    try {
      this.#atomically(() => {
        const key = table.insert(rowid, cells)
        const now = table.read(key)
        const before = was === null ? [] : this.synced.folds.map(({ children }) => children.of(now!))
        this.#applyChildren(row, before, { was: was?.cells ?? {}, now: now?.cells ?? cells })
        this.#keep(row, known, [key])
        this.#countLost(row, key)
      })
      if (was === null) this.#inserted++
      else this.#updated++
      return null
    } catch (error) {
      if (!isRefusal(error)) throw error
      return (error as Error).message
    }
  }

  #restore({ was, row, cells }: Pending): void {
    try {
      this.synced.table.restore({ key: was!.key, cells: writable(this.synced.table, was!.cells) })
    } catch (error) {
      if (!isRefusal(error)) throw error
      this.#aside.put(row.match, `${(error as Error).message}; its earlier row could not be kept`, cells)
    }
  }

  #remove(known: MappedRow): void {
    const { table, map, folds } = this.synced
    for (const key of known.keys) {
      const was = table.read(key)
      if (was === null) continue
      for (const { children } of folds) for (const child of children.of(was)) children.table.delete(child.key)
      table.delete(key)
    }
    map.remove(known.id)
    this.#deleted++
  }

  #applyGroups(pivot: PivotRows, { present, gone }: TableChange): void {
    for (const known of gone) this.#remove(known)
    for (const { row, known } of present) {
      try {
        this.#atomically(() => {
          const { keys, changed } = pivot.apply(row, known?.keys ?? [])
          this.#keep(row, known, keys)
          if (known === null) this.#inserted++
          else if (changed) this.#updated++
        })
      } catch (error) {
        if (!isRefusal(error)) throw error
        this.#aside.put(row.match, (error as Error).message, this.#cells.of(row, {}))
      }
    }
  }

  #keep(row: TargetRow, known: MappedRow | null, keys: readonly RowKey[]): void {
    const { map } = this.synced
    if (known === null) map.add(row.match, keys, row.sum)
    else map.change(known.id, row.match, keys, row.sum)
    this.#aside.remove(row.match)
  }

  #childrenOf(was: OldRow): readonly (readonly OldRow[])[] {
    return this.synced.folds.map(({ children }) => children.of(was))
  }

  #applyChildren(
    row: TargetRow,
    before: readonly (readonly OldRow[])[],
    cells: { readonly was: Cells; readonly now: Cells },
  ): boolean {
    let changed = 0
    for (const [index, { at, children }] of this.synced.folds.entries()) {
      changed += children.apply(before[index] ?? [], row.fields[at] ?? null, cells)
    }
    return changed > 0
  }

  #atomically(work: () => void): void {
    this.#db.exec('savepoint one_row')
    try {
      work()
      this.#db.exec('release one_row')
    } catch (error) {
      this.#db.exec('rollback to one_row; release one_row')
      throw error
    }
  }
}

/** Whether a constraint of the table, or a column's type, refused the row. */
function isRefusal(error: unknown): boolean {
  return /^SQLITE_(CONSTRAINT|MISMATCH|TOOBIG)/.test(errorCode(error))
}

function writable(table: OldTable, cells: Cells): Cells {
  return Object.fromEntries(table.columns.map((name) => [name, cells[name] ?? null]))
}
