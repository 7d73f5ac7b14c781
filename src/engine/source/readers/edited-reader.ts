/** A reader that replaces the cells of rows which a person edited. Invariant: all other rows and cells are those of the wrapped reader. */
import { Cell, type SourceRow } from '../../encode/cell/cell.ts'
import { fillFromStored } from '../../encode/cell/stored-cell.ts'
import type { EditedRow } from '../../model/journal.ts'
import type { CopyPlan } from '../../model/plan.ts'
import type { TableReader } from '../base/reader.ts'

/** `edited`: edited rows of this table; `isChosen`, if given, selects the rows to read. */
export function withEditedRows(
  reader: TableReader,
  copy: CopyPlan,
  edited: readonly EditedRow[],
  isChosen: ((row: SourceRow) => boolean) | null = null,
): TableReader {
  if (edited.length === 0 && isChosen === null) return reader
  const edits = new Map(edited.map(({ ordinal, cells }) => [ordinal, cellsOf(copy, cells)]))
  return {
    name: reader.name,
    stored: null,
    open(block) {
      const reading = reader.open(block)
      return {
        advance: (maxRows, visit) =>
          reading.advance(maxRows, (row) => {
            if (isChosen !== null && !isChosen(row)) return
            const edited = edits.get(row.ordinal)
            visit(edited === undefined ? row : withCells(row, edited))
          }),
      }
    },
    close: () => reader.close(),
  }
}

function cellsOf(copy: CopyPlan, cells: EditedRow['cells']): ReadonlyMap<number, Cell> {
  return new Map(
    Object.entries(cells).map(([name, stored]) => {
      const cell = new Cell()
      fillFromStored(cell, stored)
      return [copy.read.columns.indexOf(name), cell]
    }),
  )
}

function withCells(row: SourceRow, edited: ReadonlyMap<number, Cell>): SourceRow {
  return {
    rowid: row.rowid,
    ordinal: row.ordinal,
    wanted: row.wanted,
    cells: row.cells.map((cell, index) => edited.get(index) ?? cell),
    children: (fold) => row.children(fold),
    members: () => row.members(),
    forget: () => row.forget(),
  }
}
