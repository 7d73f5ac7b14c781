/**
 * The counting of one column's values, one after the other or in parts that are joined. Invariant: each value is counted once, JSON
 * apart: which texts are JSON is SQLite's to say.
 */
import { BLOB, type Cell, INTEGER, type LongBytes, NULL, REAL } from '../../encode/cell.ts'
import { countCharacters, countLongCharacters, NUL_IN_TEXT } from '../../encode/utf8.ts'
import type { ColumnCensus, Spellings, TextForm } from '../../model/census.ts'
import { SpellingCount } from './spelling-count.ts'
import {
  formBits,
  formsOfLongText,
  formsOfText,
  isAscii,
  MAYBE_JSON,
  possibleTime,
  TIME,
  time,
  UUID,
} from './text-forms.ts'

/** What a range of a table's rows holds in one column; plain data, to be joined with that of other ranges. */
export type ColumnPart = {
  readonly name: string
  /** Some texts may be JSON, which only SQLite's own parser may say. */
  readonly maybeJson: boolean
  /** How many are, as SQLite has said. */
  readonly json: number
  readonly nulls: number
  readonly integers: number
  readonly reals: number
  readonly texts: number
  readonly blobs: number
  /** Infinity and -Infinity where there is no integer. */
  readonly least: number
  readonly most: number
  /** Of the integers beyond 2^53. */
  readonly leastBig: bigint | null
  readonly mostBig: bigint | null
  readonly leastReal: number
  readonly mostReal: number
  readonly wholeReals: number
  readonly infinities: number
  readonly maxCharacters: number
  readonly maxTextBytes: number
  readonly maxBlobBytes: number
  readonly bytes: number
  readonly possibleTimes: number
  readonly finerTimes: number
  readonly nulTexts: number
  /** Some texts are not valid UTF-8, or hold U+0000. */
  readonly invalid: boolean
  /** By `formBits`. */
  readonly forms: Float64Array
  readonly spellings: Spellings
  /** Distinct values while they are few, else null; texts in here are not yet in any other count. */
  readonly fewTexts: readonly TextValue[] | null
  readonly fewIntegers: ReadonlyMap<number | bigint, number> | null
}

type TextValue = { readonly bytes: Uint8Array; count: number }

/** Integers up to here, and their negatives, are numbers. */
export const MOST_EXACT = 2 ** 53

/** As in `ColumnCensus.values`. */
const MOST_VALUES = 12
const VALUE_CHARACTERS = 32
/** In UTF-8. */
const VALUE_BYTES = VALUE_CHARACTERS * 4

export class ColumnCount {
  readonly name: string
  #maybeJson = false
  #json = 0
  #nulls = 0
  #integers = 0
  #reals = 0
  #texts = 0
  #blobs = 0
  #least = Number.POSITIVE_INFINITY
  #most = Number.NEGATIVE_INFINITY
  /** Of the integers beyond 2^53. */
  #leastBig: bigint | null = null
  #mostBig: bigint | null = null
  #leastReal = Number.POSITIVE_INFINITY
  #mostReal = Number.NEGATIVE_INFINITY
  #wholeReals = 0
  #infinities = 0
  #maxCharacters = 0
  #maxTextBytes = 0
  #maxBlobBytes = 0
  #bytes = 0
  #possibleTimes = 0
  #finerTimes = 0
  #nulTexts = 0
  #invalid = false
  readonly #forms = new Float64Array(formBits.length)
  readonly #spellings = new SpellingCount()
  /** Distinct values so far, while they are few; texts in here are not yet in any other count. */
  #fewTexts: TextValue[] | null = []
  #fewIntegers: Map<number | bigint, number> | null = new Map()
  /** Where a text was last found among the few, by a few bits of its length and ends. */
  readonly #likely = new Uint8Array(256)

  constructor(name: string) {
    this.name = name
  }

