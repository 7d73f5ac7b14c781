/** Which rows' references name no parent. Invariant: null names nothing and is no orphan. */
import type { CopyPlan, ReferencePlan } from '../../model/plan.ts'
import { type Cell, NULL } from './cell.ts'

/** Tells whether the cells of a reference name no row of the parent. */
export type OrphanTest = (cells: readonly Cell[]) => boolean

/** One for each of `CopyPlan.references`, null where there are no orphans. */
export type OrphanTests = readonly (OrphanTest | null)[]

/** The tests that rows are put to, one for each reference, null where none can be an orphan. */
export function rowTestsOf({ references }: CopyPlan, orphans: OrphanTests): OrphanTests {
  return references.map((reference, index) => orphanTestOf(reference, orphans[index] ?? null))
}

/** Whether a row's references must be looked up before it is encoded. */
export function hasOrphans(copy: CopyPlan, orphans: OrphanTests): boolean {
  return rowTestsOf(copy, orphans).some((test) => test !== null)
}

/** Without a parent in the run every value is an orphan; null never is one. */
function orphanTestOf(reference: ReferencePlan, test: OrphanTest | null): OrphanTest | null {
  if (reference.parent === null) return (cells) => cells.every((cell) => cell.storage !== NULL)
  return test
}
