/**
 * Writes one field of a row by its entry in FIELDS, which says which value of the record to take and how to write it. Invariant: the field
 * equals the one that the column's own encoder writes.
 */
import { loadDouble } from './big-endian'
import { writeBoolean, writeBooleanText } from './boolean-field'
import { askBytes, askNumber } from './encoder'
import { writeJson, writeJsonb } from './json-field'
import { CONSTANTS, FIELD_BYTES, FIELDS, NARROW, REALS, RECORD } from './memory'
import { DATE, TIMESTAMPTZ, writeMomentInteger, writeMomentReal, writeMomentText } from './moment-field'
import { MAX_EXACT, writeBytes, writeDouble, writeDoubleOfInteger, writeInteger } from './number-fields'
import { writeTextOfInteger, writeTextOfReal } from './number-text'
import { writeNumericInteger, writeNumericReal, writeNumericText } from './numeric-field'
import { ASK, LEAVE, NORMALIZED } from './outcome'
import { integerAt } from './record'
import { writeText } from './string-field'
import { writeUuidBlob, writeUuidText } from './uuid-field'
import { isWide, writeNarrow } from './wide-text'

/**
 * The offsets within an entry, in bytes: 32-bit numbers, seven of them the kind's parameters; one 64-bit number; and the field of rows that
 * were written before the column was added: its offset in CONSTANTS, and its length, with NORMALIZED if it was normalized, or 0 when the row
 * encoder must encode these rows.
 */
export const KIND_AT: i32 = 0
export const SOURCE_AT: i32 = 4
export const REQUIRED_AT: i32 = 8
export const PARAMETERS_AT: i32 = 12
export const LIMIT_AT: i32 = 40
export const ADDED_AT: i32 = 48
export const ADDED_BYTES_AT: i32 = 52

/** The column's own encoder always writes the value. */
export const ASKED: i32 = 0
/** Parameters: bytes; 1 if the form is text. */
export const INTEGER: i32 = 1
export const DOUBLE: i32 = 2
/** Parameters: form (0 integer, 1 real, 2 text); scale, -1 for none. Limit: the value must be less. */
export const NUMERIC: i32 = 3
/** Parameter: the most characters. */
export const TEXT: i32 = 4
/** Parameter: form (0 lower, 1 upper, 2 lower-bare, 3 upper-bare, 4 blob). */
export const UUID: i32 = 5
/** Parameters: 1 if the form is integer; the form's texts of true and of false, with their lengths, in two numbers each. */
export const BOOLEAN: i32 = 6
export const BYTES: i32 = 7
/**
 * Parameters: 0 timestamptz, 1 timestamp, 2 date; 1 if the zone is UTC; units per second, 0 if the column's own encoder writes numbers;
 * form of numbers (0 none, 1 integer, 2 real); separator (-1 if the form is not text), digits and zone of the form.
 */
export const MOMENT: i32 = 8
/** Parameters: offset in CONSTANTS, and length. */
export const CONSTANT: i32 = 9
/** TEXT that is a document is written as such. Parameter: 1 if every TEXT is one that the server returns unchanged. */
export const JSONB: i32 = 10
export const JSON_TEXT: i32 = 11

/** Sources that are not columns of the record. */
export const ROWID: i32 = -1
export const ORDINAL: i32 = -2

const NULL_LENGTH: i32 = -1
const INTEGER_FORM: i32 = 1
const REAL_FORM: i32 = 2

function parameter(entry: i32, index: i32): i32 {
  return load<i32>(entry + (index << 2), PARAMETERS_AT)
}

function limitOf(entry: i32): u64 {
  return load<u64>(entry, LIMIT_AT)
}

/** Of a boolean: the parameter at `index` and the next one. */
function spellingOf(entry: i32, index: i32): u64 {
  return <u64>(<u32>parameter(entry, index)) | ((<u64>(<u32>parameter(entry, index + 1))) << 32)
}

/** Writes the field at `to`, from a record of `values` values. Returns where it ends, with NORMALIZED if it was normalized; or LEAVE. */
export function writeField(field: i32, to: i32, rowid: i64, ordinal: i64, values: i32): i32 {
  const entry = FIELDS + field * FIELD_BYTES
  const kind = load<i32>(entry, KIND_AT)
  if (kind === CONSTANT) {
    const length = parameter(entry, 1)
    memory.copy(to, CONSTANTS + parameter(entry, 0), length)
    return to + length
  }
  const source = load<i32>(entry, SOURCE_AT)
  if (source < 0) return writeFromInteger(field, entry, kind, source === ROWID ? rowid : ordinal, to)
  if (source >= values) return writeAdded(entry, to)
  const type = load<i32>(RECORD + source * 8)
  const at = load<i32>(RECORD + source * 8, 4)
  if (type === 0) {
    if (load<i32>(entry, REQUIRED_AT) !== 0) return LEAVE
    store<i32>(to, NULL_LENGTH)
    return to + 4
  }
  if (type >= 12) {
    const end = at + ((type - 12) >> 1)
    if ((type & 1) === 0) return writeFromBlob(field, entry, kind, at, end, to)
    if (!isWide) return writeFromText(field, entry, kind, at, end, to)
    const narrowEnd = writeNarrow(at, end)
    return narrowEnd === LEAVE ? LEAVE : writeFromText(field, entry, kind, NARROW, narrowEnd, to)
  }
  if (type === 7) return writeFromReal(field, entry, kind, loadDouble(at), to)
  const integer = integerAt(type, at)
  // A whole number in a column of REAL affinity is stored as an integer (§2.1).
  if (load<u8>(REALS + source) !== 0) return writeFromReal(field, entry, kind, <f64>integer, to)
  return writeFromInteger(field, entry, kind, integer, to)
}

