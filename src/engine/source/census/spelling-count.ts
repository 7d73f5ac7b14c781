/**
 * Counts how a column's values are written. Invariant: the counts are of all values seen, and equal those of the compiled part
 * (`assembly/spelling.ts`).
 */
import { inOnePiece, type LongBytes } from '../../encode/cell/cell.ts'
import { freeAtOnce } from '../../encode/cell/free-at-once.ts'
import { isOwnText } from '../../encode/json/json-cell.ts'
import { MAX_JSONB_BYTES, REFUSED_BY_JSON, REFUSED_BY_JSONB, scanJson } from '../../encode/json/json-text.ts'
import { hasDigits, triedDigits } from '../../encode/numbers/small-decimal.ts'
import { isSpelledAs, readUuid } from '../../encode/text/uuid-text.ts'
import { spellingOf } from '../../encode/times/time-form.ts'
import type { TimeText } from '../../encode/times/time-text.ts'
import type { Spellings } from '../../model/census.ts'

const MOST_SPELLINGS = 16

export class SpellingCount {
  #realDigits = 0
  #lowerUuids = 0
  #upperUuids = 0
  #jsonDocuments = 0
  #documents = 0
  #printedDocuments = 0
  #times: Map<number, number> | null = new Map()

  /** `value` must be finite. */
  seeReal(value: number): void {
    const needed = Object.is(value, -0) ? triedDigits + 1 : fewestDigits(Math.abs(value))
    this.#realDigits = Math.max(this.#realDigits, needed)
  }

  seeUuid(bytes: Uint8Array, start: number, end: number, count: number): void {
    const spelling = readUuid(bytes, start, end)
    if (isSpelledAs(spelling, 'lower') || isSpelledAs(spelling, 'lower-bare')) this.#lowerUuids += count
    if (isSpelledAs(spelling, 'upper') || isSpelledAs(spelling, 'upper-bare')) this.#upperUuids += count
  }

  /** Returns whether the text was recognised as a JSON document, and so counted. */
  seeJson(bytes: Uint8Array, start: number, end: number, count: number): boolean {
    const flags = scanJson(bytes, start, end)
    if ((flags & REFUSED_BY_JSON) !== 0 || !isOwnText(bytes, start)) return false
    this.#jsonDocuments += count
    if ((flags & REFUSED_BY_JSONB) === 0) this.#documents += count
    if (flags === 0) this.#printedDocuments += count
    return true
  }

  /** The same for a text that is read in pieces. */
  seeLongJson(text: LongBytes): boolean {
    if (text.length > MAX_JSONB_BYTES) return false
    const bytes = inOnePiece(text)
    const isRecognised = this.seeJson(bytes, 0, bytes.length, 1)
    freeAtOnce(bytes)
    return isRecognised
  }

  seeTime(time: TimeText, count: number): void {
    this.#addTime(spellingOf(time), count)
  }

  #addTime(spelling: number, count: number): void {
    const times = this.#times
    if (times === null) return
    times.set(spelling, (times.get(spelling) ?? 0) + count)
    if (times.size > MOST_SPELLINGS) this.#times = null
  }

  add(part: Spellings): void {
    const { realDigits, lowerUuids, upperUuids, jsonDocuments, documents, printedDocuments, times } = part
    this.#realDigits = Math.max(this.#realDigits, realDigits ?? triedDigits + 1)
    this.#lowerUuids += lowerUuids
    this.#upperUuids += upperUuids
    this.#jsonDocuments += jsonDocuments
    this.#documents += documents
    this.#printedDocuments += printedDocuments
    if (times === null) this.#times = null
    for (const { spelling, count } of times ?? []) this.#addTime(spelling, count)
  }

  counted(): Spellings {
    // Sorted: the order does not depend on how the rows were divided.
    const times = [...(this.#times ?? [])].sort(([one], [other]) => one - other)
    return {
      realDigits: this.#realDigits > triedDigits ? null : this.#realDigits,
      lowerUuids: this.#lowerUuids,
      upperUuids: this.#upperUuids,
      jsonDocuments: this.#jsonDocuments,
      documents: this.#documents,
      printedDocuments: this.#printedDocuments,
      times: this.#times && times.map(([spelling, count]) => ({ spelling, count })),
    }
  }
}

function fewestDigits(size: number): number {
  let digits = 0
  while (digits <= triedDigits && !hasDigits(size, digits)) digits++
  return digits
}
