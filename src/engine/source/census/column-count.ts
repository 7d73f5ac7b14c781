/**
 * Counts one column's values, one by one or by adding parts. Invariant: each value is counted once; a text that may be JSON, but is not
 * recognised here, is left to SQLite.
 */
import { BLOB, type Cell, INTEGER, type LongBytes, NULL, REAL } from '../../encode/cell/cell.ts'
import {
  countAnyCharacters,
  countCharacters,
  countLongCharacters,
  NUL_IN_TEXT,
} from '../../encode/text/utf8.ts'
import type { ColumnCensus } from '../../model/census.ts'
import { type ColumnPart, censusOf, MOST_EXACT, MOST_VALUES } from './column-part.ts'
import { FewTexts } from './few-texts.ts'
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
  #fewTexts: FewTexts | null = new FewTexts()
  #fewIntegers: Map<number | bigint, number> | null = new Map()

  constructor(name: string) {
    this.name = name
  }

  /** Returns the counts so far. */
  part(): ColumnPart {
    return {
      name: this.name,
      maybeJson: this.#maybeJson || this.#fewMayBeJson(),
      json: this.#json,
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
      fewTexts: this.#fewTexts?.texts ?? null,
      fewIntegers: this.#fewIntegers,
    }
  }

  /** Whether some of the few texts may be JSON, but are not recognised. */
  #fewMayBeJson(): boolean {
    const recognised = new SpellingCount()
    return (this.#fewTexts?.texts ?? []).some(
      ({ bytes }) =>
        formsOfText(bytes, 0, bytes.length) === MAYBE_JSON && !recognised.seeJson(bytes, 0, bytes.length, 1),
    )
  }

  /** Adds the counts of other rows. */
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
    for (const text of texts ?? []) {
      if (this.#fewTexts === null) this.seeText(text.bytes, 0, text.bytes.length, text.count)
      else if (!this.#fewTexts.add(text)) this.#settleFew(true)
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

  /** Returns the census. No value may be added afterwards. */
  settle(): ColumnCensus {
    this.#settleFew(false)
    return censusOf(this.part())
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
        if (this.#fewTexts !== null) {
          if (this.#fewTexts.see(cell)) return
          this.#settleFew(true)
        }
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

  /** Adds the few texts to the other counts; with `areMany`, also discards their list. */
  #settleFew(areMany: boolean): void {
    for (const { bytes, count } of this.#fewTexts?.texts ?? []) this.seeText(bytes, 0, bytes.length, count)
    if (areMany) this.#fewTexts = null
  }

  /** Counts the form and size of a text of `count` rows; changes neither the number of texts nor the list of few texts. */
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
    if (forms === MAYBE_JSON && !this.#spellings.seeJson(buffer, start, end, count)) this.#maybeJson = true
    if (characters > this.#maxCharacters) this.#maxCharacters = characters
  }

  /** Counts a text that is read in pieces: too long for any form but JSON and numbers. */
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
    if (forms === MAYBE_JSON && !this.#spellings.seeLongJson(text)) this.#maybeJson = true
    this.#maxCharacters = Math.max(this.#maxCharacters, characters)
  }

  #addForms(forms: number, count: number): void {
    for (let bit = 0; bit < formBits.length; bit++) {
      if ((forms & (1 << bit)) !== 0) this.#forms[bit]! += count
    }
  }
}

/** Joins the parts of all ranges of a table, column by column. */
export function joinParts(ranges: readonly (readonly ColumnPart[])[]): readonly ColumnCensus[] {
  const names = ranges[0]?.map(({ name }) => name) ?? []
  return names.map((name, index) => {
    const column = new ColumnCount(name)
    for (const parts of ranges) column.add(parts[index]!)
    return column.settle()
  })
}
