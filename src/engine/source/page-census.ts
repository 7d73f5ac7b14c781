/**
 * The census of a table's columns in one pass over its pages: several times faster than SQL, which looks at every text once for
 * every form. Invariant: a column is answered exactly or not at all; texts whose forms are not plain to see leave their column to SQL.
 */
import { BLOB, type Cell, INTEGER, NULL, REAL } from '../encode/cell.ts'
import { countCharacters } from '../encode/utf8.ts'
import type { CatalogTable } from '../model/catalog.ts'
import type { ColumnCensus, TextForm } from '../model/census.ts'
import { PageError } from './page-reader/page-error.ts'
import { openPageReader } from './page-reader/page-reader.ts'
import { formBits, formsOfText, isPossibleTime, MAYBE_JSON, UNCLEAR } from './text-form-bits.ts'
import { textForms } from './text-forms.ts'

export type PageCensus = {
  readonly rows: number
  readonly columns: readonly ColumnCensus[]
  /** Columns whose texts may be JSON, which only SQLite's own parser may say. */
  readonly maybeJson: ReadonlySet<string>
}

/** As in `ColumnCensus.values`. */
const MOST_VALUES = 12
const VALUE_CHARACTERS = 32
/** In UTF-8. */
const VALUE_BYTES = VALUE_CHARACTERS * 4

/**
 * Counts the columns named; those that are missing in the answer are left to SQL. Null where the table can't be read by pages.
 * Throws the signal's reason.
 */
export function countByPages(
  file: string,
  table: CatalogTable,
  names: readonly string[],
  signal: AbortSignal | undefined,
): PageCensus | null {
  if (table.kind !== 'table' || table.withoutRowid || table.rootPage < 1) return null
  const stored = table.columns.filter(
    ({ name, generated }) => names.includes(name) && generated !== 'virtual',
  )
  const counts = stored.map(({ name }) => new PageColumn(name))
  let rows = 0
  try {
    const reader = openPageReader(file, {
      read: { table, columns: stored.map(({ name }) => name), expressions: [], filter: null },
      key: table.key,
      pivot: null,
      folds: [],
    })
    try {
      const reading = reader.open({ range: { after: null, through: null }, rowsBefore: 0 })
      for (let more = true; more; ) {
        signal?.throwIfAborted()
        more = reading.advance(ROWS_AT_ONCE, ({ cells }) => {
          rows++
          for (let index = 0; index < counts.length; index++) counts[index]!.see(cells[index]!)
        })
      }
    } finally {
      reader.close()
    }
  } catch (error) {
    if (error instanceof PageError) return null
    throw error
  }
  const settled = counts.filter((column) => column.isClear())
  return {
    rows,
    columns: settled.map((column) => column.result()),
    maybeJson: new Set(settled.filter((column) => column.maybeJson).map(({ name }) => name)),
  }
}

const ROWS_AT_ONCE = 10_000

type TextValue = { readonly bytes: Buffer; count: number }

class PageColumn {
  readonly name: string
  maybeJson = false
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
  #unclear = false
  readonly #forms = new Float64Array(formBits.length)
  /** Distinct values so far, while they are few; texts in here are not yet in any other count. */
  #fewTexts: TextValue[] | null = []
  #fewIntegers: Map<number | bigint, number> | null = new Map()
  /** Where a text was last found among the few, by a few bits of its length and ends. */
  readonly #likely = new Uint8Array(256)

  constructor(name: string) {
    this.name = name
  }

  isClear(): boolean {
    this.#settleFew(false)
    return !this.#unclear
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
        if (this.#fewTexts !== null && this.#isFew(this.#fewTexts, cell)) return
        this.#seeText(cell.buffer, cell.start, cell.end, 1)
    }
  }

  #seeInteger(cell: Cell): void {
    this.#integers++
    const { number } = cell
    if (number >= -9007199254740992) {
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
    for (const { bytes, count } of this.#fewTexts ?? []) this.#seeText(bytes, 0, bytes.length, count)
    if (areMany) this.#fewTexts = null
  }

  #seeText(buffer: Buffer, start: number, end: number, count: number): void {
    const length = end - start
    this.#bytes += length * count
    if (length > this.#maxTextBytes) this.#maxTextBytes = length
    if (this.#unclear) return
    const forms = formsOfText(buffer, start, end)
    if (forms > 0) {
      // All bytes of a text that has a form are ASCII.
      if (length > this.#maxCharacters) this.#maxCharacters = length
      if (isPossibleTime(buffer, start, end, forms)) this.#possibleTimes += count
      for (let bit = 0; bit < formBits.length; bit++) {
        if ((forms & (1 << bit)) !== 0) this.#forms[bit]! += count
      }
      return
    }
    if (forms === UNCLEAR) {
      this.#unclear = true
      return
    }
    if (forms === MAYBE_JSON) this.maybeJson = true
    const characters = countCharacters(buffer, start, end)
    if (characters < 0) this.#unclear = true
    if (characters > this.#maxCharacters) this.#maxCharacters = characters
  }

  result(): ColumnCensus {
    const forms = textForms.map((form) => [form, form === 'json' ? 0 : this.#forms[formBits.indexOf(form)]!])
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
      textForms: Object.fromEntries(forms) as Record<TextForm, number>,
      possibleTimes: this.#possibleTimes,
      nulTexts: 0,
      values: this.#values(),
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
      this.#maxCharacters <= VALUE_CHARACTERS
    ) {
      found = this.#fewTexts.map(({ bytes, count }) => ({ value: bytes.toString('utf8'), count }))
    } else {
      return null
    }
    return found.sort((a, b) => b.count - a.count || (a.value < b.value ? -1 : 1))
  }
}

function isSame(value: Buffer, bytes: Buffer, start: number, length: number): boolean {
  if (value.length !== length) return false
  for (let at = 0; at < length; at++) {
    if (value[at] !== bytes[start + at]) return false
  }
  return true
}
