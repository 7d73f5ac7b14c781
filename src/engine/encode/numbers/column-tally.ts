/** Sums tallies of parts of columns. Pure. */
import type { ColumnTally } from '../../model/block.ts'
import { largerDecimal } from './decimal.ts'

/** The tally of two parts of one column. */
export function addTallies(one: ColumnTally, other: ColumnTally): ColumnTally {
  return {
    target: one.target,
    exact: one.exact + other.exact,
    normalized: one.normalized + other.normalized,
    rounded: one.rounded + other.rounded,
    maxError:
      one.maxError === null || other.maxError === null
        ? (one.maxError ?? other.maxError)
        : largerDecimal(one.maxError, other.maxError),
  }
}

/** The sums by target column. */
export function sumTallies(parts: readonly ColumnTally[]): ReadonlyMap<string, ColumnTally> {
  const sums = new Map<string, ColumnTally>()
  for (const part of parts) {
    const known = sums.get(part.target)
    sums.set(part.target, known === undefined ? part : addTallies(known, part))
  }
  return sums
}
