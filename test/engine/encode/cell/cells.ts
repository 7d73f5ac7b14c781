import { ByteWriter } from '../../../../src/engine/encode/cell/byte-writer.ts'
import { Cell } from '../../../../src/engine/encode/cell/cell.ts'
import {
  type CellEncoder,
  EXACT,
  FIRST_REJECT,
  NORMALIZED,
  ROUNDED,
  rejectCodeOf,
} from '../../../../src/engine/encode/cell/conversion-encoder.ts'
import type { SqliteValue } from '../../../../src/engine/model/storage.ts'

/** A cell of a value; text and bytes stand between other bytes, as they do in a page. */
export function cellOf(value: SqliteValue): Cell {
  const cell = new Cell()
  if (value === null) cell.setNull()
  else if (typeof value === 'bigint') cell.setBigInteger(value)
  else if (typeof value === 'number') cell.setReal(value)
  else if (typeof value === 'string') setBytes(cell, Buffer.from(value, 'utf8'), 'text')
  else setBytes(cell, value, 'blob')
  return cell
}

export function textCellOf(bytes: Uint8Array): Cell {
  const cell = new Cell()
  setBytes(cell, bytes, 'text')
  return cell
}

function setBytes(cell: Cell, bytes: Uint8Array, storage: 'text' | 'blob'): void {
  const surrounded = Buffer.concat([Buffer.from('  1"'), bytes, Buffer.from('0"]} ')])
  if (storage === 'text') cell.setText(surrounded, 4, 4 + bytes.length)
  else cell.setBlob(surrounded, 4, 4 + bytes.length)
}

type Encoded = {
  /** `exact`, `normalized`, `rounded 0.0000001`, or the reject code. */
  readonly outcome: string
  /** Null when refused, and for null. */
  readonly field: Buffer | null
}

export function encodeCell(encoder: CellEncoder, cell: Cell): Encoded {
  const out = new ByteWriter(16)
  out.reserve(3)
  out.position = 3
  const outcome = encoder.encode(cell, out)
  if (outcome >= FIRST_REJECT) return { outcome: rejectCodeOf(outcome), field: null }
  const length = out.buffer.readInt32BE(3)
  if (out.position !== 7 + Math.max(length, 0)) throw new Error('the field is not as long as it says')
  const field = length < 0 ? null : Buffer.from(out.buffer.subarray(7, out.position))
  return { outcome: nameOf(outcome, encoder), field }
}

function nameOf(outcome: number, encoder: CellEncoder): string {
  if (outcome === EXACT) return 'exact'
  if (outcome === NORMALIZED) return 'normalized'
  if (outcome === ROUNDED) return `rounded ${encoder.lastError()}`
  throw new Error(`no such outcome: ${outcome}`)
}
