/**
 * Recognises the forms of a text by its bytes. Invariant: a text with U+0000 has no form, and a text with any form but `zoned-instant` is
 * ASCII.
 */

import type { LongBytes } from '../../encode/cell/cell.ts'
import { booleanTexts } from '../../encode/conversions/boolean.ts'
import { isDigit } from '../../encode/text/digits.ts'
import { NOT_A_UUID, readUuid } from '../../encode/text/uuid-text.ts'
import { FIRST_SECOND, LAST_SECOND } from '../../encode/times/civil.ts'
import {
  isBeforeMonth,
  READ,
  readClockText,
  readTimeText,
  TimeText,
  wallSecondOf,
} from '../../encode/times/time-text.ts'
import type { TextForm } from '../../model/census.ts'

/** Bit k of a result stands for form k. JSON is decided elsewhere. */
export const formBits: readonly Exclude<TextForm, 'json'>[] = [
  'date',
  'instant',
  'zoned-instant',
  'time',
  'whole',
  'decimal',
  'uuid',
  'boolean',
  'empty',
]
const bitOf = (form: (typeof formBits)[number]): number => 1 << formBits.indexOf(form)
const DATE = bitOf('date')
const INSTANT = bitOf('instant')
const ZONED = bitOf('zoned-instant')
export const TIME = bitOf('time')
const WHOLE = bitOf('whole')
const DECIMAL = bitOf('decimal')
export const UUID = bitOf('uuid')
const BOOLEAN = bitOf('boolean')
const EMPTY = bitOf('empty')

export const NO_FORM = 0
/** For a text that begins like a JSON object or array, and has no other form. */
export const MAYBE_JSON = -1

const booleans = new Set(Object.values(booleanTexts).flat())

/** Returns bits of `formBits`, or MAYBE_JSON. */
export function formsOfText(bytes: Uint8Array, start: number, end: number): number {
  const length = end - start
  if (length === 0) return EMPTY
  const first = bytes[start]!
  const isUuid = (length === 36 || length === 32) && readUuid(bytes, start, end) !== NOT_A_UUID
  if (isDigit(first) || first === MINUS) {
    if (length >= 10 && isDate(bytes, start)) return afterDate(bytes, start, end)
    if (length > 2 && bytes[start + 2] === COLON) return timeForm(bytes, start, end)
    if (length >= 15 && isBeforeMonth(bytes, start)) return isWorded(bytes, start, end) ? ZONED : NO_FORM
    return new NumberText().take(bytes, start, end).forms | (isUuid ? UUID : 0)
  }
  if (isUuid) return UUID
  if (isJsonBlank(first)) {
    let at = start
    while (at < end && isJsonBlank(bytes[at]!)) at++
    return at < end && beginsJson(bytes[at]!) ? MAYBE_JSON : NO_FORM
  }
  if (beginsJson(first)) return MAYBE_JSON
  if (length > 5) return mayBeWords(bytes, start, length) && isWorded(bytes, start, end) ? ZONED : NO_FORM
  return booleans.has(latin1(bytes, start, length).toLowerCase()) ? BOOLEAN : NO_FORM
}

/** `formsOfText` for a text of megabytes, which can only be JSON or a long number. */
export function formsOfLongText(text: LongBytes): number {
  const number = new NumberText()
  let isBlank = true
  for (const piece of text.pieces()) {
    if (isBlank) {
      const begin = piece.findIndex((byte) => !isJsonBlank(byte))
      if (begin < 0) {
        number.isGood = false
        continue
      }
      if (beginsJson(piece[begin]!)) return MAYBE_JSON
      isBlank = false
    }
    number.take(piece, 0, piece.length)
    if (!number.isGood) return NO_FORM
  }
  return number.forms
}

/** Whether a text with these forms is certainly ASCII. */
export function isAscii(forms: number): boolean {
  return forms > 0 && (forms & ZONED) === 0
}

function isJsonBlank(byte: number): boolean {
  return byte === 0x20 || byte === 0x09 || byte === 0x0a || byte === 0x0d
}

function beginsJson(byte: number): boolean {
  return byte === 0x5b || byte === 0x7b
}

