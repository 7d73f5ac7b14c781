/**
 * The differences between the two dialects that statements run into: the one list by which statements and refusals are read, from which
 * reasons are named and the guide's table is made. Invariant: each of `differences` has an example that a test executes on both sides.
 */
import type { Difference, ShownDifference } from './difference.ts'
import { differencesOfTables } from './of-tables.ts'
import { refusedDifferences } from './refused.ts'
import { silentDifferences } from './silent.ts'

export const differences: readonly ShownDifference[] = [...silentDifferences, ...refusedDifferences]

/** What the server refuses comes first: it explains more than other rows do. */
export const knownDifferences: readonly Difference[] = [
  ...refusedDifferences,
  ...silentDifferences,
  ...differencesOfTables,
]

export const differenceOf = (code: string): Difference | undefined =>
  knownDifferences.find((one) => one.code === code)
