/**
 * `json`: any cell as json or jsonb. Invariant: every cell that is not too large is representable, and the outcome is EXACT only if what
 * the server returns (the exact text for json, its canonical text for jsonb) decodes to the cell.
 */
import type { Conversion } from '../../model/conversion.ts'
import type { SqliteValue } from '../../model/storage.ts'
import type { ByteWriter } from '../cell/byte-writer.ts'
import { Cell, inOnePiece, type LongBytes, NULL, REAL, TEXT } from '../cell/cell.ts'
import {
  type CellEncoder,
  EXACT,
  FIRST_REJECT,
  NORMALIZED,
  type Outcome,
  reject,
} from '../cell/conversion-encoder.ts'
import { freeAtOnce } from '../cell/free-at-once.ts'
import { readJsonCell, writeJsonCell, writeJsonText, writeOnlyDocument } from '../json/json-cell.ts'
import { REFUSED_BY_JSON, REFUSED_BY_JSONB } from '../json/json-text.ts'

export { writeJsonCell, writeJsonString } from '../json/json-cell.ts'

type JsonConversion = Extract<Conversion, { kind: 'json' }>

/** The first byte of jsonb's binary format (jsonb_send). */
const JSONB_VERSION = 1
/** Leaves room for the rest of a row below PostgreSQL's limit of 1 GB for a message. */
const MAX_JSON_BYTES = 1_000_000_000

const TOO_LARGE = reject('value-too-large')

/** The field of jsonb is a version byte and JSON text; the field of json is the text, of which json keeps every byte. */
export function jsonEncoder(conversion: JsonConversion): CellEncoder {
  const isJsonb = conversion.storage === 'jsonb'
  const refused = refusedBy(conversion)
  const encodeCell = (cell: Cell, out: ByteWriter, long: LongBytes | null): Outcome => {
    out.reserve(5)
    if (cell.storage === NULL) {
      out.int32(-1)
      return EXACT
    }
    const lengthAt = out.position
    out.position += 4
    if (isJsonb) out.int8(JSONB_VERSION)
    const startsAt = out.position
    const outcome = writeCell(cell, out, conversion.text, refused, long)
    if (outcome >= FIRST_REJECT) return outcome
    const length = out.lengthFrom(lengthAt + 4)
    if (length > MAX_JSON_BYTES) return TOO_LARGE
    out.int32At(lengthAt, length)
    if (!isJsonb && cell.storage === REAL) return EXACT
    // Text that is no document was written as a JSON string: the same meaning, another spelling.
    const isWrapped = cell.storage === TEXT && conversion.text === 'document' && outcome === EXACT
    return isWrapped && out.lengthFrom(startsAt) !== cell.end - cell.start ? NORMALIZED : outcome
  }
  return {
    encode: (cell, out) =>
      cell.isLong
        ? withBytes(cell, (whole) => encodeCell(whole, out, cell.long))
        : encodeCell(cell, out, null),
    lastError: () => '0',
  }
}

/** Calls `use` with a cell whose bytes are in memory until it returns. */
function withBytes<T>({ storage, long }: Cell, use: (whole: Cell) => T): T {
  const bytes = inOnePiece(long!)
  const whole = new Cell()
  if (storage === TEXT) whole.setText(bytes, 0, bytes.length)
  else whole.setBlob(bytes, 0, bytes.length)
  try {
    return use(whole)
  } finally {
    freeAtOnce(bytes)
  }
}

/** `long`: the cell's bytes, for a document that is not to be copied into `out`. */
function writeCell(
  cell: Cell,
  out: ByteWriter,
  text: JsonConversion['text'],
  refused: number | null,
  long: LongBytes | null,
): Outcome {
  if (text === 'only-documents' && refused !== null) return writeOnlyDocument(cell, out, refused, long)
  if (cell.storage === TEXT) return writeJsonText(cell, out, refused, long)
  return writeJsonCell(cell, out, text === 'string' ? text : 'document')
}

/** Like `jsonEncoder`, for a column of which every TEXT is a document that the server returns unchanged: a long one is not read for it. */
export function unchangedJsonEncoder(conversion: JsonConversion): CellEncoder {
  const encoder = jsonEncoder(conversion)
  const isJsonb = conversion.storage === 'jsonb'
  return {
    encode(cell, out) {
      if (cell.storage !== TEXT || !cell.isLong) return encoder.encode(cell, out)
      const { long } = cell
      if (long!.length >= MAX_JSON_BYTES) return TOO_LARGE
      out.reserve(5)
      out.int32(long!.length + (isJsonb ? 1 : 0))
      if (isJsonb) out.int8(JSONB_VERSION)
      out.long(long!)
      return EXACT
    },
    lastError: () => encoder.lastError(),
  }
}

/** Where the JSON text begins in a field, as the server returns it. */
export function jsonTextAt({ storage }: JsonConversion): number {
  return storage === 'jsonb' ? 1 : 0
}

/** Returns a function from the field's bytes, as the server returns them, to the source value. */
export function jsonDecoder(conversion: JsonConversion): (field: Buffer) => SqliteValue {
  const start = jsonTextAt(conversion)
  const refused = refusedBy(conversion)
  return (field) => readJsonCell(field, start, field.length, refused)
}

/** The flags with which text is not a document; null when no text is one. */
function refusedBy(conversion: JsonConversion): number | null {
  if (conversion.text === 'string') return null
  return conversion.storage === 'jsonb' ? REFUSED_BY_JSONB : REFUSED_BY_JSON
}
