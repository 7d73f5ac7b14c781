/**
 * The field encoder of each target column, by the origin of its value. Invariant: a field encoder writes one value with its length, or
 * refuses it.
 */
import type { Conversion } from '../../model/conversion.ts'
import type { CopyPlan } from '../../model/plan.ts'
import type { ByteWriter } from '../cell/byte-writer.ts'
import { Cell, type SourceRow } from '../cell/cell.ts'
import { type CellEncoder, EXACT, NORMALIZED, type Outcome } from '../cell/conversion-encoder.ts'
import type { FieldEncoder } from '../cell/field.ts'
import type { OrphanTests } from '../cell/orphan-test.ts'
import { fillFromStored } from '../cell/stored-cell.ts'
import { cellEncoderOf } from '../conversions/cell-encoder.ts'
import { unchangedJsonEncoder } from '../conversions/json.ts'
import { foldEncoder } from './fold.ts'
import { gatherEncoder } from './gather.ts'
import { proven } from './proven.ts'

/**
 * Returns the field encoder of a target column. `tests`: those of `rowTestsOf`; `pivot`: the encoder of a pivot's column; `unchanged` and
 * `proves`: as in `RowEncoderOptions`.
 */
export function fieldOf(
  copy: CopyPlan,
  { target, from }: CopyPlan['columns'][number],
  tests: OrphanTests,
  pivot: FieldEncoder | null,
  {
    unchanged,
    proves = false,
  }: { readonly unchanged?: ReadonlySet<string> | undefined; readonly proves?: boolean },
): FieldEncoder {
  const encoderOf = (conversion: Conversion, encoder = cellEncoderOf(conversion)): CellEncoder =>
    proves ? proven(conversion, encoder) : encoder
  switch (from.kind) {
    case 'column': {
      const { column, conversion } = from
      const isUnchanged = conversion.kind === 'json' && unchanged?.has(column) === true
      const encoder = encoderOf(conversion, isUnchanged ? unchangedJsonEncoder(conversion) : undefined)
      const field = new CellField(encoder, cellIndex(copy, column))
      return withNulledOrphans(field, copy, target, tests)
    }
    case 'expression': {
      const index = copy.read.columns.length + from.expression
      const field = new CellField(encoderOf(from.conversion), index)
      return withNulledOrphans(field, copy, target, tests)
    }
    case 'rowid':
      return cellField(encoderOf(from.conversion), (row) => row.rowid)
    case 'row-number': {
      const cell = new Cell()
      return cellField(encoderOf(from.conversion), (row) => {
        cell.setInteger(row.ordinal)
        return cell
      })
    }
    case 'constant': {
      const cell = new Cell()
      fillFromStored(cell, from.value)
      return cellField(encoderOf(from.conversion), () => cell)
    }
    case 'gather':
      return gatherEncoder(
        from.columns,
        from.columns.map((name) => cellIndex(copy, name)),
      )
    case 'fold':
      return foldEncoder(from.fold, copy.folds[from.fold]!.columns)
    case 'pivot':
      return pivot!
    case 'nothing':
      return nothing
    default:
      return from satisfies never
  }
}

const nothing: FieldEncoder = {
  encode(_row, out) {
    out.reserve(4)
    out.int32(-1)
    return EXACT
  },
  lastError: () => '0',
}

/** The usual case: one cell of the row, converted. */
class CellField implements FieldEncoder {
  readonly #encoder: CellEncoder
  readonly #index: number

  constructor(encoder: CellEncoder, index: number) {
    this.#encoder = encoder
    this.#index = index
  }

  encode(row: SourceRow, out: ByteWriter): Outcome {
    return this.#encoder.encode(row.cells[this.#index]!, out)
  }

  lastError(): string {
    return this.#encoder.lastError()
  }
}

function cellField(encoder: CellEncoder, pick: (row: SourceRow) => Cell): FieldEncoder {
  return {
    encode: (row, out) => encoder.encode(pick(row), out),
    lastError: () => encoder.lastError(),
  }
}

/** Writes null for an orphan; the original stays in another column of the row, so nothing is lost. */
function withNulledOrphans(
  field: FieldEncoder,
  copy: CopyPlan,
  target: string,
  tests: OrphanTests,
): FieldEncoder {
  const index = copy.references.findIndex(
    (reference) => reference.onOrphan === 'null-reference' && reference.target === target,
  )
  if (index < 0) return field
  const reference = copy.references[index]!
  const test = tests[index] ?? null
  if (test === null) return field
  const positions = reference.columns.map((name) => cellIndex(copy, name))
  const cells: Cell[] = new Array(positions.length)
  return {
    encode(row, out) {
      for (let i = 0; i < positions.length; i++) cells[i] = row.cells[positions[i]!]!
      if (!test(cells)) return field.encode(row, out)
      out.reserve(4)
      out.int32(-1)
      return NORMALIZED
    },
    lastError: () => field.lastError(),
  }
}

/** The index of a source column among those that are read. */
export function cellIndex(copy: CopyPlan, column: string): number {
  const index = copy.read.columns.indexOf(column)
  if (index < 0) throw new Error(`the plan reads no column ${JSON.stringify(column)}`)
  return index
}
