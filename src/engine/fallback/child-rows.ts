/**
 * Turns the elements of a fold's JSON array back into child rows. Invariant: a child row whose object is unchanged is not touched; a new
 * object becomes a new row, under an id that no other row had.
 */
import { storedCellOfValue } from '../encode/cell/stored-cell.ts'
import type { FoldPlan } from '../model/plan.ts'
import { type RestoredValue, readObjects } from '../rows/json-values.ts'
import { keyColumns } from '../source/base/key-order.ts'
import { KEY_PLACEHOLDER } from '../source/base/raw-cells.ts'
import { quoteSqlite } from '../syntax/sqlite-names.ts'
import { type Cells, changedCells, isSameInJson, isSameStored } from './cells.ts'
import type { OldRow, OldTable } from './old-table.ts'

/** A child's cells as its object has them: only the columns that the object has. */
type Wanted = Cells

export class ChildRows {
  readonly table: OldTable
  readonly #fold: FoldPlan
  readonly #parents: OldTable

  constructor(fold: FoldPlan, table: OldTable, parents: OldTable) {
    this.#fold = fold
    this.table = table
    this.#parents = parents
  }

  /** Returns a parent row's children, by SQLite's own comparison; none when an earlier parent has the same value. */
  of(parent: OldRow): readonly OldRow[] {
    const { childColumn, parentColumn } = this.#fold
    const column = quoteSqlite(parentColumn)
    const order = keyColumns(this.#parents.table.key)
    const [first] = order
    const value = `(select ${column} from ${this.#parents.name} where ${order.map(({ expression }) => `${expression} = ${KEY_PLACEHOLDER}`).join(' and ')})`
    const parameters = parent.key.flatMap((cell) => this.#parents.parametersOf(cell))
    if (first !== undefined && order.length === 1) {
      const earlier = this.#parents.select(
        `${column} = ${value} and ${first.expression} < ${KEY_PLACEHOLDER}`,
        [...parameters, ...parameters],
      )
      if (earlier.length > 0) return []
    }
    return this.table.select(`${quoteSqlite(childColumn)} = ${value}`, parameters)
  }

  /** Makes the children of a parent equal to its field; `before` are its present children. Returns how many rows changed. */
  apply(before: readonly OldRow[], field: Buffer | null, parentCell: { was: Cells; now: Cells }): number {
    const objects = field === null ? [] : readObjects(field)
    // Not a list of objects: the application's own value, which has no rows.
    if (objects === null) return 0
    const wanted = objects.map((object) => this.#wantedOf(object, parentCell))
    const pairs = this.#pair(before, wanted)
    const kept = new Set(pairs.values())
    let changed = 0
    for (const row of before) {
      if (kept.has(row)) continue
      this.table.delete(row.key)
      changed++
    }
    for (const [child, row] of pairs) {
      const cells = this.#changesOf(row, child)
      if (Object.keys(cells).length === 0) continue
      this.table.update(row.key, cells)
      changed++
    }
    for (const child of wanted) {
      if (pairs.has(child)) continue
      this.#insert(child)
      changed++
    }
    return changed
  }

  #wantedOf(
    object: ReadonlyMap<string, RestoredValue>,
    { was, now }: { readonly was: Cells; readonly now: Cells },
  ): Wanted {
    const { columns, childColumn, parentColumn } = this.#fold
    const cells: Record<string, Cells[string]> = {}
    for (const name of columns) {
      if (object.has(name)) cells[name] = storedCellOfValue(object.get(name)!)
    }
    const parent = now[parentColumn] ?? null
    const follows =
      !Object.hasOwn(cells, childColumn) ||
      cells[childColumn] === null ||
      (!isSameStored(was[parentColumn] ?? null, parent) &&
        isSameInJson(cells[childColumn]!, was[parentColumn] ?? null))
    if (follows) cells[childColumn] = parent
    return cells
  }

  /** Pairs objects with rows: by the INTEGER PRIMARY KEY in the object, else the first row with the same cells, else the next in order. */
  #pair(before: readonly OldRow[], wanted: readonly Wanted[]): ReadonlyMap<Wanted, OldRow> {
    const pairs = new Map<Wanted, OldRow>()
    const free = new Set(before)
    const take = (child: Wanted, row: OldRow | undefined): void => {
      if (row === undefined) return
      pairs.set(child, row)
      free.delete(row)
    }
    const { alias } = this.table
    if (alias !== null) {
      const byId = new Map(before.map((row) => [JSON.stringify(row.cells[alias]), row]))
      for (const child of wanted) {
        const id = child[alias]
        if (id != null) take(child, byId.get(JSON.stringify(id)))
      }
    }
    for (const child of wanted) {
      if (!pairs.has(child))
        take(
          child,
          [...free].find((row) => Object.keys(this.#changesOf(row, child)).length === 0),
        )
    }
    const names = (child: Wanted): boolean => alias !== null && child[alias] != null
    for (const child of wanted) {
      if (!pairs.has(child) && !names(child)) take(child, [...free][0])
    }
    return pairs
  }

  /** Returns the cells in which the object differs from the row. */
  #changesOf(row: OldRow, child: Wanted): Cells {
    return Object.fromEntries(
      Object.entries(changedCells(row.cells, child)).filter(
        ([name, cell]) => !isSameInJson(row.cells[name] ?? null, cell),
      ),
    )
  }

  #insert(child: Wanted): void {
    const { alias } = this.table
    const id = alias === null ? null : (child[alias] ?? null)
    const rowid = id !== null && 'integer' in id ? BigInt(id.integer) : null
    this.table.insert(rowid ?? (alias === null ? null : this.table.nextRowid()), child)
  }
}
