/**
 * Times as programs print them in words: RFC 2822 and HTTP, JavaScript, `date` of Unix and Ruby, ASP.NET's JSON, Go with its monotonic
 * clock, web server logs, Java with a zone name. Invariant: only forms with a numeric offset, or in UTC, are accepted; a zone name is no
 * offset.
 */
import { isDigit } from '../text/digits.ts'
import { type CivilDate, FIRST_DAY, LAST_DAY, setDate, UNIX_SECONDS_AT_EPOCH } from './civil.ts'

/** The length of the longest form. */
export const LONGEST_WORDS = 128

/** ISO 8601 text that `writeIsoOfWords` wrote. */
export const iso = Buffer.alloc(LONGEST_WORDS)

/**
 * Writes a time in words as ISO 8601 text into `iso`, and returns the text's length; 0 for any other text. Digits are not checked: the
 * text may be no time.
 */
export function writeIsoOfWords(bytes: Uint8Array, start: number, end: number): number {
  const first = bytes[start]!
  if (first === SLASH) return writeNet(bytes, start, end)
  if (bytes[start + 2] === SLASH) return writeLog(bytes, start, end)
  if (isDigit(first)) return writeMail(bytes, start, end) || writeNamed(bytes, start, end)
  if (!weekdays.has(wordAt(bytes, start))) return 0
  if (bytes[start + 3] === COMMA) return bytes[start + 4] === BLANK ? writeMail(bytes, start + 5, end) : 0
  return writeScript(bytes, start, end) || writeUnix(bytes, start, end)
}

const BLANK = 0x20
const PLUS = 0x2b
const COMMA = 0x2c
const MINUS = 0x2d
const SLASH = 0x2f
const ZERO = 0x30
const COLON = 0x3a
const LETTER_T = 0x54

/** Three letters as one number. */
function wordAt(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 16) | (bytes[at + 1]! << 8) | bytes[at + 2]!
}

const codeOf = (word: string): number => wordAt(Buffer.from(word, 'latin1'), 0)
const weekdays = new Set('Mon Tue Wed Thu Fri Sat Sun'.split(' ').map(codeOf))
const months = new Map(
  'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ').map((name, at) => [codeOf(name), at + 1]),
)
const GMT = codeOf('GMT')
const UTC = codeOf('UTC')
/** Hours of the zones that RFC 2822 defines (section 4.3), for mail only: elsewhere the same letters are ambiguous. */
const mailZones = new Map(
  Object.entries({
    GMT: 0,
    UTC: 0,
    EST: -5,
    EDT: -4,
    CST: -6,
    CDT: -5,
    MST: -7,
    MDT: -6,
    PST: -8,
    PDT: -7,
  }).map(([name, hours]) => [codeOf(name), hours]),
)

/** `1 Jan 2024 10:30:00 +0100`, without the weekday. */
function writeMail(bytes: Uint8Array, start: number, end: number): number {
  const hasOneDigit = bytes[start + 1] === BLANK
  const dayEnd = hasOneDigit ? start + 1 : start + 2
  const zoneAt = dayEnd + 19
  if (
    !isDigit(bytes[start]!) ||
    bytes[dayEnd] !== BLANK ||
    bytes[dayEnd + 4] !== BLANK ||
    bytes[dayEnd + 9] !== BLANK
  )
    return 0
  if (zoneAt >= end || bytes[zoneAt - 1] !== BLANK) return 0
  if (!writeMonth(bytes, dayEnd + 5, dayEnd + 1) || !writeClock(bytes, dayEnd + 10)) return 0
  writeDay(hasOneDigit ? BLANK : bytes[start]!, bytes[dayEnd - 1]!)
  const letters = end - zoneAt
  if (letters === 5) return writeOffset(bytes, zoneAt)
  if (letters === 2) return bytes[zoneAt] === 0x55 && bytes[zoneAt + 1] === 0x54 ? writeHours(0) : 0
  const hours = letters === 3 ? mailZones.get(wordAt(bytes, zoneAt)) : undefined
  return hours === undefined ? 0 : writeHours(hours)
}

