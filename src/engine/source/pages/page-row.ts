/**
 * The row that the page reader fills, and how a record's columns map to its cells (https://www.sqlite.org/fileformat2.html). Invariant:
 * there is one row, whose cells are filled anew for each record.
 */
import { Cell, type NestedRow, type SourceRow } from '../../encode/cell/cell.ts'
import type { CopyPlan } from '../../model/plan.ts'
import { addedColumnValue } from './added-column.ts'
import type { StoredColumn } from './record.ts'

export class PageRow implements SourceRow {
  readonly rowid = new Cell()
  readonly cells: Cell[]
  readonly wanted = true
  ordinal = 0
  readonly #free: () => void

  /** `free` releases the memory of a large row's cells. */
  constructor(columns: number, free: () => void) {
    this.#free = free
    this.cells = Array.from({ length: columns }, () => new Cell())
  }
  children(): Iterable<NestedRow> {
    return []
  }
  members(): Iterable<NestedRow> {
    return []
  }
  forget(): void {
    this.#free()
  }
}

/**
 * The columns in the order of records (§2.3): the table's, without virtual generated ones (https://www.sqlite.org/gencol.html: only STORED
 * ones take up space); in a WITHOUT ROWID table the key's columns come first (§2.4). An INTEGER PRIMARY KEY is stored as NULL, and its
 * value is the rowid, so its cell is the rowid's. Columns that are not read share one cell.
 */
export function storedColumns({ read, key }: Pick<CopyPlan, 'read' | 'key'>, row: PageRow): StoredColumn[] {
  const unread = new Cell()
  const alias = key.kind === 'rowid' ? key.column : null
  const aliasIndex = alias === null ? -1 : read.columns.indexOf(alias)
  if (aliasIndex >= 0) row.cells[aliasIndex] = row.rowid
  const keyed = key.kind === 'primary-key' ? key.columns.map(({ name }) => name) : []
  const { columns } = read.table
  const ordered = [
    ...keyed.map((name) => columns.find((column) => column.name === name)!),
    ...columns.filter(({ name }) => !keyed.includes(name)),
  ]
  return ordered
    .filter((column) => column.generated !== 'virtual')
    .map((column) => {
      const index = read.columns.indexOf(column.name)
      return {
        name: column.name,
        cell: index < 0 || index === aliasIndex ? unread : row.cells[index]!,
        real: column.affinity === 'real',
        added: addedColumnValue(column),
      }
    })
}

/** A column that contains the rowids of another table's rows. */
export function rowidColumn(row: PageRow): StoredColumn {
  return { name: 'rowid', cell: row.rowid, real: false, added: null }
}
