/**
 * Makes the rows of one source table say what the target says. Invariant: a row of the old layout changes only where the target's value
 * is not what the old cell would become; a row that the layout refuses changes nothing and is kept aside, with the reason.
 */

import type { BroughtBackTable } from '../model/event.ts'
import type { CopyPlan, TablePlan } from '../model/plan.ts'
import type { TargetTable } from '../model/target-schema.ts'
import type { IdTable } from '../rows/id-table.ts'
import {
  idKeyOfCell,
  type RowRestorer,
  restoredCells,
  storedCells,
  wholeNumberOf,
} from '../rows/restore-row.ts'
import { errorCode } from '../source/base/error-code.ts'
import type { SqliteDatabase } from '../source/base/sqlite.ts'
import { AsideRows } from './aside-rows.ts'
import { type Cells, changedCells } from './cells.ts'
import type { ChildRows } from './child-rows.ts'
import { type OldRow, type OldTable, type RowKey, rowidOf } from './old-table.ts'
import { PivotRows } from './pivot-rows.ts'
import type { MappedRow, RowMap } from './row-map.ts'
import type { Spellings } from './spellings.ts'
import type { TargetRow } from './target-row.ts'

/** What is to be done to a table: rows that the target has, new or changed, and rows that are gone from it. */
export type TableChange = {
  readonly present: readonly { readonly row: TargetRow; readonly known: MappedRow | null }[]
  readonly gone: readonly MappedRow[]
}

/** The ids of a table that others refer to by UUID: which target column holds the UUID, which source column the id. */
export type OwnIds = { readonly at: number; readonly column: string; readonly map: IdTable }

export type SyncedTable = {
  readonly plan: TablePlan
  readonly copy: CopyPlan
  readonly target: TargetTable
  readonly table: OldTable
  readonly map: RowMap
  readonly ownIds: readonly OwnIds[]
  readonly restorer: RowRestorer
  readonly spellings: Spellings
  readonly folds: readonly { readonly at: number; readonly children: ChildRows }[]
}

/** An insert that is tried until no other row is in its way. */
type Pending = {
  readonly row: TargetRow
  readonly known: MappedRow | null
  readonly rowid: bigint | null
  readonly cells: Cells
  /** The row as it was, to be put back. */
  readonly was: OldRow | null
}

export class TableSync {
  readonly synced: SyncedTable
  readonly #db: SqliteDatabase
  readonly #aside: AsideRows
  readonly #carried: ReadonlySet<string>
  readonly #rowidAt: number
  readonly #pivot: PivotRows | null
  /** Ids given to new rows whose own the column cannot hold. */
  readonly #given = new Map<string, bigint>()
  #inserted = 0
  #updated = 0
  #deleted = 0
  readonly #lost = new Map<string, number>()

  constructor(db: SqliteDatabase, synced: SyncedTable) {
    this.#db = db
    this.synced = synced
    this.#aside = new AsideRows(db, synced.plan.id)
    const { copy, table } = synced
    this.#carried = carriedColumns(copy)
    this.#rowidAt = copy.columns.findIndex(({ from }) => from.kind === 'rowid')
    this.#pivot = copy.pivot === null ? null : new PivotRows(copy, copy.pivot, table, synced.restorer)
  }