/** `Mon Jan 01 2024 10:30:00 GMT+0100`, with or without the zone's name in parentheses. */
function writeScript(bytes: Uint8Array, start: number, end: number): number {
  const zoneAt = start + 28
  if (zoneAt + 5 > end || wordAt(bytes, zoneAt - 3) !== GMT) return 0
  for (const blank of [3, 7, 10, 15, 24]) if (bytes[start + blank] !== BLANK) return 0
  if (!isDigit(bytes[start + 8]!) || !isInParentheses(bytes, zoneAt + 5, end)) return 0
  if (!writeMonth(bytes, start + 11, start + 4) || !writeClock(bytes, start + 16)) return 0
  writeDay(bytes[start + 8]!, bytes[start + 9]!)
  return writeOffset(bytes, zoneAt)
}

/** Whether nothing is left, or a blank and a name in parentheses. */
function isInParentheses(bytes: Uint8Array, start: number, end: number): boolean {
  if (start === end) return true
  const length = end - start - 3
  if (length < 1 || length > 60 || bytes[start] !== BLANK || bytes[start + 1] !== 0x28) return false
  for (let at = start + 2; at < end - 1; at++) if (bytes[at] === 0x28 || bytes[at] === 0x29) return false
  return bytes[end - 1] === 0x29
}

/** `Mon Jan  1 10:30:00 UTC 2024`. */
function writeUnix(bytes: Uint8Array, start: number, end: number): number {
  const zoneAt = start + 20
  const zoneEnd = end - 5
  for (const blank of [3, 7, 10, 19]) if (bytes[start + blank] !== BLANK) return 0
  if (zoneEnd - zoneAt < 3 || bytes[zoneEnd] !== BLANK) return 0
  if (!writeMonth(bytes, zoneEnd + 1, start + 4) || !writeClock(bytes, start + 11)) return 0
  writeDay(bytes[start + 8]!, bytes[start + 9]!)
  if (zoneEnd - zoneAt === 5) return writeOffset(bytes, zoneAt)
  const word = wordAt(bytes, zoneAt)
  return zoneEnd - zoneAt === 3 && (word === GMT || word === UTC) ? writeHours(0) : 0
}

/** `01/Jan/2024:10:30:00 +0100`, as in web server logs. */
function writeLog(bytes: Uint8Array, start: number, end: number): number {
  const isForm = end - start === 26 && bytes[start + 6] === SLASH && bytes[start + 11] === COLON
  if (!isForm || bytes[start + 20] !== BLANK) return 0
  if (!isDigit(bytes[start]!) || !writeMonth(bytes, start + 7, start + 3) || !writeClock(bytes, start + 12))
    return 0
  writeDay(bytes[start]!, bytes[start + 1]!)
  return writeOffset(bytes, start + 21)
}

/** Writes YYYY-MM-; returns false where the month has no such name. */
function writeMonth(bytes: Uint8Array, yearAt: number, monthAt: number): boolean {
  const month = months.get(wordAt(bytes, monthAt))
  if (month === undefined) return false
  for (let at = 0; at < 4; at++) iso[at] = bytes[yearAt + at]!
  iso[4] = MINUS
  iso[5] = month > 9 ? ZERO + 1 : ZERO
  iso[6] = ZERO + (month % 10)
  iso[7] = MINUS
  return true
}

/** Writes DDT after the month; a blank is a leading zero. */
function writeDay(tens: number, ones: number): void {
  iso[8] = tens === BLANK ? ZERO : tens
  iso[9] = ones
  iso[10] = LETTER_T
}

/** Writes HH:MM:SS after the day; returns false without its colons. */
function writeClock(bytes: Uint8Array, from: number): boolean {
  for (let at = 0; at < 8; at++) iso[11 + at] = bytes[from + at]!
  return iso[13] === COLON && iso[16] === COLON
}

