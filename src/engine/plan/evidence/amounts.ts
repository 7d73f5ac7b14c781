/**
 * Which mark is the decimal point in a column of texts such as $1,234.56 or 1.234,56 €. Invariant: a mark is chosen only when every text is
 * an amount under it, in one currency at most, and the other mark does not fit every text or yields the same amounts.
 */
import { amountDecimal, currencyOf, writeDecimalOfAmount } from '../../encode/numbers/written-amount.ts'
import type { ColumnCensus } from '../../model/census.ts'
import type { DecimalPoint } from '../../model/conversion.ts'
import type { EvidenceSource } from './evidence-source.ts'

export type AmountEvidence = {
  /** `open`: both marks fit every text, but yield different amounts. */
  readonly point: DecimalPoint | 'open'
  /** The currency sign, which is not stored; '' when the amounts have none. */
  readonly currency: string
}

/** Columns with more texts are not examined. */
const MOST_TEXTS = 5_000_000

/** Returns null when the column has BLOBs, no texts or too many, several currencies, or a text that is no such amount. */
export function pointOfAmounts(
  { table, sql, rows }: EvidenceSource,
  census: ColumnCensus,
): AmountEvidence | null {
  if (census.texts === 0 || census.texts > MOST_TEXTS || census.blobs > 0) return null
  const currencies = new Set<string>()
  let canBe = { '.': true, ',': true }
  let differs = false
  for (const [value] of rows(`select distinct ${sql} from ${table} where typeof(${sql}) = 'text'`)) {
    const amount = String(value)
    const bytes = Buffer.from(amount)
    const [point, comma] = [decimalOf(bytes, '.'), decimalOf(bytes, ',')]
    canBe = { '.': canBe['.'] && point !== null, ',': canBe[','] && comma !== null }
    if (!canBe['.'] && !canBe[',']) return null
    if (point !== comma) differs = true
    const currency = currencyOf(amount)
    if (currency !== '') currencies.add(currency)
    if (currencies.size > 1) return null
  }
  const [currency = ''] = currencies
  if (canBe['.'] && canBe[',']) return { point: differs ? 'open' : '.', currency }
  return { point: canBe['.'] ? '.' : ',', currency }
}

function decimalOf(amount: Buffer, point: DecimalPoint): string | null {
  const length = writeDecimalOfAmount(amount, 0, amount.length, point)
  return length === 0 ? null : amountDecimal.toString('latin1', 0, length)
}
