/**
 * What all field encoders write in the same way. Invariant: a field is its int32 length and then exactly that many bytes; null is the
 * length -1.
 */
import type { ByteWriter } from './byte-writer.ts'
import type { SourceRow } from './cell.ts'
import { EXACT, type Outcome } from './conversion-encoder.ts'

/** Writes one field of a target row. */
export type FieldEncoder = {
  encode(row: SourceRow, out: ByteWriter): Outcome
  /** The absolute error of the last field, as decimal text; valid only after ROUNDED. */
  lastError(): string
}

/** PostgreSQL's largest field value, less its header (MaxAllocSize in src/include/utils/memutils.h). */
export const maxFieldBytes = 0x3fffffff - 4

export function writeNull(out: ByteWriter): Outcome {
  out.reserve(4)
  out.int32(-1)
  return EXACT
}

/** `lastError` for encoders that never round. */
export function noError(): string {
  return '0'
}

/** The only byte of a field that is no value of any type: no text, no boolean and no number. */
export const UNEQUAL = 0xff

/** Writes a field that equals no value of the target; for jsonb, which is put into the server's form, a document that no row has. */
export function writeUnequal(out: ByteWriter, isJsonb: boolean): void {
  out.reserve(5)
  const lengthAt = out.position
  out.position += 4
  out.int8(isJsonb ? 1 : UNEQUAL)
  if (isJsonb) out.ascii('{"$unequal": true}')
  out.int32At(lengthAt, out.position - lengthAt - 4)
}
