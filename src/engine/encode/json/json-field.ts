/** A jsonb field whose text is written piece by piece; its length is filled in at the end. */
import type { ByteWriter } from '../cell/byte-writer.ts'
import { EXACT, type Outcome, reject } from '../cell/conversion-encoder.ts'

/** The version byte that jsonb_send and jsonb_recv use (src/backend/utils/adt/jsonb.c). */
const JSONB_VERSION = 1
/** A jsonb value's strings and containers are limited to 2^28 - 1 bytes (JENTRY_OFFLENMASK, src/include/utils/jsonb.h). */
const LARGEST_JSONB = 0x0fffffff

/** Writes the field around the JSON text that `writeText` appends; refuses a text too large for jsonb. */
export function writeJsonbField(out: ByteWriter, writeText: () => void): Outcome {
  out.reserve(5)
  const lengthAt = out.position
  out.position += 4
  out.int8(JSONB_VERSION)
  writeText()
  const length = out.position - lengthAt - 4
  if (length > LARGEST_JSONB) return reject('json-not-representable')
  out.int32At(lengthAt, length)
  return EXACT
}

export type JsonObjectKeys = readonly Buffer[]

/** The keys of an object as `"name": ` in UTF-8, ready to copy. */
export function objectKeys(names: readonly string[]): JsonObjectKeys {
  return names.map((name) => Buffer.from(`${JSON.stringify(name)}: `))
}
