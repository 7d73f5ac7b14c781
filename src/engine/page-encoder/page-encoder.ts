/**
 * Encodes rows as they lie on the pages of a table, without a cell for a value: the plain rows, in compiled code (`assembly/`). The
 * row encoder is the rule, and has every other row. Invariant: what is taken here adds to the row encoder's output, sum and counts what
 * it would have added itself; a row of which anything else is to be said is not taken.
 */
import { ByteWriter } from '../encode/byte-writer.ts'
import { Cell } from '../encode/cell.ts'
import { cellEncoderOf } from '../encode/cell-encoder.ts'
import { type CellEncoder, NORMALIZED } from '../encode/conversion-encoder.ts'
import { Originals } from '../encode/originals.ts'
import { hasOrphans, type RowEncoder, type RowEncoderOptions } from '../encode/row-encoder.ts'
import type { CopyPlan } from '../model/plan.ts'
import type { TargetTable } from '../model/target-schema.ts'
import type { LeafRows } from '../source/reader.ts'
import { type AskedEncoders, type Compiled, loadCompiled } from './compiled.ts'
import { type FieldEntry, fieldEntryOf, recordColumns } from './field-entry.ts'

export class PageEncoder implements AskedEncoders {
  readonly #compiled: Compiled
  readonly #layout: Layout
  readonly #columns: ReturnType<typeof recordColumns>
  readonly #entries: readonly FieldEntry[]
  readonly #required: readonly boolean[]
  readonly #onlyExact: boolean
  /** Bytes that a row may take beyond those of its record. */
  readonly #mostBytes: number
  readonly #encoders: readonly (CellEncoder | null)[]
  readonly #cell = new Cell()
  readonly #writer = new ByteWriter(0)
  #taken = 0
  #left = 0

  /** Null for a table whose rows need more than one look at each of their values. */
  static of(copy: CopyPlan, target: TargetTable, options: RowEncoderOptions): PageEncoder | null {
    if (copy.pivot !== null || copy.folds.length > 0 || hasOrphans(copy, options)) return null
    const originals = new Originals(copy, options.exact)
    if (originals.areOfEveryRow) return null
    const entries = copy.columns.map((column) => fieldEntryOf(copy, column))
    if (!entries.every((entry) => entry !== null)) return null
    const compiled = loadCompiled()
    if (compiled === null) return null
    const layout = layoutOf(compiled)
    const columns = recordColumns(copy)
    const constants = entries.reduce((sum, entry) => sum + constantLength(entry), 0)
    if (columns.length > layout.mostColumns || entries.length > layout.mostFields) return null
    if (constants > layout.constantsBytes) return null
    const nullable = new Map(target.columns.map((column) => [column.name, column.nullable]))
    const required = copy.columns.map((column) => nullable.get(column.target) === false)
    if (entries.some((entry, index) => required[index]! && entry.kind === 'CONSTANT' && isNull(entry.field)))
      return null
    return new PageEncoder(compiled, layout, columns, entries, required, originals.areOfInexact, constants)
  }

