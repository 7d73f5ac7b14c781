/**
 * The cells of a target row in the old layout. Invariant: a new row has one id from `recordIds` on: its own, if the column can hold it.
 */

import type { CopyPlan } from '../model/plan.ts'
import { idKeyOfCell, storedCells, wholeNumberOf } from '../rows/restore-row.ts'
import type { Cells } from './cells.ts'
import type { OldRow } from './old-table.ts'
import type { SyncedTable, TableChange } from './synced-tables.ts'
import type { TargetRow } from './target-row.ts'

export class RowCells {
  readonly #synced: SyncedTable
  readonly #carried: ReadonlySet<string>
  readonly #rowidAt: number
  /** Ids assigned to new rows whose own id the column cannot hold. */
  readonly #given = new Map<string, bigint>()

  constructor(synced: SyncedTable) {
    this.#synced = synced
    this.#carried = carriedColumns(synced.copy)
    this.#rowidAt = synced.copy.columns.findIndex(({ from }) => from.kind === 'rowid')
  }

  /** Assigns and records the ids of new rows; call before restoring rows of any table, since others may refer to them. */
  recordIds({ present, gone }: TableChange): void {
    const { ownIds, table, copy } = this.#synced
    for (const { row, known } of present) {
      if (known !== null || copy.pivot !== null) continue
      const { alias } = table
      if (alias !== null && this.#carried.has(alias)) {
        const id = this.#synced.restorer.restore(row.fields, {}).get(alias)
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
      const cells = this.of(row, was?.cells ?? {})
      for (const { at, column, map } of ownIds) {
        const uuid = row.fields[at]
        const cell = cells[column] ?? null
        if (uuid != null && cell !== null) map.put(uuid, idKeyOfCell(cell), cell)
      }
    }
  }

  /** Returns the cells that the target row determines; `was`: the row's present cells. */
  of(row: TargetRow, was: Cells): Cells {
    const { restorer, spellings } = this.#synced
    const restored = spellings.apply(storedCells(restorer.restore(row.fields, was)), was)
    const { alias } = this.#synced.table
    const given = this.#given.get(row.match)
    return given === undefined || alias === null
      ? restored
      : { ...restored, [alias]: { integer: String(given) } }
  }

  /** Returns the cells of a row that is new in the old layout, without null cells of columns that have a default. */
  ofNew(row: TargetRow): { readonly rowid: bigint | null; readonly cells: Cells } {
    const { table } = this.#synced
    const restored = this.of(row, {})
    const cells = Object.fromEntries(
      Object.entries(restored).filter(
        ([name, cell]) => this.#carried.has(name) && !(cell === null && table.prefersDefault(name)),
      ),
    )
    const { alias } = table
    const id = alias === null ? null : (cells[alias] ?? null)
    const rowid = id !== null && 'integer' in id ? BigInt(id.integer) : this.#rowidOf(row)
    return { rowid, cells }
  }

  #rowidOf(row: TargetRow): bigint | null {
    return wholeNumberOf(this.#synced.copy.columns[this.#rowidAt]?.from, row.fields[this.#rowidAt] ?? null)
  }

  #forgetIds(was: OldRow): void {
    for (const { column, map } of this.#synced.ownIds) map.forget(idKeyOfCell(was.cells[column] ?? null))
  }
}

/** Returns the columns whose values are in the target: the other columns of a new row get their defaults. */
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
