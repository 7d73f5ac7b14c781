/**
 * One cell as JSON text. Invariant: the text is valid for jsonb, and the five storage classes stay distinct: INTEGER is a whole number,
 * REAL has a point, BLOB and values that JSON cannot express are objects with one key that begins with a dollar sign.
 */
import type { ByteWriter } from '../cell/byte-writer.ts'
import { BLOB, type Cell, INTEGER, type LongBytes, NULL, REAL } from '../cell/cell.ts'
import { EXACT, NORMALIZED, type Outcome, reject } from '../cell/conversion-encoder.ts'
import { isStorableText, quotedLength, quoteJson } from './json-strings.ts'
import { DUPLICATE_KEYS, MAX_JSONB_BYTES, NOT_JSON, REFUSED_BY_JSONB, scanJson } from './json-text.ts'

const NOT_REPRESENTABLE = reject('json-not-representable')
const IS_NO_JSON = reject('not-json')
const NOT_FINITE = reject('not-finite')
const UNEXPECTED_BLOB = reject('unexpected-blob')

/**
 * Appends the JSON text of one cell, `null` for null, without a field length. `document`: TEXT that jsonb accepts and preserves is written
 * unchanged; any other TEXT, and with `string` all TEXT, becomes a JSON string. EXACT when `readJsonCell` returns the cell for what jsonb
 * prints; refuses strings and BLOBs beyond jsonb's 268,435,455 bytes.
 */
export function writeJsonCell(cell: Cell, out: ByteWriter, text: 'document' | 'string'): Outcome {
  switch (cell.storage) {
    case NULL:
      out.ascii('null')
      return EXACT
    case INTEGER:
      out.ascii(String(Number.isNaN(cell.number) ? cell.big : cell.number))
      return EXACT
    case REAL:
      return writeReal(cell.number, out)
    case BLOB:
      return writeBase64('$blob', cell, out)
    default:
      return writeJsonText(cell, out, text === 'document' ? REFUSED_BY_JSONB : null)
  }
}

function writeReal(number: number, out: ByteWriter): Outcome {
  if (Number.isFinite(number)) {
    out.ascii(realText(number))
    // Numeric has no negative zero.
    return Object.is(number, -0) ? NORMALIZED : EXACT
  }
  out.ascii(`{"$real": "${number}"}`)
  return EXACT
}

/**
 * Writes TEXT; `refused` is the flags of `scanJson` with which text is not a document; null when no text is one. `long`: the cell's bytes, to
 * be written as a long value if they are a document.
 */
export function writeJsonText(
  cell: Cell,
  out: ByteWriter,
  refused: number | null,
  long: LongBytes | null = null,
): Outcome {
  const { buffer, start, end } = cell
  if (refused !== null) {
    const flags = scanJson(buffer, start, end)
    if ((flags & refused) === 0) return writeDocument(cell, out, flags, refused, long)
  }
  if (!isStorableText(buffer, start, end)) {
    const outcome = writeBase64('$text', cell, out)
    return outcome === EXACT && !isUtf8(buffer.subarray(start, end)) ? NORMALIZED : outcome
  }
  if (end - start > MAX_JSONB_BYTES) return NOT_REPRESENTABLE
  writeJsonString(buffer, start, end, out)
  return EXACT
}

/** Like `writeJsonText`, for any cell of a column that holds only documents: any other text is refused, not written as a string. */
export function writeOnlyDocument(
  cell: Cell,
  out: ByteWriter,
  refused: number,
  long: LongBytes | null,
): Outcome {
  if (cell.storage === INTEGER) return writeJsonCell(cell, out, 'document')
  if (cell.storage === REAL) return Number.isFinite(cell.number) ? writeReal(cell.number, out) : NOT_FINITE
  const flags = scanJson(cell.buffer, cell.start, cell.end)
  const isBlob = cell.storage === BLOB
  if ((flags & NOT_JSON) !== 0) return isBlob ? UNEXPECTED_BLOB : IS_NO_JSON
  if ((flags & refused) !== 0) return NOT_REPRESENTABLE
  const outcome = writeDocument(cell, out, flags, refused, long)
  return isBlob ? NORMALIZED : outcome
}

/** Writes a document unchanged. */
function writeDocument(
  cell: Cell,
  out: ByteWriter,
  flags: number,
  refused: number,
  long: LongBytes | null,
): Outcome {
  const { buffer, start, end } = cell
  if (long === null) out.bytes(buffer, start, end)
  else out.long(long)
  const isKept = flags === 0 || (refused & DUPLICATE_KEYS) === 0
  return isKept && comesBackAsText(buffer, start, end, refused) ? EXACT : NORMALIZED
}

