/**
 * Judges the cells of a column by its census and its conversion alone. Invariant: the counts of settled values are those of encoding each
 * of them.
 */
import { ByteWriter } from '../../encode/cell/byte-writer.ts'
import { Cell } from '../../encode/cell/cell.ts'
import { EXACT, FIRST_REJECT, NORMALIZED } from '../../encode/cell/conversion-encoder.ts'
import { fillFromStored } from '../../encode/cell/stored-cell.ts'
import { cellEncoderOf } from '../../encode/conversions/cell-encoder.ts'
import { largerDecimal } from '../../encode/numbers/decimal.ts'
import type { ColumnCensus } from '../../model/census.ts'
import type { Conversion } from '../../model/conversion.ts'
import type { StoredCell } from '../../model/storage.ts'
import { countNormalized } from './settled-spellings.ts'

/** Counts over all rows, none of which is refused for this column; the cells that are not counted are exact. */
export type SettledColumn = {
  readonly normalized: number
  readonly rounded: number
  readonly maxError: string | null
}

export const ALL_EXACT: SettledColumn = { normalized: 0, rounded: 0, maxError: null }

/** Returns the counts of the column's values; null when the census does not prove them. */
export function settleCensus(conversion: Conversion, census: ColumnCensus): SettledColumn | null {
  if (isAllExact(conversion, census)) return ALL_EXACT
  return settleFewValues(conversion, census) ?? settleSpellings(conversion, census)
}

/** Far below the size of PostgreSQL's largest field, so that no overhead exceeds that. */
const SAFE_BYTES = 1 << 29

function isAllExact(conversion: Conversion, census: ColumnCensus): boolean {
  const { integers, reals, texts, blobs } = census
  const onlyIntegers = reals === 0 && texts === 0 && blobs === 0
  if (onlyIntegers && integers === 0) return true
  switch (conversion.kind) {
    case 'integer':
      return conversion.form === 'integer' && onlyIntegers && fitsBytes(census, conversion.bytes)
    case 'double':
      return integers === 0 && texts === 0 && blobs === 0
    case 'numeric': {
      const { precision, scale, form } = conversion
      if (form === 'integer') return onlyIntegers && fitsDigits(census, precision, scale)
      const { realRange } = census
      // A range around 0 may include a negative zero, which is normalized.
      const hasNoZero = realRange !== null && (realRange.min > 0 || realRange.max < 0)
      const onlyReals = integers === 0 && texts === 0 && blobs === 0 && census.infinities === 0
      return form === 'real' && precision === null && onlyReals && hasNoZero
    }
    case 'text':
      return (
        integers === 0 &&
        reals === 0 &&
        blobs === 0 &&
        !census.hasInvalidTexts &&
        census.maxTextBytes < SAFE_BYTES &&
        census.maxCharacters <= (conversion.maxCharacters ?? Number.POSITIVE_INFINITY)
      )
    case 'bytes':
      return integers === 0 && reals === 0 && texts === 0 && census.maxBlobBytes < SAFE_BYTES
    default:
      return false
  }
}

function fitsBytes({ integerRange }: ColumnCensus, bytes: 2 | 4 | 8): boolean {
  if (integerRange === null) return false
  const limit = 2n ** BigInt(bytes * 8 - 1)
  return BigInt(integerRange.min) >= -limit && BigInt(integerRange.max) < limit
}

function fitsDigits({ integerRange }: ColumnCensus, precision: number | null, scale: number | null): boolean {
  if (integerRange === null) return false
  if (precision === null) return true
  const digits = Math.max(...[integerRange.min, integerRange.max].map((end) => end.replace('-', '').length))
  return (scale ?? 0) >= 0 && digits <= precision - (scale ?? 0)
}

function settleSpellings(conversion: Conversion, census: ColumnCensus): SettledColumn | null {
  const normalized = countNormalized(conversion, census)
  if (normalized === null) return null
  return normalized === 0 ? ALL_EXACT : { ...ALL_EXACT, normalized }
}

/** When the census lists all distinct values, encodes each of them once; else returns null. */
function settleFewValues(conversion: Conversion, census: ColumnCensus): SettledColumn | null {
  const { values, integers, texts } = census
  if (values === null || (integers > 0 && texts > 0)) return null
  // A text that is not valid UTF-8 is not in the census as it is stored.
  if (values.some(({ value }) => value.includes('\ufffd') || value.includes('\0'))) return null
  return settleValues(
    conversion,
    values.map(({ value, count }) => ({
      value: integers > 0 ? { integer: value } : { text: value },
      count,
    })),
  )
}

/** Returns the counts of values that are encoded here; null when one is refused. */
export function settleValues(
  conversion: Conversion,
  values: readonly { readonly value: StoredCell; readonly count: number }[],
): SettledColumn | null {
  const encoder = cellEncoderOf(conversion)
  const cell = new Cell()
  const out = new ByteWriter(64)
  let normalized = 0
  let rounded = 0
  let maxError: string | null = null
  for (const { value, count } of values) {
    fillFromStored(cell, value)
    const outcome = encoder.encode(cell, out)
    out.takeBack(0)
    if (outcome >= FIRST_REJECT) return null
    if (outcome === EXACT) continue
    if (outcome === NORMALIZED) normalized += count
    else {
      rounded += count
      const error = encoder.lastError()
      maxError = maxError === null ? error : largerDecimal(maxError, error)
    }
  }
  return { normalized, rounded, maxError }
}
