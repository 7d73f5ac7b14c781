/**
 * The counts of one column in a range of a table's rows, to be joined with those of other ranges, and the census made of them. Invariant: a
 * part is plain data, and the census follows from the part of the whole table.
 */
import type { ColumnCensus, Spellings, TextForm } from '../../model/census.ts'
import { formBits } from './text-forms.ts'

export type ColumnPart = {
  readonly name: string
  /** Some texts may be JSON and are not in `spellings.jsonDocuments`: only SQLite's own parser can decide. */
  readonly maybeJson: boolean
  /** The number of JSON texts that SQLite counted. */
  readonly json: number
  readonly nulls: number
  readonly integers: number
  readonly reals: number
  readonly texts: number
  readonly blobs: number
  /** Of the integers up to 2^53; Infinity and -Infinity when there are none. */
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
  /** Some texts are not valid UTF-8 or contain U+0000. */
  readonly invalid: boolean
  /** By `formBits`. */
  readonly forms: Float64Array
  readonly spellings: Spellings
  /** Distinct values while they are few, else null. These texts are not yet in any other count. */
  readonly fewTexts: readonly TextValue[] | null
  readonly fewIntegers: ReadonlyMap<number | bigint, number> | null
}

export type TextValue = { readonly bytes: Uint8Array; count: number }

/** Integers up to this size are held as numbers, larger ones as bigints. */
export const MOST_EXACT = 2 ** 53

/** As in `ColumnCensus.values`. */
export const MOST_VALUES = 12
export const VALUE_CHARACTERS = 32

/** Returns the census of a column from the part of all its rows, whose few texts have been added to the other counts. */
export function censusOf(part: ColumnPart): ColumnCensus {
  const forms = formBits.map((form, bit) => [form, part.forms[bit]!])
  return {
    name: part.name,
    nulls: part.nulls,
    integers: part.integers,
    reals: part.reals,
    texts: part.texts,
    blobs: part.blobs,
    integerRange: integerRangeOf(part),
    realRange: part.reals === part.infinities ? null : { min: part.leastReal, max: part.mostReal },
    wholeReals: part.wholeReals,
    infinities: part.infinities,
    maxCharacters: part.maxCharacters,
    maxTextBytes: part.maxTextBytes,
    maxBlobBytes: part.maxBlobBytes,
    totalBytes: part.bytes,
    textForms: { ...Object.fromEntries(forms), json: part.json } as Record<TextForm, number>,
    possibleTimes: part.possibleTimes,
    finerTimes: part.finerTimes,
    hasInvalidTexts: part.invalid,
    nulTexts: part.nulTexts,
    values: valuesOf(part),
    spellings: part.spellings,
  }
}

function integerRangeOf({ least, most, leastBig, mostBig }: ColumnPart): ColumnCensus['integerRange'] {
  const ends = [leastBig, mostBig].filter((end) => end !== null)
  if (least <= most) ends.push(BigInt(least), BigInt(most))
  if (ends.length === 0) return null
  const sorted = ends.sort((a, b) => (a < b ? -1 : a > b ? 1 : 0))
  return { min: String(sorted[0]), max: String(sorted.at(-1)) }
}

function valuesOf(part: ColumnPart): ColumnCensus['values'] {
  const { integers, texts, fewIntegers, fewTexts } = part
  const present = integers + part.reals + texts + part.blobs
  if (present === 0) return []
  let found: { value: string; count: number }[]
  if (integers === present && fewIntegers !== null) {
    found = Array.from(fewIntegers, ([value, count]) => ({ value: String(value), count }))
  } else if (
    texts === present &&
    fewTexts !== null &&
    part.nulTexts === 0 &&
    part.maxCharacters <= VALUE_CHARACTERS
  ) {
    found = fewTexts.map(({ bytes, count }) => ({
      value: Buffer.from(bytes).toString('utf8'),
      count,
    }))
  } else {
    return null
  }
  return found.sort((a, b) => b.count - a.count || (a.value < b.value ? -1 : 1))
}