  private constructor(
    compiled: Compiled,
    layout: Layout,
    columns: ReturnType<typeof recordColumns>,
    entries: readonly FieldEntry[],
    required: readonly boolean[],
    onlyExact: boolean,
    constants: number,
  ) {
    this.#compiled = compiled
    this.#layout = layout
    this.#columns = columns
    this.#entries = entries
    this.#required = required
    this.#onlyExact = onlyExact
    this.#mostBytes = constants + entries.length * FIELD_ROOM + 2
    this.#encoders = entries.map((entry) =>
      entry.kind === 'CONSTANT' ? null : cellEncoderOf(entry.conversion),
    )
  }

  /**
   * Appends the rows in the cells from `from` up to, but without, `to`, to `out`, until one is not plain. `ordinal`: of the first.
   * Gives the first cell that was not taken.
   */
  take(
    rows: LeafRows,
    [from, to]: readonly [number, number],
    ordinal: number,
    encoder: RowEncoder,
    out: ByteWriter,
  ): number {
    // Where most rows are left, each attempt is work for nothing.
    if (this.#left > this.#taken + TRIED_ROWS) return from
    const { memory, words } = this.#compiled
    const { page, cells, outAt } = this.#layout
    this.#enter()
    memory.set(rows.bytes.subarray(rows.start, rows.end), page)
    words.set(rows.cells.subarray(from * 4, to * 4), (cells >> 2) + from * 4)
    const shift = page - rows.start
    let cell = from
    do {
      cell = this.#compiled.encodeRows(cell, to, rows.mostLocal, shift, ordinal + cell - from)
      out.bytes(memory, outAt, this.#compiled.writtenTo())
    } while (cell < to && this.#compiled.isFull() === 1)
    this.#taken += cell - from
    if (cell < to) this.#left++
    if (cell > from) this.#hand(encoder, cell - from)
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
    const { memory } = this.#compiled
    const writer = this.#writer
    writer.buffer = memory
    writer.position = to
    const outcome = this.#encoders[field]!.encode(this.#cell, writer)
    // The writer has gone on in memory of its own where the field was too long for this one.
    const isHere = writer.buffer === memory
    writer.buffer = memory
    if (!isHere || outcome > NORMALIZED) return this.#layout.leave
    if (this.#required[field]! && memory[to] === 0xff) return this.#layout.leave
    return outcome === NORMALIZED ? writer.position | this.#layout.normalized : writer.position
  }

  /** Makes the compiled half this table's, with nothing counted. */
  #enter(): void {
    const compiled = this.#compiled
    const { lanes, normalizedRows } = this.#layout
    compiled.words.fill(0, lanes >> 2, (lanes >> 2) + 4)
    compiled.words.fill(0, normalizedRows >> 2, (normalizedRows >> 2) + this.#entries.length)
    if (compiled.asked === this) return
    compiled.asked = this
    this.#writeTable()
  }

  #writeTable(): void {
    const { memory } = this.#compiled
    const layout = this.#layout
    this.#compiled.setTable(this.#columns.length, this.#entries.length, this.#mostBytes, this.#onlyExact)
    this.#columns.forEach(({ affinity }, index) => {
      memory[layout.reals + index] = affinity === 'real' ? 1 : 0
    })
    let constantAt = 0
    this.#entries.forEach((entry, index) => {
      const at = layout.fields + index * layout.fieldBytes
      memory.fill(0, at, at + layout.fieldBytes)
      memory.writeInt32LE(this.#compiled.constant(entry.kind), at + layout.kindAt)
      if (entry.kind === 'CONSTANT') {
        memory.set(entry.field, layout.constants + constantAt)
        memory.writeInt32LE(constantAt, at + layout.parametersAt)
        memory.writeInt32LE(entry.field.length, at + layout.parametersAt + 4)
        constantAt += entry.field.length
        return
      }
      const { source } = entry
      const sourceNumber = typeof source === 'number' ? source : this.#compiled.constant(source)
      memory.writeInt32LE(sourceNumber, at + layout.sourceAt)
      memory.writeInt32LE(this.#required[index]! ? 1 : 0, at + layout.requiredAt)
      entry.parameters.forEach((parameter, position) => {
        memory.writeInt32LE(parameter, at + layout.parametersAt + position * 4)
      })
      memory.writeBigUInt64LE(entry.limit, at + layout.limitAt)
    })
  }

  #hand(encoder: RowEncoder, rows: number): void {
    const { words } = this.#compiled
    const { lanes, normalizedRows } = this.#layout
    encoder.addRows(
      rows,
      words.subarray(lanes >> 2, (lanes >> 2) + 4),
      words.subarray(normalizedRows >> 2, (normalizedRows >> 2) + this.#entries.length),
    )
  }
}

/** Rows that may be left before it is asked whether most are. */
const TRIED_ROWS = 100
/** More than any field takes beyond its value's own bytes: a numeric of four groups before the point and three after it. */
const FIELD_ROOM = 32

function constantLength(entry: FieldEntry | null): number {
  return entry?.kind === 'CONSTANT' ? entry.field.length : 0
}

function isNull(field: Buffer): boolean {
  return field[0] === 0xff
}

type Layout = ReturnType<typeof readLayout>

let layout: Layout | null = null

function layoutOf(compiled: Compiled): Layout {
  layout ??= readLayout(compiled)
  return layout
}

function readLayout({ constant }: Compiled) {
  return {
    page: constant('PAGE'),
    cells: constant('CELLS'),
    mostColumns: constant('MOST_COLUMNS'),
    reals: constant('REALS'),
    fields: constant('FIELDS'),
    mostFields: constant('MOST_FIELDS'),
    fieldBytes: constant('FIELD_BYTES'),
    kindAt: constant('KIND_AT'),
    sourceAt: constant('SOURCE_AT'),
    requiredAt: constant('REQUIRED_AT'),
    parametersAt: constant('PARAMETERS_AT'),
    limitAt: constant('LIMIT_AT'),
    normalizedRows: constant('NORMALIZED_ROWS'),
    lanes: constant('LANES'),
    constants: constant('CONSTANTS'),
    constantsBytes: constant('CONSTANTS_BYTES'),
    outAt: constant('OUT'),
    normalized: constant('NORMALIZED'),
    leave: constant('LEAVE'),
  } as const
}
