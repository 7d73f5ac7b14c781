/**
 * What texts such as $1,234.56 and 1.234,56 € say of their column: which mark is the decimal point. Invariant: a point is named only where
 * every text is an amount by it, in one currency at most, and one at least is none, or another amount, by the other mark.
 */
import { readAmount } from '../../encode/numbers/written-amount.ts'
import type { ColumnCensus } from '../../model/census.ts'
import type { DecimalPoint } from '../../model/conversion.ts'
import type { EvidenceSource } from './evidence-source.ts'

export type AmountEvidence = {
  /** `open`: every text is an amount either way, and not the same one. */
  readonly point: DecimalPoint | 'open'
  /** The sign of the currency that is left out; '' where there is none. */
  readonly currency: string
}

/** Past this the texts are not read. */
const MOST_TEXTS = 5_000_000

/** Null where the texts are not all such amounts. */
export function pointOfAmounts(
  { table, sql, rows }: EvidenceSource,
  census: ColumnCensus,
): AmountEvidence | null {
  if (census.texts === 0 || census.texts > MOST_TEXTS || census.blobs > 0) return null
  const currencies = new Set<string>()
  let canBe = { '.': true, ',': true }
  let differs = false
  for (const [value] of rows(`select distinct ${sql} from ${table} where typeof(${sql}) = 'text'`)) {
    const [point, comma] = [readAmount(String(value), '.'), readAmount(String(value), ',')]
    canBe = { '.': canBe['.'] && point !== null, ',': canBe[','] && comma !== null }
    if (!canBe['.'] && !canBe[',']) return null
    if (point?.decimal !== comma?.decimal) differs = true
    const { currency } = (point ?? comma)!
    if (currency !== '') currencies.add(currency)
    if (currencies.size > 1) return null
  }
  const [currency = ''] = currencies
  if (canBe['.'] && canBe[',']) return { point: differs ? 'open' : '.', currency }
  return { point: canBe['.'] ? '.' : ',', currency }
}
