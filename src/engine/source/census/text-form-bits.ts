/**
 * The forms of one text, recognised by its bytes. Invariant: says the same as the SQL conditions in `text-forms.ts`, or UNCLEAR; a text
 * that has a form is ASCII.
 */

import type { LongBytes } from '../../encode/cell.ts'
import { FIRST_DAY, LAST_DAY } from '../../encode/civil.ts'
import { READ, readClockText, readTimeText, TimeText } from '../../encode/time-text.ts'
import { NOT_A_UUID, readUuid } from '../../encode/uuid-text.ts'
import type { TextForm } from '../../model/census.ts'

/** Bit k of an answer stands for form k. JSON is SQLite's to say. */
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
const TIME = bitOf('time')
const WHOLE = bitOf('whole')
const DECIMAL = bitOf('decimal')
const UUID = bitOf('uuid')
const BOOLEAN = bitOf('boolean')
const EMPTY = bitOf('empty')

export const NO_FORM = 0
/** Begins as a JSON object or array does, and has no other form. */
export const MAYBE_JSON = -1
export const UNCLEAR = -2

/** Digits up to which a number is surely no UUID, and surely read by SQLite as it is written. */
const PLAIN_DIGITS = 18
const booleans = new Set(['true', 'false', 't', 'f', 'yes', 'no', 'y', 'n', 'on', 'off'])

/** Bits of `formBits`, or one of the constants above. */
export function formsOfText(bytes: Uint8Array, start: number, end: number): number {
  const length = end - start
  if (length === 0) return EMPTY
  const first = bytes[start]!
  if (length === 36 && readUuid(bytes, start, end) !== NOT_A_UUID) return UUID
  if (isDigit(first) || first === MINUS) {
    if (length >= 10 && isDate(bytes, start)) return afterDate(bytes, start, end)
    if (length > 2 && bytes[start + 2] === COLON) return timeForm(bytes, start, end)
    return numberForm(bytes, start, end)
  }
  if (first === 0x5b || first === 0x7b) return MAYBE_JSON
  if (first === 0x20 || (first >= 0x09 && first <= 0x0d)) return UNCLEAR
  if (length === 32 || length === 36) return isHex(first) ? UNCLEAR : NO_FORM
  if (length > 5) return length >= 15 && mayBeWords(bytes, start) ? UNCLEAR : NO_FORM
  const isWord = booleans.has(
    Buffer.from(bytes.buffer, bytes.byteOffset + start, length)
      .toString('latin1')
      .toLowerCase(),
  )
  return isWord ? BOOLEAN : NO_FORM
}

/** The same of a text of megabytes, which has no form but JSON's, or is one long number. */
export function formsOfLongText(text: LongBytes): number {
  for (const piece of text.pieces()) {
    const first = piece[0]!
    if (first === 0x5b || first === 0x7b || isJsonBlank(first)) return MAYBE_JSON
    if (!isDigit(first) && first !== MINUS) return NO_FORM
    return piece.some((byte) => !mayBeInNumber(byte)) ? NO_FORM : UNCLEAR
  }
  return UNCLEAR
}

function isJsonBlank(byte: number): boolean {
  return byte === 0x20 || byte === 0x09 || byte === 0x0a || byte === 0x0d
}

/** Digits, signs, points, exponents, and the blanks that SQLite takes at the end. */
function mayBeInNumber(byte: number): boolean {
  const isSign = byte === 0x2b || byte === MINUS || byte === 0x2e || (byte | 0x20) === 0x65
  return isDigit(byte) || isSign || byte === 0x20 || (byte >= 0x09 && byte <= 0x0d)
}

const time = new TimeText()

/**
 * Whether a text with the given forms is a time that the encoders take in every zone: its day and clock exist, and no zone moves it
 * out of the years 1 to 9999.
 */
export function isPossibleTime(bytes: Uint8Array, start: number, end: number, forms: number): boolean {
  if ((forms & TIME) !== 0) return readClockText(bytes, start, end, time) === READ
  if ((forms & (DATE | INSTANT | ZONED)) === 0) return false
  return (
    readTimeText(bytes, start, end, time) === READ &&
    time.day > FIRST_DAY + 1 &&
    time.day < LAST_DAY - 1 &&
    Math.abs(time.offset) < 15 * 3600
  )
}

/** Whether a time has more than six digits after its point or comma. */
export function hasLongFraction(bytes: Uint8Array, start: number, end: number): boolean {
  let at = start
  while (at < end && bytes[at] !== 0x2e && bytes[at] !== 0x2c) at++
  return at + 7 < end && areDigits(bytes, at + 1, at + 8)
}

const MINUS = 0x2d
const COLON = 0x3a
const LONGEST_TIME = 64

/** A weekday and a blank or a comma, or the beginning of ASP.NET's `/Date(`. */
function mayBeWords(bytes: Uint8Array, start: number): boolean {
  const four = Buffer.from(bytes.buffer, bytes.byteOffset + start, 4).toString('latin1')
  return /^(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[ ,]|\/Dat)/.test(four)
}

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39
}

function isHex(byte: number): boolean {
  return isDigit(byte) || ((byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x66)
}

/** Digits in `bytes[from, to)`, all of them. */
function areDigits(bytes: Uint8Array, from: number, to: number): boolean {
  for (let at = from; at < to; at++) {
    if (!isDigit(bytes[at]!)) return false
  }
  return true
}

/** YYYY-MM-DD at the start. */
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
  if (end - start === 10) return DATE
  const separator = bytes[start + 10]!
  if (end - start < 16 || end - start > LONGEST_TIME || (separator !== 0x54 && separator !== 0x20))
    return UNCLEAR
  const at = afterClock(bytes, start + 11, end)
  if (at < 0) return UNCLEAR
  if (at === end) return INSTANT
  return isZone(bytes, at, end) ? ZONED : UNCLEAR
}

function timeForm(bytes: Uint8Array, start: number, end: number): number {
  if (end - start < 5 || end - start > LONGEST_TIME) return UNCLEAR
  return afterClock(bytes, start, end) === end ? TIME : UNCLEAR
}

/** The position after HH:MM[:SS[.f]], -1 when it isn't there. */
function afterClock(bytes: Uint8Array, from: number, end: number): number {
  if (from + 5 > end || bytes[from + 2] !== COLON) return -1
  if (!areDigits(bytes, from, from + 2) || !areDigits(bytes, from + 3, from + 5)) return -1
  if (bytes[from + 5] !== COLON || from + 5 === end) return from + 5
  if (from + 8 > end || !areDigits(bytes, from + 6, from + 8)) return -1
  let at = from + 8
  if (at === end || (bytes[at] !== 0x2e && bytes[at] !== 0x2c)) return at
  const fractionAt = ++at
  while (at < end && isDigit(bytes[at]!)) at++
  return at === fractionAt ? -1 : at
}

/** Z, ±HH, ±HHMM or ±HH:MM up to the end. */
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

/** Digits, with a point between them or without, after a minus or without. */
function numberForm(bytes: Uint8Array, start: number, end: number): number {
  let at = bytes[start] === MINUS ? start + 1 : start
  if (end - at > PLAIN_DIGITS) return UNCLEAR
  const wholeAt = at
  while (at < end && isDigit(bytes[at]!)) at++
  if (at === wholeAt) return UNCLEAR
  if (at === end) return WHOLE | DECIMAL
  if (bytes[at] !== 0x2e || at + 1 === end) return UNCLEAR
  return areDigits(bytes, at + 1, end) ? DECIMAL : UNCLEAR
}