/** Reads `-?digits[.digits][e[±]digits]`, in pieces. */
class NumberText {
  /** The part of the number that was read last. */
  #state: 'start' | 'minus' | 'whole' | 'point' | 'fraction' | 'e' | 'sign' | 'exponent' = 'start'
  isGood = true

  get forms(): number {
    if (!this.isGood) return NO_FORM
    if (this.#state === 'whole') return WHOLE | DECIMAL
    return this.#state === 'fraction' || this.#state === 'exponent' ? DECIMAL : NO_FORM
  }

  take(bytes: Uint8Array, start: number, end: number): this {
    for (let at = start; at < end && this.isGood; at++) this.#step(bytes[at]!)
    return this
  }

  #step(byte: number): void {
    const state = this.#state
    if (isDigit(byte)) {
      if (state === 'start' || state === 'minus') this.#state = 'whole'
      else if (state === 'point') this.#state = 'fraction'
      else if (state === 'e' || state === 'sign') this.#state = 'exponent'
    } else if (byte === MINUS && state === 'start') this.#state = 'minus'
    else if (byte === POINT && state === 'whole') this.#state = 'point'
    else if ((byte | 0x20) === 0x65 && (state === 'whole' || state === 'fraction')) this.#state = 'e'
    else if ((byte === 0x2b || byte === MINUS) && state === 'e') this.#state = 'sign'
    else this.isGood = false
  }
}

/** The time that `possibleTime` read last. */
export const time = new TimeText()

/**
 * Returns `finer` for a time that is finer than a microsecond, else `usual`; null when the text, which has `forms`, is no time that exists.
 */
export function possibleTime(
  bytes: Uint8Array,
  start: number,
  end: number,
  forms: number,
): 'usual' | 'finer' | null {
  if ((forms & (TIME | DATE | INSTANT | ZONED)) === 0) return null
  const read = (forms & TIME) !== 0 ? readClockText : readTimeText
  if (read(bytes, start, end, time) !== READ || Math.abs(time.offset) >= 15 * 3600) return null
  const second = wallSecondOf(time) - time.offset
  if ((forms & TIME) === 0 && (second < FIRST_SECOND || second > LAST_SECOND)) return null
  return time.nano === 0 ? 'usual' : 'finer'
}

const MINUS = 0x2d
const COLON = 0x3a
const POINT = 0x2e
const LONGEST_TIME = 64
const LONGEST_WORDS = 128

function latin1(bytes: Uint8Array, start: number, length: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, length).toString('latin1')
}

/** A weekday and a blank or a comma, or the beginning of ASP.NET's `/Date(`. */
function mayBeWords(bytes: Uint8Array, start: number, length: number): boolean {
  return length >= 15 && /^(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[ ,]|\/Dat)/.test(latin1(bytes, start, 4))
}

