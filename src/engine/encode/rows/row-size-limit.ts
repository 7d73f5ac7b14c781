/**
 * Detects rows that fit on no PostgreSQL page (MaxHeapTupleSize in src/include/access/htup_details.h). Invariant: the least possible size
 * is counted, so a row is refused only if it is too large however well the server compresses it.
 */
import type { CopyPlan } from '../../model/plan.ts'
import type { TargetTable } from '../../model/target-schema.ts'
import type { ByteWriter } from '../cell/byte-writer.ts'

/** Returns whether the tuple that begins at `start` is too large. */
export type RowSizeLimit = (out: ByteWriter, start: number) => boolean

const LARGEST_TUPLE = 8160
const TUPLE_HEAD = 23
/** A larger value may be stored out of line (TOAST_POINTER_SIZE, including its header of four bytes). */
const LONGEST_INLINE = 20
/** The bytes that an out-of-line value takes in the row. */
const POINTER_BYTES = 18
/**
 * A value of at least this size may be compressed instead, at best to COMPRESSED_BYTES (PGLZ_strategy_default in
 * src/common/pg_lzcompress.c).
 */
const COMPRESSED_FROM = 32
const COMPRESSED_BYTES = 12

/** Types of fixed length: pattern, bytes, alignment. */
const fixedTypes: readonly (readonly [RegExp, number, number])[] = [
  [/^(bigint|double precision|timestamp|time(?! with time zone)|money)/, 8, 8],
  [/^(integer|real|date)/, 4, 4],
  [/^smallint/, 2, 2],
  [/^boolean/, 1, 1],
  [/^uuid/, 16, 1],
]

type Width = { readonly bytes: number; readonly align: number } | null

/** Returns null for a table whose rows always fit, whatever their values. */
export function rowSizeLimit(copy: CopyPlan, target: TargetTable): RowSizeLimit | null {
  const types = new Map(target.columns.map(({ name, type }) => [name, type]))
  const widths = copy.columns.map((column): Width => widthOf(types.get(column.target) ?? ''))
  const bitmap = Math.ceil(target.columns.length / 8)
  const most = widths.reduce(
    (sum, width) => sum + (width === null ? POINTER_BYTES + 10 : width.bytes + width.align - 1),
    alignTo(TUPLE_HEAD + bitmap, 8),
  )
  if (most <= LARGEST_TUPLE) return null
  return (out, start) => tupleBytes(out, start, widths, bitmap) > LARGEST_TUPLE
}

function widthOf(type: string): Width {
  if (type.endsWith('[]')) return null
  const found = fixedTypes.find(([form]) => form.test(type))
  return found === undefined ? null : { bytes: found[1], align: found[2] }
}

function tupleBytes(out: ByteWriter, start: number, widths: readonly Width[], bitmap: number): number {
  const { buffer, longs } = out
  let at = start + 2
  let long = longs.findIndex((place) => place.at > start)
  let size = 0
  let hasNulls = false
  for (const width of widths) {
    const length = buffer.readInt32BE(at)
    at += 4
    if (length < 0) {
      hasNulls = true
      continue
    }
    // The bytes of a long value are not in the buffer.
    if (long >= 0 && longs[long]?.at === at) long++
    else at += length
    size = width === null ? size + leastBytes(length) : alignTo(size, width.align) + width.bytes
  }
  return alignTo(TUPLE_HEAD + (hasNulls ? bitmap : 0), 8) + alignTo(size, 8)
}

function leastBytes(length: number): number {
  if (length <= LONGEST_INLINE) return length + 1
  return length < COMPRESSED_FROM ? POINTER_BYTES : COMPRESSED_BYTES
}

function alignTo(bytes: number, multiple: number): number {
  return Math.ceil(bytes / multiple) * multiple
}
