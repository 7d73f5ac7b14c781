/** Tests whether a row's references have no parent row. Invariant: null refers to nothing and is no orphan. */
import type { CopyPlan, ReferencePlan } from '../../model/plan.ts'
import { type Cell, NULL } from './cell.ts'

/** Returns whether the cells of a reference match no parent row. */
export type OrphanTest = (cells: readonly Cell[]) => boolean

/** One test for each of `CopyPlan.references`; null when it has no orphans. */
export type OrphanTests = readonly (OrphanTest | null)[]

/** Returns the tests for a table's rows, one for each reference; null when it has no orphans. */
export function rowTestsOf({ references }: CopyPlan, orphans: OrphanTests): OrphanTests {
  return references.map((reference, index) => orphanTestOf(reference, orphans[index] ?? null))
}

/** Whether a row's references must be looked up before it is encoded. */
export function hasOrphans(copy: CopyPlan, orphans: OrphanTests): boolean {
  return rowTestsOf(copy, orphans).some((test) => test !== null)
}

/** Without a parent table in the run, every value except null is an orphan. */
function orphanTestOf(reference: ReferencePlan, test: OrphanTest | null): OrphanTest | null {
  if (reference.parent === null) return (cells) => cells.every((cell) => cell.storage !== NULL)
  return test
}
