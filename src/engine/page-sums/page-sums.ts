/**
 * Sums the hashes of a table's rows directly from its pages, without a cell for each value: the source's side of the comparison by
 * checksum. Finds the pages, decodes the records and encodes the fields by other code than the copy's. Invariant: a row is summed as the
 * row encoder would have encoded it, or is left to the caller.
 */
import { ByteWriter } from '../encode/cell/byte-writer.ts'
import { Cell, type SourceRow } from '../encode/cell/cell.ts'
import { FIRST_REJECT } from '../encode/cell/conversion-encoder.ts'
import { fillFromStored, storedCellOf } from '../encode/cell/stored-cell.ts'
import type { RowEncoderOptions } from '../encode/rows/row-encoder.ts'
import { RowSum } from '../encode/rows/row-hash.ts'
import type { Block } from '../model/block.ts'
import type { CopyPlan } from '../model/plan.ts'
import type { TargetTable } from '../model/target-schema.ts'
import { numberOfEncoding } from '../source/base/file-header.ts'
import type { StoredRows, TableReader } from '../source/base/reader.ts'
import { enterAdded } from '../source/leaves/added-values.ts'
import { LeafPages, UnusualPage } from '../source/leaves/leaf-pages.ts'
import { rangeOfRow, rowidsOf } from '../source/leaves/rowid-ranges.ts'
import { type Kernel, loadKernel } from './kernel.ts'
import { enterTable, fitsKernel, type SummedTable, summedTableOf } from './summed-table.ts'

export type PageSum = {
  /** The sum of the rows taken. */
  readonly sum: RowSum
  /** The sum of the same rows as the server returns them, without those that `onChanging` got. */
  readonly returned: RowSum
  /** The rows left to the caller, in order. */
  readonly left: readonly LeftRow[]
}

/** `ordinal`: the row's number in the table, from 1. */
export type LeftRow = { readonly rowid: bigint; readonly ordinal: number }

/** How many rows, and which part of all, may be left before reading the rest row by row is as good. */
const FEW_ROWS = 100
const FEW_PART = 1 / 8

export class PageSums {
  readonly #kernel: Kernel
  readonly #table: SummedTable
  readonly #pages: LeafPages
  readonly #rows: () => TableReader
  /** The values of the table's last columns in records that end before them, as far as known. */
  #added: readonly Cell[] = []
  #hasLongDefaults = false
  readonly #cell = new Cell()
  readonly #writer = new ByteWriter(0)

  /**
   * Null for a table that is summed row by row. `file`: the database with the `stored` rows. `rows` returns SQLite's reader of the table,
   * which knows the values of columns in rows that were written before the columns were added; it is called at the first of these.
   */
  static open(
    { file, stored }: { readonly file: string; readonly stored: StoredRows },
    copy: CopyPlan,
    target: TargetTable,
    options: RowEncoderOptions,
    rows: () => TableReader,
  ): PageSums | null {
    const table = summedTableOf(copy, target, options, stored)
    const kernel = table === null ? null : loadKernel()
    if (table === null || kernel === null || !fitsKernel(table, kernel)) return null
    try {
      return new PageSums(kernel, table, new LeafPages(file), rows)
    } catch (error) {
      if (error instanceof UnusualPage) return null
      throw error
    }
  }

  private constructor(kernel: Kernel, table: SummedTable, pages: LeafPages, rows: () => TableReader) {
    this.#kernel = kernel
    this.#table = table
    this.#pages = pages
    this.#rows = rows
  }

  close(): void {
    this.#pages.close()
  }

