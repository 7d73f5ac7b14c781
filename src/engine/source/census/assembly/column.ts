/**
 * Counts a column's values like `column-count.ts`. Invariant: the counts equal those of a `ColumnCount` that sees the same values.
 */
import { characters as charactersOfJson, jsonOf, OTHER_TEXT, PRINTED } from '../../leaves/assembly/json'
import { countCharacters } from '../../leaves/assembly/utf8'
import { ask } from './caller'
import { ASK, formOf, MAYBE_JSON, NO_FORM, POSSIBLE_TIME, timeSpelling, UUID } from './forms'
import { COUNT_BYTES, COUNTS } from './layout'
import { seeDigits, seeTime, seeUuid } from './spelling'

/** Offsets in a column's counts. Numbers of 32 bits: */
export const NULLS_AT: i32 = 0
export const INTEGERS_AT: i32 = 4
export const REALS_AT: i32 = 8
export const TEXTS_AT: i32 = 12
export const BLOBS_AT: i32 = 16
export const WHOLE_REALS_AT: i32 = 20
export const INFINITIES_AT: i32 = 24
export const MOST_CHARACTERS_AT: i32 = 28
export const MOST_TEXT_BYTES_AT: i32 = 32
export const MOST_BLOB_BYTES_AT: i32 = 36
export const POSSIBLE_TIMES_AT: i32 = 40
export const DOCUMENTS_AT: i32 = 44
/** Numbers of distinct values so far; -1 for more than MOST_VALUES. */
export const FEW_TEXTS_AT: i32 = 48
export const FEW_INTEGERS_AT: i32 = 52
export const PRINTED_DOCUMENTS_AT: i32 = 56
/** A count for each form. */
export const FORMS_AT: i32 = 60
export const FORMS: i32 = 9
/** Numbers of 64 bits: */
export const LEAST_AT: i32 = 96
export const MOST_AT: i32 = 104
export const BYTES_AT: i32 = 112
export const LEAST_REAL_AT: i32 = 120
export const MOST_REAL_AT: i32 = 128
/** The few distinct integers, each with its count, of 64 bits each: */
export const INTEGER_VALUES_AT: i32 = 136
/** The few distinct texts: length and count, of 32 bits each, and the bytes. */
export const TEXT_VALUES_AT: i32 = 328
export const TEXT_VALUE_BYTES: i32 = 136
const MOST_VALUE_BYTES: i32 = 128
/** After the counts of `spelling.ts`: a byte for each result of `slotOf`, the index at which a text with this result was last found. */
const LIKELY_TEXTS_AT: i32 = 2104
const SLOTS: i32 = 64
export const MOST_VALUES: i32 = 12

function placeOf(column: i32): i32 {
  return COUNTS + column * COUNT_BYTES
}

function add(at: i32, count: i32): void {
  store<i32>(at, load<i32>(at) + count)
}

function raise(at: i32, value: i32): void {
  if (value > load<i32>(at)) store<i32>(at, value)
}

export function clear(column: i32): void {
  const counts = placeOf(column)
  memory.fill(counts, 0, COUNT_BYTES)
  store<i64>(counts, i64.MAX_VALUE, LEAST_AT)
  store<i64>(counts, i64.MIN_VALUE, MOST_AT)
  store<f64>(counts, Infinity, LEAST_REAL_AT)
  store<f64>(counts, -Infinity, MOST_REAL_AT)
}

export function seeNull(column: i32): void {
  add(placeOf(column) + NULLS_AT, 1)
}

export function seeBlob(column: i32, bytes: i32): void {
  const counts = placeOf(column)
  add(counts + BLOBS_AT, 1)
  raise(counts + MOST_BLOB_BYTES_AT, bytes)
  store<i64>(counts, load<i64>(counts, BYTES_AT) + <i64>bytes, BYTES_AT)
}

export function seeReal(column: i32, value: f64): void {
  const counts = placeOf(column)
  add(counts + REALS_AT, 1)
  if (abs<f64>(value) === Infinity) {
    add(counts + INFINITIES_AT, 1)
    return
  }
  if (value < load<f64>(counts, LEAST_REAL_AT)) store<f64>(counts, value, LEAST_REAL_AT)
  if (value > load<f64>(counts, MOST_REAL_AT)) store<f64>(counts, value, MOST_REAL_AT)
  if (value === trunc<f64>(value)) add(counts + WHOLE_REALS_AT, 1)
  seeDigits(counts, value)
}