/** Writes ±HHMM after the clock, and returns the whole text's length; 0 when there is no offset at `from`. */
function writeOffset(bytes: Uint8Array, from: number): number {
  if (!isOffset(bytes, from, from + 5)) return 0
  for (let at = 0; at < 5; at++) iso[19 + at] = bytes[from + at]!
  return 24
}

function writeHours(hours: number): number {
  iso[19] = hours < 0 ? MINUS : PLUS
  iso[20] = ZERO
  iso[21] = ZERO + Math.abs(hours)
  iso[22] = ZERO
  iso[23] = ZERO
  return 24
}

/** A zone name after the offset, as Java and JavaScript's Temporal write it. */
const java = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d))\[[A-Za-z][\w/+-]{1,40}\]$/
const go =
  /^(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d{1,9})? [+-]\d{4} (?:[A-Z]{3,5}|[+-]\d{2,4})) m=[+-]\d+\.\d{1,9}$/

const NET = Buffer.from('/Date(', 'latin1')
const MILLIS_A_DAY = 86_400_000
const date: CivilDate = { year: 0, month: 0, day: 0 }

/** `/Date(1704105000000)/` or `/Date(1704105000000+0100)/`: Unix milliseconds; the offset is that of a viewer. */
function writeNet(bytes: Uint8Array, start: number, end: number): number {
  for (let at = 0; at < NET.length; at++) if (bytes[start + at] !== NET[at]) return 0
  if (bytes[end - 2] !== 0x29 || bytes[end - 1] !== SLASH) return 0
  const isNegative = bytes[start + 6] === MINUS
  const from = isNegative ? start + 7 : start + 6
  let at = from
  let number = 0
  for (; isDigit(bytes[at]!); at++) number = number * 10 + bytes[at]! - ZERO
  if (at === from || at - from > 15 || (at !== end - 2 && !isOffset(bytes, at, end - 2))) return 0
  const millis = (isNegative ? -number : number) - UNIX_SECONDS_AT_EPOCH * 1000
  const day = Math.floor(millis / MILLIS_A_DAY)
  if (day < FIRST_DAY || day > LAST_DAY) return 0
  const ofDay = millis - day * MILLIS_A_DAY
  setDate(date, day)
  writeDigits(0, 4, date.year)
  iso[4] = MINUS
  writeDigits(5, 2, date.month)
  iso[7] = MINUS
  writeDigits(8, 2, date.day)
  iso[10] = LETTER_T
  writeDigits(11, 2, Math.floor(ofDay / 3_600_000))
  iso[13] = COLON
  writeDigits(14, 2, Math.floor(ofDay / 60_000) % 60)
  iso[16] = COLON
  writeDigits(17, 2, Math.floor(ofDay / 1000) % 60)
  iso[19] = 0x2e
  writeDigits(20, 3, ofDay % 1000)
  iso[23] = 0x5a
  return 24
}

/** Whether `bytes[start, end)` are ±HHMM. */
function isOffset(bytes: Uint8Array, start: number, end: number): boolean {
  if (end - start !== 5 || (bytes[start] !== PLUS && bytes[start] !== MINUS)) return false
  for (let at = start + 1; at < end; at++) if (!isDigit(bytes[at]!)) return false
  return true
}

function writeDigits(from: number, width: number, number: number): void {
  let rest = number
  for (let at = from + width - 1; at >= from; at--) {
    iso[at] = ZERO + (rest % 10)
    rest = Math.floor(rest / 10)
  }
}

function writeNamed(bytes: Uint8Array, start: number, end: number): number {
  const text = textOf(bytes, start, end)
  const found = go.exec(text) ?? java.exec(text)
  return found === null ? 0 : iso.write(found[1]!, 'latin1')
}

function textOf(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('latin1')
}
