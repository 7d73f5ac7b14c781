/**
 * The parts of a source row that cannot be restored from its target row, for the archive. Invariant: with `exact`, the target's row and what is
 * kept here give every cell of the source back, and where it stood: its rowid, or its place among rows that have none.
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
  /** The column is in a JSON object of its row. */
  readonly inJson: boolean
  /** Positions of the target columns that the source column feeds. */
  readonly fed: readonly number[]
}

export class Originals {
  /** A row whose place nothing in the target shows has an entry, be it empty. */
  readonly #keepsPlace: boolean
  readonly #columns: readonly KeptColumn[]
  readonly #children: readonly { readonly columns: readonly string[]; readonly rowid: string | null }[]

  constructor(copy: CopyPlan, exact: boolean) {
    this.#columns = keptColumns(copy, exact)
    this.#keepsPlace = exact && copy.pivot === null && !tellsPlace(copy)
    this.#children = exact ? copy.folds.map(({ columns }) => ({ columns, rowid: hiddenRowid(columns) })) : []
  }

  /** Something is kept of every row, or of one whose cells are all EXACT. */
  get areOfEveryRow(): boolean {
    return this.#keepsPlace || this.#columns.some(({ always, inJson }) => always || inJson)
  }

  /** Something is kept of a row with a cell that is not EXACT. */
  get areOfInexact(): boolean {
    return this.#columns.length > 0
  }

  /** Cells of the row; null when its target row says everything. `outcomes` by target column. */
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

  /** One object for each child of the row; null when the JSON array says everything. */
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

/** The rowid of a child or a member goes beside its cells under a name that no column has. */
export function keepRowid(cells: Record<string, StoredCell>, name: string | null, row: NestedRow): void {
  if (name !== null && row.rowid.storage !== NULL) cells[name] = storedCellOf(row.rowid)
}

/** A name of the rowid that is no column's (https://www.sqlite.org/lang_createtable.html#rowid); null when all are. */
export function hiddenRowid(columns: readonly string[]): string | null {
  const taken = new Set(columns.map((name) => name.toLowerCase()))
  return ['rowid', '_rowid_', 'oid'].find((name) => !taken.has(name)) ?? null
}

/** jsonb has no negative zero; all else comes back from what `writeJsonCell` wrote. */
export function isKeptByJson(cell: Cell): boolean {
  return cell.storage !== REAL || !Object.is(cell.number, -0)
}

/** Same storage class and bytes. */
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

/** Whether the target row says which rowid, or which place, its source row had. */
function tellsPlace(copy: CopyPlan): boolean {
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