  /** What was seen so far. */
  part(): ColumnPart {
    return {
      name: this.name,
      maybeJson: this.#maybeJson || this.#fewMayBeJson(),
      json: 0,
      nulls: this.#nulls,
      integers: this.#integers,
      reals: this.#reals,
      texts: this.#texts,
      blobs: this.#blobs,
      least: this.#least,
      most: this.#most,
      leastBig: this.#leastBig,
      mostBig: this.#mostBig,
      leastReal: this.#leastReal,
      mostReal: this.#mostReal,
      wholeReals: this.#wholeReals,
      infinities: this.#infinities,
      maxCharacters: this.#maxCharacters,
      maxTextBytes: this.#maxTextBytes,
      maxBlobBytes: this.#maxBlobBytes,
      bytes: this.#bytes,
      possibleTimes: this.#possibleTimes,
      finerTimes: this.#finerTimes,
      nulTexts: this.#nulTexts,
      invalid: this.#invalid,
      forms: this.#forms,
      spellings: this.#spellings.counted(),
      fewTexts: this.#fewTexts,
      fewIntegers: this.#fewIntegers,
    }
  }

  #fewMayBeJson(): boolean {
    return (this.#fewTexts ?? []).some(({ bytes }) => formsOfText(bytes, 0, bytes.length) === MAYBE_JSON)
  }

