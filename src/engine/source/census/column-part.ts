/**
 * What a range of a table's rows holds in one column, to be joined with that of other ranges, and the census of the whole. Invariant: a
 * part is plain data, and the census says nothing that the part of the whole table does not.
 */
import type { ColumnCensus, Spellings, TextForm } from '../../model/census.ts'
import { formBits } from './text-forms.ts'

export type ColumnPart = {
  readonly name: string
  /** Some texts may be JSON and are not among `spellings.documents`: only SQLite's own parser may say which are. */
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

export type TextValue = { readonly bytes: Uint8Array; count: number }

/** Integers up to here, and their negatives, are numbers. */
export const MOST_EXACT = 2 ** 53

/** As in `ColumnCensus.values`. */
export const MOST_VALUES = 12
export const VALUE_CHARACTERS = 32

/** The census of a column of which this is all, its few texts counted. */
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
