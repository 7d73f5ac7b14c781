/** A tuple's fields as the server returns them. Invariant: the server changes only jsonb fields, and of these only the text. */
import { ByteWriter, type LongPlace } from '../encode/cell/byte-writer.ts'
import { inOnePiece, type LongBytes } from '../encode/cell/cell.ts'
import { freeAtOnce } from '../encode/cell/free-at-once.ts'
import { canonicalJson } from '../encode/json/json-canonical.ts'
import type { RowSum } from '../encode/rows/row-hash.ts'
import type { ColumnOrigin, CopyPlan } from '../model/plan.ts'
import { comparedPlan } from './compared.ts'

/**
 * Returns, for each field, 1 for jsonb and 0 otherwise; null when no field is jsonb. `unchanged`: source columns of jsonb that the server
 * returns as they were sent.
 */
export function jsonbPositions(copy: CopyPlan, unchanged?: ReadonlySet<string>): Uint8Array | null {
  const positions = Uint8Array.from(comparedPlan(copy).columns, ({ from }) =>
    isJsonb(from) && !(from.kind === 'column' && unchanged?.has(from.column)) ? 1 : 0,
  )
  return positions.includes(1) ? positions : null
}

function isJsonb(from: ColumnOrigin): boolean {
  switch (from.kind) {
    case 'gather':
    case 'fold':
    case 'pivot':
      return true
    case 'nothing':
      return false
    default:
      return from.conversion.kind === 'json' && from.conversion.storage === 'jsonb'
  }
}

/** Returns the tuple's fields as the server returns them; valid until the next call. */
export function canonicalTuple(buffer: Buffer, start: number, end: number, jsonb: Uint8Array | null): Buffer {
  if (jsonb === null) return buffer.subarray(start, end)
  rewritten.takeBack(0)
  rewriteTuple(buffer, start, end, [], jsonb, rewritten)
  return rewritten.buffer.subarray(0, rewritten.position)
}

/**
 * Adds the tuple whose fields start at `start` in `out` to the sum, as the server returns them. Never holds a complete long value in memory.
 */
export function addCanonical(sum: RowSum, out: ByteWriter, start: number, jsonb: Uint8Array | null): void {
  if (out.longs.length === 0) {
    const tuple = canonicalTuple(out.buffer, start, out.position, jsonb)
    sum.add(tuple, 0, tuple.length)
  } else if (jsonb === null) {
    sum.addParts(out.parts(start))
  } else {
    rewritten.takeBack(0)
    rewriteTuple(out.buffer, start, out.position, out.longs, jsonb, rewritten)
    sum.addParts(rewritten.parts(0))
  }
  rewritten.shrink()
}

const rewritten = new ByteWriter()

/** Copies the tuple's fields, with jsonb fields in the server's canonical text. */
function rewriteTuple(
  tuple: Buffer,
  start: number,
  end: number,
  longs: readonly LongPlace[],
  jsonb: Uint8Array,
  out: ByteWriter,
): void {
  let at = start
  for (let field = 0; at < end; field++) {
    // The bytes of a long value follow the field's length, and in jsonb its version.
    const long = longs.find((place) => place.at === at + 4 || place.at === at + 5)
    if (long !== undefined) {
      if (jsonb[field] === 1) writeLongJsonb(long.bytes, out)
      else {
        out.bytes(tuple, at, long.at)
        out.long(long.bytes)
      }
      at = long.at
      continue
    }
    const length = tuple.readInt32BE(at)
    const next = at + 4 + Math.max(length, 0)
    if (length < 0 || jsonb[field] === 0) {
      out.bytes(tuple, at, next)
    } else {
      writeJsonb(tuple, at + 5, next, out)
    }
    at = next
  }
}

/** Writes the field of the document `bytes[start, end)`. */
function writeJsonb(bytes: Buffer, start: number, end: number, out: ByteWriter): void {
  out.reserve(5)
  const lengthAt = out.position
  out.position += 4
  out.int8(1)
  canonicalJson(bytes, start, end, out)
  out.int32At(lengthAt, out.position - lengthAt - 4)
}

function writeLongJsonb(document: LongBytes, out: ByteWriter): void {
  const bytes = inOnePiece(document)
  writeJsonb(bytes, 0, bytes.length, out)
  freeAtOnce(bytes)
}