  /** Adds what was seen elsewhere. */
  add(part: ColumnPart): void {
    this.#maybeJson ||= part.maybeJson
    this.#json += part.json
    this.#nulls += part.nulls
    this.#integers += part.integers
    this.#reals += part.reals
    this.#texts += part.texts
    this.#blobs += part.blobs
    this.#least = Math.min(this.#least, part.least)
    this.#most = Math.max(this.#most, part.most)
    if (part.leastBig !== null && (this.#leastBig === null || part.leastBig < this.#leastBig))
      this.#leastBig = part.leastBig
    if (part.mostBig !== null && (this.#mostBig === null || part.mostBig > this.#mostBig))
      this.#mostBig = part.mostBig
    this.#leastReal = Math.min(this.#leastReal, part.leastReal)
    this.#mostReal = Math.max(this.#mostReal, part.mostReal)
    this.#wholeReals += part.wholeReals
    this.#infinities += part.infinities
    this.#maxCharacters = Math.max(this.#maxCharacters, part.maxCharacters)
    this.#maxTextBytes = Math.max(this.#maxTextBytes, part.maxTextBytes)
    this.#maxBlobBytes = Math.max(this.#maxBlobBytes, part.maxBlobBytes)
    this.#bytes += part.bytes
    this.#possibleTimes += part.possibleTimes
    this.#finerTimes += part.finerTimes
    this.#nulTexts += part.nulTexts
    this.#invalid ||= part.invalid
    part.forms.forEach((count, bit) => {
      this.#forms[bit]! += count
    })
    this.#spellings.add(part.spellings)
    this.#addFewTexts(part.fewTexts)
    this.#addFewIntegers(part.fewIntegers)
  }

  #addFewTexts(texts: ColumnPart['fewTexts']): void {
    if (texts === null) this.#settleFew(true)
    for (const { bytes, count } of texts ?? []) {
      const known = this.#fewTexts?.find((text) => isSame(text.bytes, bytes, 0, bytes.length))
      if (known !== undefined) known.count += count
      else this.#fewTexts?.push({ bytes, count })
      if (this.#fewTexts === null) this.seeText(bytes, 0, bytes.length, count)
      else if (this.#fewTexts.length > MOST_VALUES) this.#settleFew(true)
    }
  }

  #addFewIntegers(integers: ColumnPart['fewIntegers']): void {
    const few = this.#fewIntegers
    if (few === null || integers === null) {
      this.#fewIntegers = null
      return
    }
    for (const [value, count] of integers) few.set(value, (few.get(value) ?? 0) + count)
    if (few.size > MOST_VALUES) this.#fewIntegers = null
  }

  /** The census. Nothing can be added afterwards. */
  settle(): ColumnCensus {
    this.#settleFew(false)
    return this.#result()
  }

  see(cell: Cell): void {
    switch (cell.storage) {
      case NULL:
        this.#nulls++
        return
      case INTEGER:
        this.#seeInteger(cell)
        return
      case REAL:
        this.#seeReal(cell.number)
        return
      case BLOB:
        this.#blobs++
        this.#bytes += cell.end - cell.start
        this.#maxBlobBytes = Math.max(this.#maxBlobBytes, cell.end - cell.start)
        return
      default:
        this.#texts++
        if (cell.isLong) {
          this.#settleFew(true)
          this.#seeLongText(cell.long!)
          return
        }
        if (this.#fewTexts !== null && this.#isFew(this.#fewTexts, cell)) return
        this.seeText(cell.buffer, cell.start, cell.end, 1)
    }
  }

  #seeInteger(cell: Cell): void {
    this.#integers++
    const { number } = cell
    if (number >= -MOST_EXACT) {
      if (number < this.#least) this.#least = number
      if (number > this.#most) this.#most = number
    } else {
      const { big } = cell
      if (this.#leastBig === null || big < this.#leastBig) this.#leastBig = big
      if (this.#mostBig === null || big > this.#mostBig) this.#mostBig = big
    }
    const few = this.#fewIntegers
    if (few === null) return
    const value = Number.isNaN(number) ? cell.big : number
    few.set(value, (few.get(value) ?? 0) + 1)
    if (few.size > MOST_VALUES) this.#fewIntegers = null
  }

  #seeReal(value: number): void {
    this.#reals++
    if (!Number.isFinite(value)) {
      this.#infinities++
      return
    }
    if (value < this.#leastReal) this.#leastReal = value
    if (value > this.#mostReal) this.#mostReal = value
    if (value === Math.trunc(value)) this.#wholeReals++
    this.#spellings.seeReal(value)
  }

  /** Counts the text as one of the few, when they stay few. */
  #isFew(few: TextValue[], cell: Cell): boolean {
    const { buffer, start, end } = cell
    const length = end - start
    const slot =
      length === 0
        ? 0
        : (length * 31 + buffer[start]! * 7 + buffer[end - 1]! + (buffer[start + (length >> 1)]! << 2)) & 255
    const likely = few[this.#likely[slot]!]
    if (likely !== undefined && isSame(likely.bytes, buffer, start, length)) {
      likely.count++
      return true
    }
    let found = few.findIndex(({ bytes }) => isSame(bytes, buffer, start, length))
    if (found < 0) {
      if (few.length === MOST_VALUES || length > VALUE_BYTES) {
        this.#settleFew(true)
        return false
      }
      found = few.push({ bytes: Buffer.from(buffer.subarray(start, end)), count: 0 }) - 1
    }
    this.#likely[slot] = found
    few[found]!.count++
    return true
  }

  /** Enters the few texts into the counts; `areMany` forgets them. */
  #settleFew(areMany: boolean): void {
    for (const { bytes, count } of this.#fewTexts ?? []) this.seeText(bytes, 0, bytes.length, count)
    if (areMany) this.#fewTexts = null
  }

  /** Counts a text, so many times, that is none of the few. */
  seeText(buffer: Uint8Array, start: number, end: number, count: number): void {
    const length = end - start
    this.#bytes += length * count
    if (length > this.#maxTextBytes) this.#maxTextBytes = length
    const forms = formsOfText(buffer, start, end)
    if (forms > 0) {
      const found = possibleTime(buffer, start, end, forms)
      if (found !== null) {
        this.#possibleTimes += count
        if (found === 'finer') this.#finerTimes += count
        if (forms !== TIME) this.#spellings.seeTime(time, count)
      }
      if ((forms & UUID) !== 0) this.#spellings.seeUuid(buffer, start, end, count)
      this.#addForms(forms, count)
    }
    let characters = isAscii(forms) ? length : countCharacters(buffer, start, end)
    if (characters < 0) {
      if (buffer.subarray(start, end).includes(0)) this.#nulTexts += count
      characters = countAnyCharacters([buffer.subarray(start, end)])
      this.#invalid = true
    }
    if (forms === MAYBE_JSON) this.#maybeJson = true
    if (characters > this.#maxCharacters) this.#maxCharacters = characters
  }

  /** A text that is read in pieces, and is too long for any form but JSON's and a number's. */
  #seeLongText(text: LongBytes): void {
    this.#bytes += text.length
    this.#maxTextBytes = Math.max(this.#maxTextBytes, text.length)
    const forms = formsOfLongText(text)
    if (forms > 0) this.#addForms(forms, 1)
    let characters = countLongCharacters(text.pieces())
    if (characters === NUL_IN_TEXT) this.#nulTexts++
    if (characters < 0) {
      characters = countAnyCharacters(text.pieces())
      this.#invalid = true
    }
    if (forms === MAYBE_JSON) this.#maybeJson = true
    this.#maxCharacters = Math.max(this.#maxCharacters, characters)
  }

  #addForms(forms: number, count: number): void {
    for (let bit = 0; bit < formBits.length; bit++) {
      if ((forms & (1 << bit)) !== 0) this.#forms[bit]! += count
    }
  }

  #result(): ColumnCensus {
    const forms = formBits.map((form, bit) => [form, this.#forms[bit]!])
    return {
      name: this.name,
      nulls: this.#nulls,
      integers: this.#integers,
      reals: this.#reals,
      texts: this.#texts,
      blobs: this.#blobs,
      integerRange: this.#integerRange(),
      realRange: this.#reals === this.#infinities ? null : { min: this.#leastReal, max: this.#mostReal },
      wholeReals: this.#wholeReals,
      infinities: this.#infinities,
      maxCharacters: this.#maxCharacters,
      maxTextBytes: this.#maxTextBytes,
      maxBlobBytes: this.#maxBlobBytes,
      totalBytes: this.#bytes,
      textForms: { ...Object.fromEntries(forms), json: this.#json } as Record<TextForm, number>,
      possibleTimes: this.#possibleTimes,
      finerTimes: this.#finerTimes,
      hasInvalidTexts: this.#invalid,
      nulTexts: this.#nulTexts,
      values: this.#values(),
      spellings: this.#spellings.counted(),
    }
  }

  #integerRange(): ColumnCensus['integerRange'] {
    const ends = [this.#leastBig, this.#mostBig].filter((end) => end !== null)
    if (this.#least <= this.#most) ends.push(BigInt(this.#least), BigInt(this.#most))
    if (ends.length === 0) return null
    const sorted = ends.sort((a, b) => (a < b ? -1 : a > b ? 1 : 0))
    return { min: String(sorted[0]), max: String(sorted.at(-1)) }
  }

  #values(): ColumnCensus['values'] {
    const present = this.#integers + this.#reals + this.#texts + this.#blobs
    if (present === 0) return []
    let found: { value: string; count: number }[]
    if (this.#integers === present && this.#fewIntegers !== null) {
      found = Array.from(this.#fewIntegers, ([value, count]) => ({ value: String(value), count }))
    } else if (
      this.#texts === present &&
      this.#fewTexts !== null &&
      this.#nulTexts === 0 &&
      this.#maxCharacters <= VALUE_CHARACTERS
    ) {
      found = this.#fewTexts.map(({ bytes, count }) => ({
        value: Buffer.from(bytes).toString('utf8'),
        count,
      }))
    } else {
      return null
    }
    return found.sort((a, b) => b.count - a.count || (a.value < b.value ? -1 : 1))
  }
}

/** Of any bytes, as SQLite's length() counts them, but for U+0000, which it stops at: a sequence is a byte from 0xc0 on and what continues it. */
function countAnyCharacters(pieces: Iterable<Uint8Array>): number {
  let characters = 0
  let isWithin = false
  for (const piece of pieces) {
    for (const byte of piece) {
      const proceeds = (byte & 0xc0) === 0x80
      if (!proceeds) isWithin = byte >= 0xc0
      if (!proceeds || !isWithin) characters++
    }
  }
  return characters
}

function isSame(value: Uint8Array, bytes: Uint8Array, start: number, length: number): boolean {
  if (value.length !== length) return false
  for (let at = 0; at < length; at++) {
    if (value[at] !== bytes[start + at]) return false
  }
  return true
}

/** The columns of which the parts of all ranges of a table are given. */
export function joinParts(ranges: readonly (readonly ColumnPart[])[]): readonly ColumnCensus[] {
  const names = ranges[0]?.map(({ name }) => name) ?? []
  return names.map((name, index) => {
    const column = new ColumnCount(name)
    for (const parts of ranges) column.add(parts[index]!)
    return column.settle()
  })
}