const MAIL =
  /^(?:[A-Z][a-z]{2}, )?\d.? [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d (?:GMT|UTC?|[ECMP][SD]T|[+-]\d{4})$/su
const LOG = /^\d\d\/[A-Z][a-z]{2}\/\d{4}:\d\d:\d\d:\d\d [+-]\d{4}$/
/** Java's ZonedDateTime, with the name of its zone at the end. */
const JAVA = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d.*(?:Z|[+-]\d\d:\d\d)\[[A-Za-z].*\]$/s
const UNIX = /^[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d (?:GMT|UTC|[+-]\d{4}) \d{4}$/
const SCRIPT = /^[A-Z][a-z]{2} [A-Z][a-z]{2} \d\d \d{4} \d\d:\d\d:\d\d GMT[+-]\d{4}(?:.* \(.+\))?$/s
const NET = /^\/Date\([-\d][-+\d)/]*\)\/$/
/** Go's Time.String, with the reading of the monotonic clock at the end. */
const GO = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d.* [+-]\d{4} .* m=[+-]\d.*$/s

const DIGITS_FIRST = [MAIL, LOG, JAVA, GO]
const LETTERS_FIRST = [MAIL, UNIX, SCRIPT, NET]

/** Whether `writeIsoOfWords` may read the text; names of days and months, and Go's monotonic clock, are not checked. */
function isWorded(bytes: Uint8Array, start: number, end: number): boolean {
  // A character takes four bytes at most.
  if (end - start > LONGEST_WORDS * 4) return false
  const text = Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('utf8')
  if (text.length > LONGEST_WORDS && [...text].length > LONGEST_WORDS) return false
  return (
    !text.includes('\0') &&
    (isDigit(bytes[start]!) ? DIGITS_FIRST : LETTERS_FIRST).some((form) => form.test(text))
  )
}

const SECONDS = '(?::\\d\\d(?:[.,]\\d+)?)?'
/** Also with blanks before the zone, or, as in Go's Time.String, with the zone's name after its offset. */
const ZONED_TEXT = new RegExp(
  `^.{16}${SECONDS}(?: *(?:[Zz]| UTC|[+-]\\d\\d(?::?\\d\\d)?)| (?:[+-]\\d{4} (?!UTC$)[A-Z]{3,5}|[+-]0000 UTC|[+-]\\d{4} [+-]\\d{1,4}))$`,
)

/** Whether all of `bytes[from, to)` are digits. */
function areDigits(bytes: Uint8Array, from: number, to: number): boolean {
  for (let at = from; at < to; at++) {
    if (!isDigit(bytes[at]!)) return false
  }
  return true
}

/** Whether the text begins with YYYY-MM-DD. */
function isDate(bytes: Uint8Array, start: number): boolean {
  return (
    bytes[start + 4] === MINUS &&
    bytes[start + 7] === MINUS &&
    areDigits(bytes, start, start + 4) &&
    areDigits(bytes, start + 5, start + 7) &&
    areDigits(bytes, start + 8, start + 10)
  )
}

function afterDate(bytes: Uint8Array, start: number, end: number): number {
  const length = end - start
  if (length === 10) return DATE
  const separator = bytes[start + 10]!
  if (length < 16 || (separator !== 0x54 && separator !== 0x20)) return NO_FORM
  const at = length > LONGEST_TIME ? -1 : afterClock(bytes, start + 11, end)
  if (at === end) return INSTANT
  if (at > 0 && isZone(bytes, at, end)) return ZONED
  const isZoned =
    length <= LONGEST_TIME && hasMinutes(bytes, start + 11) && ZONED_TEXT.test(latin1(bytes, start, length))
  return isZoned || (length > 24 && isWorded(bytes, start, end)) ? ZONED : NO_FORM
}

function timeForm(bytes: Uint8Array, start: number, end: number): number {
  if (end - start < 5 || end - start > LONGEST_TIME) return NO_FORM
  return afterClock(bytes, start, end) === end ? TIME : NO_FORM
}

/** Whether there is HH:MM at `at`. */
function hasMinutes(bytes: Uint8Array, at: number): boolean {
  return bytes[at + 2] === COLON && areDigits(bytes, at, at + 2) && areDigits(bytes, at + 3, at + 5)
}

/** Returns the position after HH:MM[:SS[.f]], or -1 when there is none at `from`. */
function afterClock(bytes: Uint8Array, from: number, end: number): number {
  if (from + 5 > end || !hasMinutes(bytes, from)) return -1
  if (bytes[from + 5] !== COLON || from + 5 === end) return from + 5
  if (from + 8 > end || !areDigits(bytes, from + 6, from + 8)) return -1
  let at = from + 8
  if (at === end || (bytes[at] !== 0x2e && bytes[at] !== 0x2c)) return at
  const fractionAt = ++at
  while (at < end && isDigit(bytes[at]!)) at++
  return at === fractionAt ? -1 : at
}

/** Whether the text ends with Z, ±HH, ±HHMM or ±HH:MM from `at` on. */
function isZone(bytes: Uint8Array, at: number, end: number): boolean {
  const length = end - at
  const sign = bytes[at]!
  if (length === 1) return sign === 0x5a || sign === 0x7a
  if (sign !== 0x2b && sign !== MINUS) return false
  if (length === 3 || length === 5) return areDigits(bytes, at + 1, end)
  return (
    length === 6 &&
    bytes[at + 3] === COLON &&
    areDigits(bytes, at + 1, at + 3) &&
    areDigits(bytes, at + 4, end)
  )
}