  /**
   * Returns null when too many rows would be left, or the pages are unusual. `onChanging` gets the fields of each row that the server may
   * return in bytes that the compiled code does not know: `bytes[start, end)`, valid during the call.
   */
  sum(
    { range, rowsBefore }: Pick<Block, 'range' | 'rowsBefore'>,
    onChanging: (bytes: Buffer, start: number, end: number) => void,
  ): PageSum | null {
    const kernel = this.#kernel
    const { memory, constant } = kernel
    const [first, last] = rowidsOf(range)
    enterTable(kernel, this.#table)
    kernel.setEncoding(numberOfEncoding(this.#pages.encoding))
    this.#enterAdded(this.#added)
    kernel.ask = (field, storage, number, start, end, to) => this.#ask(field, storage, number, start, end, to)
    kernel.learnAdded = (values, rowid) => this.#learnAdded(values, rowid)
    kernel.see = (start, end) => onChanging(memory, start, end)
    kernel.beginRange(first, last, rowsBefore)
    const lanesAt = (place: number) => kernel.words.subarray(place >> 2, (place >> 2) + 4).fill(0)
    const lanes = lanesAt(constant('SUM'))
    const changingLanes = lanesAt(constant('CHANGING_SUM'))
    const returnedLanes = lanesAt(constant('RETURNED_SUM'))
    const [leafEnds, refused] = [constant('LEAF_ENDS'), constant('REFUSED')]
    const left: LeftRow[] = []
    let isUsual = true
    const start = constant('PAGES')
    const room = { memory, start, end: start + constant('PAGES_BYTES') }
    try {
      this.#pages.read(this.#table.rootPage, [first, last], room, (place) => {
        const state = kernel.sumLeaf(place, this.#pages.usableBytes)
        for (let row = 0; row < kernel.leftRows(); row++) left.push(this.#leftRow(row))
        isUsual =
          state !== refused &&
          left.length <= FEW_ROWS + (kernel.summedRows() + kernel.changingRows()) * FEW_PART
        return isUsual && state === leafEnds
      })
    } catch (error) {
      if (!(error instanceof UnusualPage || error instanceof RangeError)) throw error
      isUsual = false
    }
    if (!isUsual) return null
    const sum = new RowSum()
    const returned = new RowSum()
    returned.addLanes(lanes, kernel.summedRows())
    returned.addLanes(returnedLanes, kernel.returnedRows())
    sum.addLanes(lanes, kernel.summedRows())
    sum.addLanes(changingLanes, kernel.changingRows())
    return { sum, returned, left }
  }

  #leftRow(row: number): LeftRow {
    const { numbers, constant } = this.#kernel
    const entry = (constant('LEFT') >> 3) + row * 2
    return { rowid: numbers[entry]!, ordinal: Number(numbers[entry + 1]!) }
  }

  /** Called by the kernel: reads the row through SQLite, whose values from column `values` on are those of every row without them. */
  #learnAdded(values: number, rowid: bigint): number {
    if (this.#hasLongDefaults) return 0
    const columns = this.#table.cells.slice(values)
    const added = columns.map(() => new Cell())
    const reading = this.#rows().open({ range: rangeOfRow(rowid), rowsBefore: 0 })
    const visit = ({ cells }: SourceRow): void => {
      columns.forEach((index, column) => {
        if (index >= 0) fillFromStored(added[column]!, storedCellOf(cells[index]!))
      })
    }
    while (reading.advance(1, visit));
    this.#hasLongDefaults = !this.#enterAdded(added)
    if (this.#hasLongDefaults) return 0
    this.#added = added
    return 1
  }

  /** Returns false when the kernel has no room for the values of the last columns. */
  #enterAdded(added: readonly Cell[]): boolean {
    const first = this.#table.cells.length - added.length
    const bytes = enterAdded(this.#kernel, first, added)
    if (bytes === null) return false
    this.#kernel.knowAdded(first, bytes)
    return true
  }

  /** Called by the kernel: writes a field at `to` with the column's own encoder. */
  #ask(field: number, storage: number, number: number, start: number, end: number, to: number): number {
    const { memory, constant } = this.#kernel
    const column = this.#table.fields[field]!
    if (column.kind === 'SAME') return constant('LEAVE')
    const cell = this.#cell
    if (storage === 1) cell.setInteger(number)
    else if (storage === 2) cell.setReal(number)
    else if (storage === 3) cell.setText(memory, start, end)
    else cell.setBlob(memory, start, end)
    const writer = this.#writer
    writer.buffer = memory
    writer.position = to
    const outcome = column.encoder.encode(cell, writer)
    // A field for which there was no room is in the writer's own memory.
    if (outcome >= FIRST_REJECT || writer.buffer !== memory) return constant('LEAVE')
    const isNull = memory.readInt32LE(to) === -1
    return isNull && column.isRequired ? constant('LEAVE') : writer.position
  }
}
