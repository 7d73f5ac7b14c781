/**
 * Writes one field of a row by its entry in FIELDS. Invariant: the field equals the one that the column's own encoder in `encode/` writes
 * for the same value.
 */
import { DOCUMENT, jsonOf, mayBeDocument, OTHER_TEXT, PRINTED } from '../../source/leaves/assembly/json'
import { placeOf, readInteger, readReal, typeOf } from '../../source/leaves/assembly/record'
import { write2, write4, write8 } from './big-endian'
import { MOMENT_IN_UTC, writeMomentOfInteger, writeMomentOfText } from './calendar'
import { ask } from './caller'
import { writeDecimalOfInteger, writeDecimalOfReal, writeDecimalOfText } from './decimals'
import { writeUuidOfText } from './hex'
import { CONSTANTS, FIELD_BYTES, FIELDS, REALS } from './layout'
import { writeNumeralOfInteger, writeNumeralOfReal } from './numerals'
import { ASK, LEAVE } from './outcome'
import { writeText } from './text'
import { writeTruthOfText } from './truth'

/** The kind of a field, the first number of its entry. In brackets: the first and second parameter. */
export const OTHER: i32 = 0
/** [offset in CONSTANTS, bytes] */
export const SAME: i32 = 1
export const INT2: i32 = 2
export const INT4: i32 = 3
export const INT8: i32 = 4
export const FLOAT8: i32 = 5
/** [scale, -1 when none is declared]; the value must be less than the entry's limit. */
export const DECIMAL: i32 = 6
/** [the most characters] */
export const CHARACTERS: i32 = 7
export const UUID: i32 = 8
export const TRUTH: i32 = 9
export const BINARY: i32 = 10
/** [1 if a time without zone is in UTC, units of a number per second or 0] */
export const TIMESTAMPTZ: i32 = 11
export const TIMESTAMP: i32 = 12
export const DATE: i32 = 13
/** [1 if text may be a document, 1 if the census found only documents that the server returns as they are written] */
export const JSONB: i32 = 14
/** The server returns every byte of json. [unused, as for JSONB] */
export const JSON_TEXT: i32 = 15

/**
 * An entry: kind, column, 1 if null is refused (for SAME: if the server may return other bytes) and two parameters, all 32 bits; at 24 the
 * limit, 64 bits.
 */
const COLUMN_AT: i32 = 4
const REQUIRED_AT: i32 = 8
const FIRST_AT: i32 = 12
const SECOND_AT: i32 = 16
const LIMIT_AT: i32 = 24

/** Sources that are not columns. */
export const ROWID: i32 = -1
export const ROW_NUMBER: i32 = -2

/** Up to this, integers and their negatives are exact as doubles. */
const MOST_EXACT: i64 = 9007199254740992

/** The first byte of jsonb's binary format (jsonb_send). */
const JSONB_VERSION: u8 = 1

const AN_INTEGER: i32 = 1
const A_REAL: i32 = 2
const A_TEXT: i32 = 3
const A_BLOB: i32 = 4

/** Whether the server may return other bytes for any field written since `beginRow`, and whether `returned.ts` knows which. */
export let isChanging: bool = false
export let isKnown: bool = false

export function beginRow(): void {
  isChanging = false
  isKnown = true
}

/** Notes a field of which only the reader of JSON in `encode/` knows what the server returns. */
function setUnknown(): void {
  isChanging = true
  isKnown = false
}

/** Whether the field may be a document that jsonb prints in another form. */
export function mayBeReprinted(field: i32): bool {
  const entry = FIELDS + field * FIELD_BYTES
  return load<i32>(entry) === JSONB && load<i32>(entry, SECOND_AT) === 0
}

/** Writes a field at `to`. Returns where it ends, or LEAVE. */
export function writeField(field: i32, to: i32, rowid: i64, rowNumber: i64): i32 {
  const entry = FIELDS + field * FIELD_BYTES
  const kind = load<i32>(entry)
  const column = load<i32>(entry, COLUMN_AT)
  if (kind === SAME) {
    const bytes = load<i32>(entry, SECOND_AT)
    if (load<i32>(entry, REQUIRED_AT) === 1) setUnknown()
    memory.copy(to, CONSTANTS + load<i32>(entry, FIRST_AT), bytes)
    return to + bytes
  }
  if (column === ROWID) return integerField(field, entry, kind, to, rowid)
  if (column === ROW_NUMBER) return integerField(field, entry, kind, to, rowNumber)
  const type = typeOf(column)
  const at = placeOf(column)
  if (type === 0) {
    if (load<i32>(entry, REQUIRED_AT) === 1) return LEAVE
    write4(to, -1)
    return to + 4
  }
  if (type === 7) return realField(field, entry, kind, to, readReal(at))
  if (type < 12) {
    const integer = readInteger(type, at)
    // "... may be stored as an integer", but it is a REAL (datatype3.html, section 2).
    if (load<u8>(REALS + column) === 1) return realField(field, entry, kind, to, <f64>integer)
    return integerField(field, entry, kind, to, integer)
  }
  const end = at + ((type - 12) >> 1)
  return (type & 1) === 1 ? textField(field, entry, kind, to, at, end) : blobField(field, kind, to, at, end)
}

