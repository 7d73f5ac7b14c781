/**
 * For the verification, which encodes rare values by the rules by which they were copied: a field that is said to hold its cell exactly is
 * decoded again, by the inverse of the rule. Invariant: a field that does not decode to its cell is replaced by one that the target does not
 * hold, so that the sums differ.
 */
import type { Conversion } from '../../model/conversion.ts'
import type { SqliteValue } from '../../model/storage.ts'
import type { ByteWriter } from '../cell/byte-writer.ts'
import { BLOB, type Cell, INTEGER, NULL, REAL, TEXT } from '../cell/cell.ts'
import { type CellEncoder, EXACT } from '../cell/conversion-encoder.ts'
import { writeUnequal } from '../cell/field.ts'
import { cellDecoderOf } from '../conversions/cell-encoder.ts'

/** `encoder`: of the conversion. */
export function proven(conversion: Conversion, encoder: CellEncoder): CellEncoder {
  const decode = cellDecoderOf(conversion)
  const isJsonb = conversion.kind === 'json' && conversion.storage === 'jsonb'
  const bytesAt = isJsonb ? 5 : 4
  const isCopied = ['text', 'bytes', 'json'].includes(conversion.kind)

  function holds(cell: Cell, out: ByteWriter, start: number): boolean {
    const length = out.buffer.readInt32BE(start)
    if (length === -1) return cell.storage === NULL
    const hasBytes = cell.storage === TEXT || cell.storage === BLOB
    // A long value's bytes are those of the cell.
    if (hasBytes && cell.isLong && out.longs.at(-1)?.at === start + bytesAt) return true
    const field = out.buffer.subarray(start + 4, start + 4 + length)
    if (hasBytes && isCopied && cell.bytes().equals(field.subarray(bytesAt - 4))) return true
    return isValueOf(cell, decode(field))
  }

  return {
    encode(cell, out) {
      const start = out.position
      const outcome = encoder.encode(cell, out)
      if (outcome === EXACT && !holds(cell, out, start)) {
        out.takeBack(start)
        writeUnequal(out, isJsonb)
      }
      return outcome
    },
    lastError: () => encoder.lastError(),
  }
}

function isValueOf(cell: Cell, value: SqliteValue): boolean {
  switch (typeof value) {
    case 'bigint':
      return cell.storage === INTEGER && cell.integer() === value
    case 'number':
      return cell.storage === REAL && Object.is(cell.number, value)
    case 'string':
      return cell.storage === TEXT && cell.bytes().equals(Buffer.from(value))
    default:
      return value !== null && cell.storage === BLOB && cell.bytes().equals(value)
  }
}
