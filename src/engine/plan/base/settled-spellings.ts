/**
 * Judges a column's cells by the spellings that the census counted. Invariant: the counts are those of the encoder, which would refuse and
 * round none of the cells.
 */

import { momentTextForm } from '../../encode/conversions/moment-decoder.ts'
import { maxWholeDigits } from '../../encode/conversions/numeric.ts'
import { triedDigits } from '../../encode/numbers/small-decimal.ts'
import { isSpelledSo, neededOf, zoneOfSpelling } from '../../encode/times/time-form.ts'
import { DATE_ONLY, NO_ZONE } from '../../encode/times/time-text.ts'
import { isUtc } from '../../encode/times/zone.ts'
import type { ColumnCensus, Spellings } from '../../model/census.ts'
import type { Conversion, UuidForm } from '../../model/conversion.ts'

type Kind<K extends Conversion['kind']> = Extract<Conversion, { readonly kind: K }>

/** Returns the number of cells that are normalized, where all others are exact; null when the spellings do not tell. */
export function countNormalized(conversion: Conversion, census: ColumnCensus): number | null {
  const { spellings } = census
  if (spellings === undefined) return null
  switch (conversion.kind) {
    case 'numeric':
      return ofNumbers(conversion, census, spellings)
    case 'uuid':
    case 'uuid-of-id':
      return ofUuids(conversion.form, census, spellings)
    case 'timestamptz':
    case 'timestamp':
    case 'date':
      return ofMoments(conversion, census, spellings)
    case 'json':
      return ofDocuments(conversion, census, spellings)
    default:
      return null
  }
}

function ofNumbers(
  { precision, scale: declared, form }: Kind<'numeric'>,
  { integers, reals, texts, blobs, infinities, integerRange, realRange, wholeReals }: ColumnCensus,
  { realDigits }: Spellings,
): number | null {
  if (texts + blobs + infinities > 0 || form === 'text' || realDigits === null) return null
  const scale = precision === null ? null : (declared ?? 0)
  const room = precision === null || scale === null ? maxWholeDigits : precision - scale
  if (room < 0 || (scale !== null && scale < 0)) return null
  const limit = 10 ** Math.min(room, 15)
  const tried = Math.min(scale ?? triedDigits, triedDigits)
  const largest = realRange === null ? 0 : Math.max(Math.abs(realRange.min), Math.abs(realRange.max))
  if (realDigits > tried || largest >= limit) return null
  const ends = integerRange === null ? [] : [integerRange.min, integerRange.max]
  if (ends.some((end) => Math.abs(Number(end)) >= limit)) return null
  // In a column of integers, a whole REAL is read back as an integer.
  return form === 'real' ? integers : reals === 0 ? 0 : wholeReals
}

function ofUuids(
  form: UuidForm,
  { integers, reals, texts, blobs, textForms, totalBytes }: ColumnCensus,
  { lowerUuids, upperUuids }: Spellings,
): number | null {
  if (integers + reals + blobs > 0 || textForms.uuid !== texts) return null
  // A UUID has 36 characters or 32, so that the sum says whether all have as many.
  const areBare = totalBytes === texts * 32
  if (!areBare && totalBytes !== texts * 36) return null
  switch (form) {
    case 'none':
    case 'lower':
      return areBare ? texts : texts - lowerUuids
    case 'upper':
      return areBare ? texts : texts - upperUuids
    case 'lower-bare':
      return areBare ? texts - lowerUuids : texts
    case 'upper-bare':
      return areBare ? texts - upperUuids : texts
    default:
      return null
  }
}

function ofDocuments(
  { text, storage }: Kind<'json'>,
  { reals, texts, blobs }: ColumnCensus,
  { jsonDocuments, documents, printedDocuments }: Spellings,
): number | null {
  const accepted = storage === 'json' ? jsonDocuments : documents
  if (text === 'string' || accepted !== texts || reals + blobs > 0) return null
  return storage === 'json' ? 0 : texts - printedDocuments
}

function ofMoments(
  conversion: Kind<'timestamptz' | 'timestamp' | 'date'>,
  { integers, reals, texts, blobs, possibleTimes, finerTimes }: ColumnCensus,
  { times }: Spellings,
): number | null {
  if (integers + reals + blobs > 0 || possibleTimes !== texts || finerTimes !== 0 || times === null)
    return null
  const { kind, zone, precision = 6 } = conversion
  const form = momentTextForm(conversion)
  // Times of day without a date are not among the spellings.
  if (form === null || times.reduce((sum, { count }) => sum + count, 0) !== texts) return null
  let normalized = 0
  for (const { spelling, count } of times) {
    const isExact = isSpelledSo(spelling, form)
    const isZoned = zoneOfSpelling(spelling) !== NO_ZONE
    // In another zone, a local time may occur twice or not at all.
    const staysAsItIs = isZoned === (kind === 'timestamptz')
    if (isExact === null || neededOf(spelling) > precision || !(staysAsItIs || isUtc(zone))) return null
    if (kind === 'date' && spelling >> 16 !== DATE_ONLY) return null
    if (!isExact) normalized += count
  }
  return normalized
}