function integerField(field: i32, entry: i32, kind: i32, to: i32, value: i64): i32 {
  let end = ASK
  switch (kind) {
    case INT8:
      write4(to, 8)
      write8(to + 4, value)
      return to + 12
    case INT4:
      if (value < -0x80000000 || value > 0x7fffffff) return LEAVE
      write4(to, 4)
      write4(to + 4, <i32>value)
      return to + 8
    case INT2:
      if (value < -0x8000 || value > 0x7fff) return LEAVE
      write4(to, 2)
      write2(to + 4, <i32>value)
      return to + 6
    case FLOAT8:
      if (value > MOST_EXACT || value < -MOST_EXACT) return LEAVE
      return doubleField(to, <f64>value)
    case DECIMAL:
      end = writeDecimalOfInteger(to, value, load<i32>(entry, FIRST_AT), load<u64>(entry, LIMIT_AT))
      break
    case CHARACTERS:
      return writeNumeralOfInteger(to, value, load<i32>(entry, FIRST_AT))
    case TRUTH:
      if (value !== 0 && value !== 1) return LEAVE
      write4(to, 1)
      store<u8>(to, <u8>value, 4)
      return to + 5
    case TIMESTAMPTZ:
    case TIMESTAMP: {
      const units = load<i32>(entry, SECOND_AT)
      if (units > 0) end = writeMomentOfInteger(to, value, units)
      break
    }
  }
  if (end !== ASK) return end
  if (value > MOST_EXACT || value < -MOST_EXACT) return LEAVE
  return asked(field, kind, AN_INTEGER, <f64>value, 0, 0, to)
}

function realField(field: i32, entry: i32, kind: i32, to: i32, value: f64): i32 {
  if (kind === FLOAT8) return doubleField(to, value)
  if (kind === DECIMAL) {
    const end = writeDecimalOfReal(to, value, load<i32>(entry, FIRST_AT), load<u64>(entry, LIMIT_AT))
    if (end !== ASK) return end
  } else if (kind === CHARACTERS) {
    const end = writeNumeralOfReal(to, value, load<i32>(entry, FIRST_AT))
    if (end !== ASK) return end
  }
  return asked(field, kind, A_REAL, value, 0, 0, to)
}

function doubleField(to: i32, value: f64): i32 {
  // True for NaN, which SQLite does not store.
  if (!(value <= Infinity)) return LEAVE
  write4(to, 8)
  write8(to + 4, reinterpret<i64>(value))
  return to + 12
}

function textField(field: i32, entry: i32, kind: i32, to: i32, start: i32, end: i32): i32 {
  let fieldEnd = ASK
  let document = OTHER_TEXT
  const first = load<i32>(entry, FIRST_AT)
  switch (kind) {
    case CHARACTERS:
      return writeText(to, start, end, first)
    case UUID:
      return writeUuidOfText(to, start, end)
    case TRUTH:
      return writeTruthOfText(to, start, end)
    case DECIMAL:
      fieldEnd = writeDecimalOfText(to, start, end, first, load<u64>(entry, LIMIT_AT))
      break
    case JSONB:
      document = first === 0 ? OTHER_TEXT : documentOf(entry, start, end)
      if (document === OTHER_TEXT) break
      if (document === DOCUMENT) isChanging = true
      write4(to, end - start + 1)
      store<u8>(to, JSONB_VERSION, 4)
      memory.copy(to + 5, start, end - start)
      return to + 5 + end - start
    case JSON_TEXT:
      if (documentOf(entry, start, end) === OTHER_TEXT) break
      write4(to, end - start)
      memory.copy(to + 4, start, end - start)
      return to + 4 + end - start
    case TIMESTAMPTZ:
    case TIMESTAMP:
    case DATE:
      fieldEnd = writeMomentOfText(to, start, end, kind - TIMESTAMPTZ + MOMENT_IN_UTC, first === 1)
      break
  }
  return fieldEnd === ASK ? asked(field, kind, A_TEXT, 0, start, end, to) : fieldEnd
}

/** As `jsonOf`, or as the census found it. What comes back is compared with these bytes either way. */
function documentOf(entry: i32, start: i32, end: i32): i32 {
  if (load<i32>(entry, SECOND_AT) === 0) return jsonOf(start, end)
  return mayBeDocument(start, end) ? PRINTED : OTHER_TEXT
}

function blobField(field: i32, kind: i32, to: i32, start: i32, end: i32): i32 {
  if (kind === BINARY || (kind === UUID && end - start === 16)) {
    write4(to, end - start)
    memory.copy(to + 4, start, end - start)
    return to + 4 + end - start
  }
  return asked(field, kind, A_BLOB, 0, start, end, to)
}

function asked(field: i32, kind: i32, storage: i32, number: f64, start: i32, end: i32, to: i32): i32 {
  if (kind === JSONB) setUnknown()
  return ask(field, storage, number, start, end, to)
}