function writeAdded(entry: i32, to: i32): i32 {
  const length = load<i32>(entry, ADDED_BYTES_AT)
  if (length === 0) return LEAVE
  memory.copy(to, CONSTANTS + load<i32>(entry, ADDED_AT), length & ~NORMALIZED)
  return to + length
}

function writeFromInteger(field: i32, entry: i32, kind: i32, value: i64, to: i32): i32 {
  let end = ASK
  if (kind === INTEGER) {
    end = writeInteger(to, value, parameter(entry, 0), parameter(entry, 1) !== 0)
  } else if (kind === NUMERIC) {
    end = writeNumericInteger(to, value, parameter(entry, 0), parameter(entry, 1), limitOf(entry))
  } else if (kind === MOMENT && takesNumbers(entry)) {
    const isForm = parameter(entry, 3) === INTEGER_FORM
    end = writeMomentInteger(to, value, parameter(entry, 2), isForm)
  } else if (kind === BOOLEAN) {
    end = writeBoolean(to, value, parameter(entry, 0) !== 0)
  } else if (kind === DOUBLE) {
    end = writeDoubleOfInteger(to, value)
  } else if (kind === TEXT) {
    end = writeTextOfInteger(to, value, parameter(entry, 0))
  }
  if (end !== ASK) return end
  if (value > MAX_EXACT || value < -MAX_EXACT) return LEAVE
  return askNumber(field, 0, <f64>value, to)
}

function writeFromReal(field: i32, entry: i32, kind: i32, value: f64, to: i32): i32 {
  let end = ASK
  if (kind === NUMERIC) {
    end = writeNumericReal(to, value, parameter(entry, 0), parameter(entry, 1), limitOf(entry))
  } else if (kind === DOUBLE) {
    end = writeDouble(to, value)
  } else if (kind === MOMENT && takesNumbers(entry)) {
    const isForm = parameter(entry, 3) === REAL_FORM
    end = writeMomentReal(to, value, parameter(entry, 2), isForm)
  } else if (kind === TEXT) {
    end = writeTextOfReal(to, value, parameter(entry, 0))
  }
  return end === ASK ? askNumber(field, 1, value, to) : end
}

function writeFromText(field: i32, entry: i32, kind: i32, at: i32, end: i32, to: i32): i32 {
  let fieldEnd = ASK
  if (kind === TEXT) {
    fieldEnd = writeText(to, at, end, parameter(entry, 0))
  } else if (kind === UUID) {
    fieldEnd = writeUuidText(to, at, end, parameter(entry, 0))
  } else if (kind === MOMENT) {
    const moment = parameter(entry, 0)
    const isUtc = parameter(entry, 1) !== 0
    const separator = parameter(entry, 4)
    fieldEnd = writeMomentText(
      to,
      at,
      end,
      moment,
      isUtc,
      separator,
      parameter(entry, 5),
      parameter(entry, 6),
    )
  } else if (kind === JSONB) {
    fieldEnd = writeJsonb(to, at, end, parameter(entry, 0) !== 0)
  } else if (kind === JSON_TEXT) {
    fieldEnd = writeJson(to, at, end, parameter(entry, 0) !== 0)
  } else if (kind === BOOLEAN) {
    fieldEnd = writeBooleanText(to, at, end, spellingOf(entry, 1), spellingOf(entry, 3))
  } else if (kind === NUMERIC) {
    fieldEnd = writeNumericText(to, at, end, parameter(entry, 0), parameter(entry, 1), limitOf(entry))
  }
  return fieldEnd === ASK ? askBytes(field, 0, at, end, to) : fieldEnd
}

function writeFromBlob(field: i32, entry: i32, kind: i32, at: i32, end: i32, to: i32): i32 {
  if (kind === BYTES) return writeBytes(to, at, end)
  if (kind === UUID) return writeUuidBlob(to, at, end, parameter(entry, 0))
  return askBytes(field, 1, at, end, to)
}

/** Whether numbers are written here: not for a date, and for a local time only when the zone is UTC. */
function takesNumbers(entry: i32): bool {
  const moment = parameter(entry, 0)
  if (parameter(entry, 2) === 0 || moment === DATE) return false
  return moment === TIMESTAMPTZ || parameter(entry, 1) !== 0
}
