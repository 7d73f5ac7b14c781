/** The part of a table plan that is to be judged. Invariant: it refuses the rows that the whole plan refuses, for the same reasons. */
import type { OrphanTests } from '../../encode/cell/orphan-test.ts'
import type { CopyPlan } from '../../model/plan.ts'
import type { TargetTable } from '../../model/target-schema.ts'
import type { JudgedTable } from './judge-rows.ts'

/** `columns`: target columns to judge; `watched`: further source columns to read; `orphans`: in the order of the plan's references. */
export function judgedPlan(
  copy: CopyPlan,
  target: TargetTable,
  orphans: OrphanTests,
  columns: ReadonlySet<string>,
  watched: readonly string[],
): JudgedTable {
  const references = copy.references
    .map((reference, index) => ({ reference, test: orphans[index] ?? null }))
    .filter(
      ({ reference, test }) =>
        (test !== null || reference.parent === null) &&
        (reference.onOrphan === 'reject-row' ||
          (reference.onOrphan === 'null-reference' && columns.has(reference.target))),
    )
  const judged = copy.columns.filter((column) => columns.has(column.target))
  const read = [
    ...judged.flatMap(({ from }) =>
      from.kind === 'column' ? [from.column] : from.kind === 'gather' ? from.columns : [],
    ),
    ...references.flatMap(({ reference }) => reference.columns),
    // The key is needed to read a long value.
    ...(copy.key.kind === 'primary-key' ? copy.key.columns.map(({ name }) => name) : []),
    ...watched,
  ]
  // Pivots, folds and expressions are computed from other columns, so that all columns stay.
  const isPlain = copy.pivot === null && copy.folds.length === 0 && copy.read.expressions.length === 0
  const kept = copy.read.columns.filter((name) => read.includes(name))
  return {
    copy: {
      ...copy,
      columns: judged,
      references: references.map(({ reference }) => reference),
      unmapped: [],
      read: isPlain && kept.length > 0 ? { ...copy.read, columns: kept } : copy.read,
    },
    target,
    orphans: references.map(({ test }) => test),
  }
}
