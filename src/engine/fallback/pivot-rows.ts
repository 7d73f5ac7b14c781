/**
 * Turns a pivot's group back into source rows. Invariant: a member whose value is unchanged is not touched; a new name becomes a new row,
 * under an id that no other row had; members that the JSON object never held (without a name, or second for a name) stay as long as the
 * group does.
 */
import { storedCellOfValue } from '../encode/cell/stored-cell.ts'
import type { CopyPlan, PivotPlan } from '../model/plan.ts'
import { readObject } from '../rows/json-values.ts'
import { type RowRestorer, restoreJson, storedCells } from '../rows/restore-row.ts'
import { type Cells, changedCells, isSameInJson } from './cells.ts'
import type { OldRow, OldTable, RowKey } from './old-table.ts'
import type { TargetRow } from './target-row.ts'

export class PivotRows {
  readonly #pivot: PivotPlan
  readonly #table: OldTable
  readonly #restorer: RowRestorer
  readonly #at: number
  /** Columns whose values the target row has once for all members. */
  readonly #shared: ReadonlySet<string>

  constructor(copy: CopyPlan, pivot: PivotPlan, table: OldTable, restorer: RowRestorer) {
    this.#pivot = pivot
    this.#table = table
    this.#restorer = restorer
    this.#at = copy.columns.findIndex(({ from }) => from.kind === 'pivot')
    const own = new Set([pivot.name, pivot.value, ...pivot.archived])
    this.#shared = new Set(
      copy.columns.flatMap(({ from }) =>
        from.kind === 'column' && !own.has(from.column) ? [from.column] : [],
      ),
    )
  }

  /** Makes the group's rows equal to its target row. Returns the keys of all its members. */
  apply(
    row: TargetRow,
    keys: readonly RowKey[],
  ): { readonly keys: readonly RowKey[]; readonly changed: boolean } {
    const members = keys.flatMap((key) => this.#table.read(key) ?? [])
    const field = row.fields[this.#at] ?? null
    const object = new Map(field === null ? [] : readObject(field))
    const first = members[0]?.cells ?? {}
    const shared = this.#sharedChanges(row, first)
    const kept: RowKey[] = []
    const held = new Set<string>()
    let changed = Object.keys(shared).length > 0
    for (const member of members) {
      const name = this.#nameOf(member)
      const isHeld = name !== null && !held.has(name)
      // Deletes second rows for the name as well, which would otherwise become the first.
      if (name !== null && !held.has(name) && !object.has(name)) {
        this.#table.delete(member.key)
        changed = true
        continue
      }
      const cells: Record<string, Cells[string]> = { ...shared }
      if (name !== null && isHeld) {
        held.add(name)
        const was = member.cells[this.#pivot.value] ?? null
        const now = storedCellOfValue(restoreJson(object.get(name)!, was))
        object.delete(name)
        if (!isSameInJson(was, now)) {
          cells[this.#pivot.value] = now
          changed = true
        }
      }
      kept.push(this.#table.update(member.key, cells))
    }
    const base = { ...storedCells(this.#restorer.restore(row.fields, first)), ...shared }
    for (const [name, value] of object) {
      if (held.has(name)) continue
      const cells = Object.fromEntries(Object.entries(base).filter(([column]) => this.#shared.has(column)))
      cells[this.#pivot.name] = { text: name }
      cells[this.#pivot.value] = storedCellOfValue(value)
      const rowid = this.#table.table.key.kind === 'rowid' ? this.#table.nextRowid() : null
      kept.push(this.#table.insert(rowid, cells))
      changed = true
    }
    return { keys: kept, changed }
  }

  #sharedChanges(row: TargetRow, first: Cells): Cells {
    if (Object.keys(first).length === 0) return {}
    const restored = storedCells(this.#restorer.restore(row.fields, first))
    return Object.fromEntries(
      Object.entries(changedCells(first, restored)).filter(([name]) => this.#shared.has(name)),
    )
  }

  #nameOf({ cells }: OldRow): string | null {
    const name = cells[this.#pivot.name] ?? null
    return name !== null && 'text' in name && !name.text.includes('\ufffd') ? name.text : null
  }
}
