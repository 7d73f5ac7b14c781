/**
 * Merges the results of two comparisons of the same rows. Pure. Invariant: a difference that either found is in the list, and one that both
 * found is in it once; rows without a key are in it as often as in the comparison that found more of them.
 */
import type { Difference } from '../model/report.ts'

export function mergeDifferences(first: readonly Difference[], second: readonly Difference[]): Difference[] {
  const known = new Map<string, number>()
  for (const difference of first) {
    const sign = signOf(difference)
    known.set(sign, (known.get(sign) ?? 0) + 1)
  }
  const added = second.filter((difference) => {
    const sign = signOf(difference)
    const left = known.get(sign) ?? 0
    known.set(sign, left - 1)
    return left <= 0
  })
  return [...first, ...added]
}

/** Identifies a difference by its place, since the two comparisons may spell values differently. */
function signOf({ table, kind, key, column }: Difference): string {
  return JSON.stringify([table, kind, key, column])
}
