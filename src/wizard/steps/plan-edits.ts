/** A person's edits to the plan, the latest last. Pure. */
import type { PlanEdit } from '../../engine/door/index.ts'

/** Adds an edit, replacing an earlier edit of the same thing. */
export function withEdit(edits: readonly PlanEdit[], edit: PlanEdit): readonly PlanEdit[] {
  const others = edits.filter(
    (known) =>
      known.tableId !== edit.tableId ||
      known.column !== edit.column ||
      known.change.kind !== edit.change.kind,
  )
  return [...others, edit]
}

const excludes = ({ column, change }: PlanEdit): boolean => column === null && change.kind === 'exclude'

export function isExcludedByHand(edits: readonly PlanEdit[], tableId: string): boolean {
  return edits.some((edit) => edit.tableId === tableId && excludes(edit))
}

/** Excludes all the tables, or includes them again when all are excluded. */
export function toggleExcluded(edits: readonly PlanEdit[], tableIds: readonly string[]): readonly PlanEdit[] {
  if (tableIds.every((id) => isExcludedByHand(edits, id)))
    return edits.filter((edit) => !tableIds.includes(edit.tableId) || !excludes(edit))
  return tableIds.reduce(
    (all, tableId) =>
      withEdit(all, {
        tableId,
        column: null,
        change: { kind: 'exclude', reason: 'left out in the preview' },
      }),
    edits,
  )
}
