/**
 * The parts of a source row that cannot be restored from its target row, for the archive. Invariant: with `exact`, the target row and the
 * archived parts together restore every cell of the source, and its place: the rowid, or the position among rows without one.
 */
import type { CopyPlan } from '../../model/plan.ts'
import type { StoredCell } from '../../model/storage.ts'
import { BLOB, type Cell, type NestedRow, NULL, REAL, type SourceRow, TEXT } from '../cell/cell.ts'
import { EXACT } from '../cell/conversion-encoder.ts'
import { storedCellOf } from '../cell/stored-cell.ts'

export type KeptCells = Readonly<Record<string, StoredCell>>

type KeptColumn = {
  readonly name: string
  readonly index: number
  readonly always: boolean
  /** Whether the column is in a JSON object of its row. */
  readonly inJson: boolean
  /** Positions of the target columns that the source column feeds. */
  readonly fed: readonly number[]
}

export class Originals {
  /** Whether every row gets an entry, if only an empty one, because the target row does not show the row's place. */
  readonly #keepsPlace: boolean
  readonly #columns: readonly KeptColumn[]
  readonly #children: readonly { readonly columns: readonly string[]; readonly rowid: string | null }[]

  constructor(copy: CopyPlan, exact: boolean) {
    this.#columns = keptColumns(copy, exact)
    this.#keepsPlace = exact && copy.pivot === null && !showsPlace(copy)
    this.#children = exact ? copy.folds.map(({ columns }) => ({ columns, rowid: hiddenRowid(columns) })) : []
  }

  /** Whether something is archived even for a row whose cells are all EXACT. */
  get areOfEveryRow(): boolean {
    return this.#keepsPlace || this.#columns.some(({ always, inJson }) => always || inJson)
  }

  /** Whether something is archived for a row with a cell that is not EXACT. */
  get areOfInexact(): boolean {
    return this.#columns.length > 0
  }

  /** The cells of the row to archive; null when the target row is sufficient. `outcomes` is by target column. */
  cellsOf(row: SourceRow, outcomes: Uint8Array): KeptCells | null {
    let cells: Record<string, StoredCell> | null = this.#keepsPlace ? {} : null
    for (const { name, index, always, inJson, fed } of this.#columns) {
      const isKept =
        always ||
        fed.some((position) => outcomes[position] !== EXACT) ||
        (inJson && !isKeptByJson(row.cells[index]!))
      if (!isKept) continue
      cells ??= {}
      cells[name] = storedCellOf(row.cells[index]!)
    }
    return cells
  }

  /** One object for each child of the row; null when the JSON array is sufficient. */
  childrenOf(row: SourceRow, fold: number): readonly KeptCells[] | null {
    const rule = this.#children[fold]
    if (rule === undefined) return null
    const kept: KeptCells[] = []
    let isNeeded = false
    for (const child of row.children(fold)) {
      const cells: Record<string, StoredCell> = {}
      keepRowid(cells, rule.rowid, child)
      rule.columns.forEach((name, index) => {
        if (!isKeptByJson(child[index]!)) cells[name] = storedCellOf(child[index]!)
      })
      isNeeded ||= Object.keys(cells).length > 0
      kept.push(cells)
    }
    return isNeeded ? kept : null
  }
}

/** Adds the rowid of a child or a member under a name that no column has. */
export function keepRowid(cells: Record<string, StoredCell>, name: string | null, row: NestedRow): void {
  if (name !== null && row.rowid.storage !== NULL) cells[name] = storedCellOf(row.rowid)
}

/** A name for the rowid that no column has (https://www.sqlite.org/lang_createtable.html#rowid); null when all are taken. */
export function hiddenRowid(columns: readonly string[]): string | null {
  const taken = new Set(columns.map((name) => name.toLowerCase()))
  return ['rowid', '_rowid_', 'oid'].find((name) => !taken.has(name)) ?? null
}

/** Whether the cell can be restored from what `writeJsonCell` wrote: jsonb has no negative zero. */
export function isKeptByJson(cell: Cell): boolean {
  return cell.storage !== REAL || !Object.is(cell.number, -0)
}

/** Whether both cells have the same storage class and bytes. */
export function isSameCell(one: Cell, other: Cell): boolean {
  if (one.storage !== other.storage) return false
  switch (one.storage) {
    case NULL:
      return true
    case TEXT:
    case BLOB:
      return one.bytes().equals(other.bytes())
    case REAL:
      return Object.is(one.number, other.number)
    default:
      return one.integer() === other.integer()
  }
}

function keptColumns(copy: CopyPlan, exact: boolean): readonly KeptColumn[] {
  const { pivot } = copy
  const ofPivot = pivot === null ? [] : [pivot.name, pivot.value, ...pivot.archived]
  return copy.read.columns.flatMap((name, index) => {
    if (ofPivot.includes(name)) return []
    const fate = copy.unmapped.find((column) => column.column === name)?.fate
    const fed = copy.columns.flatMap(({ from }, position) =>
      from.kind === 'column' && from.column === name ? [position] : [],
    )
    const inJson = copy.columns.some(({ from }) => from.kind === 'gather' && from.columns.includes(name))
    const isCarried = fed.length > 0 || inJson
    const isGenerated = copy.read.table.columns.find((column) => column.name === name)?.generated != null
    const always = fate === 'archive' || (exact && !isCarried && fate !== 'drop' && !isGenerated)
    if (!always && !(exact && isCarried)) return []
    return [{ name, index, always, inJson, fed }]
  })
}

/** Whether the target row shows the rowid, or the position, of its source row. */
function showsPlace(copy: CopyPlan): boolean {
  const { key, identity, columns } = copy
  if (identity.kind === 'columns' && identity.ordered) return true
  switch (key.kind) {
    case 'primary-key':
      return true
    case 'none':
      return columns.some(({ from }) => from.kind === 'row-number')
    case 'rowid':
      return columns.some(
        ({ from }) =>
          from.kind === 'rowid' ||
          (from.kind === 'column' && from.column === key.column && from.conversion.kind === 'integer'),
      )
    default:
      return key satisfies never
  }
}
