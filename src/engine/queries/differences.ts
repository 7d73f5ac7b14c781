/**
 * The differences between the two dialects that statements run into: the one list from which reasons are named and the guide's table
 * is made. Invariant: each of `differences` has an example that a test carries out on both sides.
 */
import type { Difference } from './differences/difference.ts'
import { differencesOfTables } from './differences/of-tables.ts'
import { refusedDifferences } from './differences/refused.ts'
import { silentDifferences } from './differences/silent.ts'

export const differences: readonly Difference[] = [...silentDifferences, ...refusedDifferences]

export type KnownDifference = Pick<Difference, 'code' | 'what' | 'instead'> & { readonly isSilent?: boolean }

const known: readonly KnownDifference[] = [...differences, ...differencesOfTables]

export const differenceOf = (code: string): KnownDifference | undefined =>
  known.find((one) => one.code === code)
