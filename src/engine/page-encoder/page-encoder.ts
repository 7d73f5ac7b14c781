/**
 * Encodes plain rows directly from a table's pages in compiled code (`assembly/`), without a cell for each value. The row encoder is
 * authoritative and encodes every other row. Invariant: a row taken here adds to the row encoder's output, sum and counts exactly what the
 * row encoder would have added; a row with anything else to report is not taken.
 */
import { ByteWriter } from '../encode/cell/byte-writer.ts'
import { Cell } from '../encode/cell/cell.ts'
import { type CellEncoder, NORMALIZED } from '../encode/cell/conversion-encoder.ts'
import { cellEncoderOf } from '../encode/conversions/cell-encoder.ts'
import type { RowEncoder, RowEncoderOptions } from '../encode/rows/row-encoder.ts'
import type { CopyPlan } from '../model/plan.ts'
import type { TargetTable } from '../model/target-schema.ts'
import { numberOfEncoding } from '../source/base/file-header.ts'
import type { LeafRows, StoredRows } from '../source/base/reader.ts'
import { type AskedEncoders, type Compiled, loadCompiled } from './compiled.ts'
import { type EncodedTable, encodedTableOf, isRoomFor, writeTable } from './encoded-table.ts'

/** How many rows may be left before checking whether most are. */
const TRIED_ROWS = 100

export class PageEncoder implements AskedEncoders {
  readonly #compiled: Compiled
  readonly #table: EncodedTable
  readonly #encoders: readonly (CellEncoder | null)[]
  readonly #cell = new Cell()
  readonly #writer = new ByteWriter(0)
  #taken = 0
  #left = 0

  /** `stored`: of the reader whose rows it takes. Null for a table that only the row encoder encodes. */
  static of(
    copy: CopyPlan,
    target: TargetTable,
    options: RowEncoderOptions,
    stored: StoredRows,
  ): PageEncoder | null {
    const table = encodedTableOf(copy, target, options, stored)
    const compiled = table === null ? null : loadCompiled()
    if (table === null || compiled === null || !isRoomFor(table, compiled.layout)) return null
    return new PageEncoder(compiled, table)
  }

  private constructor(compiled: Compiled, table: EncodedTable) {
    this.#compiled = compiled
    this.#table = table
    this.#encoders = table.fields.map(({ entry }) =>
      entry.kind === 'CONSTANT' ? null : cellEncoderOf(entry.conversion),
    )
  }

  /**
   * Appends the rows in the cells from `from` up to, but without, `to`, to `out`, until one is not plain. `ordinal`: of the first row.
   * Returns the first cell that was not taken.
   */
  take(
    rows: LeafRows,
    [from, to]: readonly [number, number],
    ordinal: number,
    encoder: RowEncoder,
    out: ByteWriter,
  ): number {
    // When most rows are left, trying is wasted work.
    if (this.#left > this.#taken + TRIED_ROWS) return from
    const compiled = this.#compiled
    const { memory, words, layout } = compiled
    this.#enter()
    compiled.setEncoding(numberOfEncoding(rows.encoding))
    memory.set(rows.bytes.subarray(rows.start, rows.end), layout.page)
    words.set(rows.cells.subarray(from * 4, to * 4), (layout.cells >> 2) + from * 4)
    const shift = layout.page - rows.start
    let cell = from
    do {
      cell = compiled.encodeRows(cell, to, rows.mostLocal, shift, ordinal + cell - from)
      out.bytes(memory, layout.out, compiled.writtenTo())
    } while (cell < to && compiled.isFull() === 1)
    this.#taken += cell - from
    if (cell < to) this.#left++
    if (cell > from) encoder.addRows(cell - from, this.#lanes(), this.#normalizedRows())
    return cell
  }

  askBytes(field: number, isBlob: number, at: number, end: number, to: number): number {
    if (isBlob === 1) this.#cell.setBlob(this.#compiled.memory, at, end)
    else this.#cell.setText(this.#compiled.memory, at, end)
    return this.#ask(field, to)
  }

  askNumber(field: number, isReal: number, value: number, to: number): number {
    if (isReal === 1) this.#cell.setReal(value)
    else this.#cell.setInteger(value)
    return this.#ask(field, to)
  }

  #ask(field: number, to: number): number {
    const { memory, layout } = this.#compiled
    const writer = this.#writer
    writer.buffer = memory
    writer.position = to
    const outcome = this.#encoders[field]!.encode(this.#cell, writer)
    // The writer has moved to new memory when the field was too long for this one.
    if (writer.buffer !== memory || outcome > NORMALIZED) return layout.leave
    if (this.#table.fields[field]!.isRequired && memory[to] === 0xff) return layout.leave
    return outcome === NORMALIZED ? writer.position | layout.normalized : writer.position
  }

  /** Loads this table into the compiled half, with zero counts. */
  #enter(): void {
    this.#lanes().fill(0)
    this.#normalizedRows().fill(0)
    if (this.#compiled.asked === this) return
    this.#compiled.asked = this
    writeTable(this.#compiled, this.#table)
  }

  #lanes(): Int32Array {
    const { words, layout } = this.#compiled
    return words.subarray(layout.lanes >> 2, (layout.lanes >> 2) + 4)
  }

  #normalizedRows(): Int32Array {
    const { words, layout } = this.#compiled
    const start = layout.normalizedRows >> 2
    return words.subarray(start, start + this.#table.fields.length)
  }
}
