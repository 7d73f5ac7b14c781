/** What the census and the values say about numbers: their range and their decimals. */

import type { ColumnCensus } from '../../model/census.ts'
import type { PlanOptions } from '../../model/plan.ts'
import { quoteSqlite } from '../../syntax/sqlite-names.ts'
import type { Question } from './choice.ts'

/** The narrowest number type for integers and reals together. */
export function numberType(census: ColumnCensus, options: PlanOptions): string {
  const { integers, reals, infinities } = census
  if (reals === 0) {
    return options.int4WhenFits && fitsInteger(census, -(2n ** 31n), 2n ** 31n - 1n) ? 'integer' : 'bigint'
  }
  if (integers === 0 || fitsInteger(census, -(2n ** 53n), 2n ** 53n)) return 'double precision'
  return infinities > 0 ? 'text' : 'numeric'
}

export function fitsInteger({ integerRange }: ColumnCensus, min: bigint, max: bigint): boolean {
  return integerRange !== null && BigInt(integerRange.min) >= min && BigInt(integerRange.max) <= max
}

export function isBit(census: ColumnCensus): boolean {
  return fitsInteger(census, 0n, 1n)
}

/** Whether no REAL of the column has more than `decimals` decimals; false when neither the census nor a query can tell. */
export function haveDecimals({ column, census, ask }: Question, decimals: number): boolean {
  const counted = census.spellings?.realDigits ?? null
  if (counted !== null) return counted <= decimals
  const sql = quoteSqlite(column.name)
  return ask !== null && ask(`typeof(${sql}) = 'real' and round(${sql}, ${decimals}) is not ${sql}`) === 0
}