/** Appends `bytes[start, end)`, which must be UTF-8, as a JSON string in PostgreSQL's spelling. */
export function writeJsonString(bytes: Uint8Array, start: number, end: number, out: ByteWriter): void {
  out.reserve(end - start < 64 ? 6 * (end - start) + 2 : quotedLength(bytes, start, end) + 2)
  out.position = quoteJson(bytes, start, end, out.buffer, out.position)
}

function writeBase64(key: '$blob' | '$text', cell: Cell, out: ByteWriter): Outcome {
  const { buffer, start, end } = cell
  if (Math.ceil((end - start) / 3) * 4 > MAX_JSONB_BYTES - 64) return NOT_REPRESENTABLE
  out.ascii(`{"${key}": "`)
  out.ascii(buffer.toString('base64', start, end))
  out.ascii('"}')
  return EXACT
}

/** The shortest decimal that reads back the same, without an exponent, always with a point. */
function realText(number: number): string {
  const text = Object.is(number, -0) ? '-0' : String(number)
  if (text.includes('e')) return expanded(text)
  return text.includes('.') ? text : `${text}.0`
}

function expanded(text: string): string {
  const [, sign = '', whole = '', fraction = '', exponent = ''] =
    /^(-?)(\d)(?:\.(\d+))?e(.+)$/.exec(text) ?? []
  const digits = whole + fraction
  const point = 1 + Number(exponent)
  if (point <= 0) return `${sign}0.${'0'.repeat(-point)}${digits}`
  return `${sign}${digits.padEnd(point, '0')}.0`
}

const DOLLAR_OBJECT = /^\{"\$(blob|text|real)": "([^"\\]*)"\}$/
const WHOLE = /^-?(?:0|[1-9]\d{0,18})$/
const DECIMAL = /^-?(?:0|[1-9]\d*)\.\d+$/

/** Whether `readJsonCell` returns a document unchanged. */
function comesBackAsText(bytes: Buffer, start: number, end: number, refused: number): boolean {
  const first = bytes[start]!
  if (first === 0x7b) return bytes[start + 2] !== 0x24 || !isDollarObject(bytes, start, end)
  if (first === 0x22 || first === 0x2d || (first >= 0x30 && first <= 0x39)) {
    const text = bytes.toString('utf8', start, end)
    return first === 0x22 ? readString(text, refused) === text : readNumber(text) === text
  }
  return true
}

function isDollarObject(bytes: Buffer, start: number, end: number): boolean {
  return DOLLAR_OBJECT.test(bytes.toString('latin1', start, end))
}

/**
 * The inverse of `writeJsonCell`: the source value for JSON text as jsonb prints it, or as json keeps it. `refused` as in `writeJsonText`.
 * Text that was not UTF-8 comes back with U+FFFD for its bad bytes.
 */
export function readJsonCell(
  bytes: Buffer,
  start: number,
  end: number,
  refused: number | null,
): bigint | number | string | Uint8Array {
  const text = bytes.toString('utf8', start, end)
  const first = bytes[start]!
  if (first === 0x22) return readString(text, refused)
  if (first === 0x2d || (first >= 0x30 && first <= 0x39)) return readNumber(text)
  const [, kind, inside = ''] = DOLLAR_OBJECT.exec(text) ?? []
  if (kind === 'real') {
    if (inside === 'Infinity') return Number.POSITIVE_INFINITY
    if (inside === '-Infinity') return Number.NEGATIVE_INFINITY
  } else if (kind !== undefined) {
    const content = Buffer.from(inside, 'base64')
    if (content.toString('base64') === inside) return kind === 'blob' ? content : content.toString('utf8')
  }
  return text
}

/**
 * Whether the first characters prove that `readJsonCell` returns the text unchanged: an array, or an object that represents no other cell.
 */
export function isOwnText(bytes: Uint8Array, start: number): boolean {
  if (bytes[start] === 0x5b) return true
  return bytes[start] === 0x7b && (bytes[start + 1] !== 0x22 || bytes[start + 2] !== 0x24)
}

/** The value of a JSON string is the text it encodes, unless that text is a document; then the JSON string itself was the document. */
function readString(text: string, refused: number | null): string {
  const meaning: string = JSON.parse(text)
  if (refused === null) return meaning
  const bytes = Buffer.from(meaning, 'utf8')
  return (scanJson(bytes, 0, bytes.length) & refused) === 0 ? text : meaning
}

/** Returns INTEGER, REAL, or the text itself when neither is written so. */
function readNumber(text: string): bigint | number | string {
  if (WHOLE.test(text)) {
    const value = BigInt(text)
    if (BigInt.asIntN(64, value) === value && String(value) === text) return value
  } else if (DECIMAL.test(text)) {
    const value = Number(text)
    if (realText(value) === text) return value
  }
  return text
}

function isUtf8(bytes: Buffer): boolean {
  return Buffer.from(bytes.toString('utf8'), 'utf8').equals(bytes)
}
