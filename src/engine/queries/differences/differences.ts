/**
 * The differences between the two dialects: the one list from which hazards, reasons of refusals and the guide's table are taken.
 * Invariant: each of `differences` has an example that a test executes on both sides.
 */
import type { Difference, ShownDifference } from './difference.ts'
import { differencesOfTables } from './of-tables.ts'
import { refusedDifferences } from './refused.ts'
import { silentDifferences } from './silent.ts'

export const differences: readonly ShownDifference[] = [...silentDifferences, ...refusedDifferences]

/** Refusals come first, since they explain more than differing rows. */
export const knownDifferences: readonly Difference[] = [
  ...refusedDifferences,
  ...silentDifferences,
  ...differencesOfTables,
]

export const differenceOf = (code: string): Difference | undefined =>
  knownDifferences.find((one) => one.code === code)