export function seeInteger(column: i32, value: i64): void {
  const counts = placeOf(column)
  add(counts + INTEGERS_AT, 1)
  if (value < load<i64>(counts, LEAST_AT)) store<i64>(counts, value, LEAST_AT)
  if (value > load<i64>(counts, MOST_AT)) store<i64>(counts, value, MOST_AT)
  const few = load<i32>(counts, FEW_INTEGERS_AT)
  if (few < 0) return
  const values = counts + INTEGER_VALUES_AT
  for (let at = values; at < values + few * 16; at += 16) {
    if (load<i64>(at) !== value) continue
    store<i64>(at, load<i64>(at, 8) + 1, 8)
    return
  }
  if (few === MOST_VALUES) {
    store<i32>(counts, -1, FEW_INTEGERS_AT)
    return
  }
  store<i64>(values + few * 16, value)
  store<i64>(values + few * 16, 1, 8)
  store<i32>(counts, few + 1, FEW_INTEGERS_AT)
}

export function seeText(column: i32, start: i32, end: i32): void {
  const counts = placeOf(column)
  add(counts + TEXTS_AT, 1)
  if (load<i32>(counts, FEW_TEXTS_AT) < 0 || !isOneOfFew(column, counts, start, end - start)) {
    countText(column, counts, start, end, 1)
  }
}

/** Counts the text as one of the few and returns true; when it is one too many, adds the few to the other counts and returns false. */
function isOneOfFew(column: i32, counts: i32, start: i32, bytes: i32): bool {
  const values = counts + TEXT_VALUES_AT
  const slot = counts + LIKELY_TEXTS_AT + slotOf(start, bytes)
  const likely = values + <i32>load<u8>(slot) * TEXT_VALUE_BYTES
  const few = load<i32>(counts, FEW_TEXTS_AT)
  if (few > 0 && isSame(likely, start, bytes)) {
    add(likely + 4, 1)
    return true
  }
  for (let index = 0; index < few; index++) {
    const value = values + index * TEXT_VALUE_BYTES
    if (!isSame(value, start, bytes)) continue
    add(value + 4, 1)
    store<u8>(slot, <u8>index)
    return true
  }
  if (few < MOST_VALUES && bytes <= MOST_VALUE_BYTES) {
    const value = values + few * TEXT_VALUE_BYTES
    store<i32>(value, bytes)
    store<i32>(value, 1, 4)
    memory.copy(value + 8, start, bytes)
    store<i32>(counts, few + 1, FEW_TEXTS_AT)
    return true
  }
  store<i32>(counts, -1, FEW_TEXTS_AT)
  for (let index = 0; index < few; index++) {
    const value = values + index * TEXT_VALUE_BYTES
    countText(column, counts, value + 8, value + 8 + load<i32>(value), load<i32>(value, 4))
  }
  return false
}

function slotOf(start: i32, bytes: i32): i32 {
  if (bytes === 0) return 0
  return (bytes * 31 + <i32>load<u8>(start) * 7 + <i32>load<u8>(start + bytes - 1)) & (SLOTS - 1)
}

function isSame(value: i32, start: i32, bytes: i32): bool {
  if (load<i32>(value) !== bytes) return false
  let at = 0
  for (; at + 8 <= bytes; at += 8) {
    if (load<u64>(value + at, 8) !== load<u64>(start + at)) return false
  }
  // Memory is readable up to the end of both texts' last eight bytes.
  const excessBits = <u64>(at + 8 - bytes) * 8
  return at === bytes || (load<u64>(value + at, 8) ^ load<u64>(start + at)) << excessBits === 0
}

function countText(column: i32, counts: i32, start: i32, end: i32, times: i32): void {
  const form = formOf(start, end)
  const bytes = end - start
  const json = form === MAYBE_JSON ? jsonOf(start, end) : OTHER_TEXT
  let characters = bytes
  if (form === NO_FORM) characters = countCharacters(start, end)
  else if (form === MAYBE_JSON) characters = charactersOfJson
  if (form === ASK || characters < 0 || (form === MAYBE_JSON && json === OTHER_TEXT)) {
    ask(column, start, end, times)
    return
  }
  store<i64>(counts, load<i64>(counts, BYTES_AT) + <i64>bytes * <i64>times, BYTES_AT)
  raise(counts + MOST_TEXT_BYTES_AT, bytes)
  raise(counts + MOST_CHARACTERS_AT, characters)
  if (form === MAYBE_JSON) {
    add(counts + DOCUMENTS_AT, times)
    if (json === PRINTED) add(counts + PRINTED_DOCUMENTS_AT, times)
    return
  }
  if ((form & UUID) !== 0) seeUuid(counts, start, bytes, times)
  if ((form & POSSIBLE_TIME) !== 0) {
    add(counts + POSSIBLE_TIMES_AT, times)
    seeTime(counts, timeSpelling, times)
  }
  for (let rest = form & ((1 << FORMS) - 1); rest !== 0; rest &= rest - 1) {
    add(counts + FORMS_AT + ctz(rest) * 4, times)
  }
}