  /** Makes the ids of new rows known, before the rows of any table are restored: others may refer to them. */
  learnIds({ present, gone }: TableChange): void {
    const { ownIds, table, copy } = this.synced
    for (const { row, known } of present) {
      if (known !== null || copy.pivot !== null) continue
      const { alias } = table
      if (alias !== null && this.#carried.has(alias)) {
        const id = this.synced.restorer.restore(row.fields, {}).get(alias)
        if (typeof id !== 'bigint') this.#given.set(row.match, table.nextRowid() + BigInt(this.#given.size))
      }
    }
    if (ownIds.length === 0) return
    for (const { keys } of gone) {
      const was = table.read(keys[0]!)
      if (was !== null) this.#forgetIds(was)
    }
    for (const { row, known } of present) {
      const was = known === null ? null : table.read(known.keys[0]!)
      const cells = this.#restored(row, was?.cells ?? {})
      for (const { at, column, map } of ownIds) {
        const uuid = row.fields[at]
        const cell = cells[column] ?? null
        if (uuid != null && cell !== null) map.put(uuid, idKeyOfCell(cell), cell)
      }
    }
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
      if (known === null || was === null) pending.push(this.#newRow(row, known))
      else {
        const again = this.#update(row, known, was)
        if (again !== null) pending.push(again)
      }
    }
    // Two rows that swap a unique value are both in each other's way: both are deleted and inserted again.
    for (const { was } of pending) if (was !== null) this.synced.table.delete(was.key)
    this.#insertAll(pending)
  }

  /** Null when it is done; else the row, to be inserted again. */
  #update(row: TargetRow, known: MappedRow, was: OldRow): Pending | null {
    const { table } = this.synced
    const cells = changedCells(was.cells, this.#restored(row, was.cells))
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

  /** By what the file holds now: a column's affinity may have changed what it was given. */
  #countLost(row: TargetRow, key: RowKey): void {
    const cells = this.synced.table.read(key)?.cells ?? {}
    for (const column of this.synced.restorer.lost(row.fields, restoredCells(cells)))
      this.#lost.set(column, (this.#lost.get(column) ?? 0) + 1)
  }

  #newRow(row: TargetRow, known: MappedRow | null): Pending {
    const { table } = this.synced
    const restored = this.#restored(row, {})
    const cells = Object.fromEntries(
      Object.entries(restored).filter(
        ([name, cell]) => this.#carried.has(name) && !(cell === null && table.prefersDefault(name)),
      ),
    )
    const { alias } = table
    const id = alias === null ? null : (cells[alias] ?? null)
    const rowid = id !== null && 'integer' in id ? BigInt(id.integer) : this.#rowidOf(row)
    return { row, known, rowid, cells, was: null }
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
      if (one.was !== null) this.#putBack(one)
    }
  }

  /** Null when it is there; else why not. */
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

  #putBack({ was, row, cells }: Pending): void {
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
        this.#aside.put(row.match, (error as Error).message, this.#restored(row, {}))
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

  #restored(row: TargetRow, was: Cells): Cells {
    const { restorer, spellings } = this.synced
    const restored = spellings.apply(storedCells(restorer.restore(row.fields, was)), was)
    const { alias } = this.synced.table
    const given = this.#given.get(row.match)
    return given === undefined || alias === null
      ? restored
      : { ...restored, [alias]: { integer: String(given) } }
  }

  #rowidOf(row: TargetRow): bigint | null {
    return wholeNumberOf(this.synced.copy.columns[this.#rowidAt]?.from, row.fields[this.#rowidAt] ?? null)
  }

  #forgetIds(was: OldRow): void {
    for (const { column, map } of this.synced.ownIds) map.forget(idKeyOfCell(was.cells[column] ?? null))
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

/** Rules of the table, and values that its columns don't take. */
function isRefusal(error: unknown): boolean {
  return /^SQLITE_(CONSTRAINT|MISMATCH|TOOBIG)/.test(errorCode(error))
}

/** Columns that something in the target says: the others of a new row get their defaults. */
function carriedColumns(copy: CopyPlan): ReadonlySet<string> {
  const names = copy.columns.flatMap(({ from }) =>
    from.kind === 'column' ? [from.column] : from.kind === 'gather' ? from.columns : [],
  )
  const { pivot, references } = copy
  return new Set([
    ...names,
    ...references.flatMap(({ columns }) => columns),
    ...(pivot === null ? [] : [pivot.name, pivot.value]),
  ])
}

function writable(table: OldTable, cells: Cells): Cells {
  return Object.fromEntries(table.columns.map((name) => [name, cells[name] ?? null]))
}
