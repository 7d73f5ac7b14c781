import type { EpochUnit } from './conversion.ts'

/** A change to the plan by the user, in the wizard or a mapping file; planning applies it and plans again. */
export type PlanEdit = {
  readonly tableId: string
  readonly column: string | null
  readonly change:
    | { readonly kind: 'exclude'; readonly reason: string }
    | { readonly kind: 'type'; readonly type: string }
    | { readonly kind: 'target'; readonly name: string }
    /** The column's numbers are times in this unit. */
    | { readonly kind: 'epoch'; readonly unit: EpochUnit }
    | { readonly kind: 'unmapped'; readonly fate: 'add' | 'archive' | 'drop' }
}

type Change = PlanEdit['change']

/** Returns the last change of that kind to the column, or to the table itself when `column` is null. */
export function changeTo<K extends Change['kind']>(
  edits: readonly PlanEdit[],
  tableId: string,
  column: string | null,
  kind: K,
): Extract<Change, { readonly kind: K }> | undefined {
  const edit = edits.findLast(
    (one) => one.tableId === tableId && one.column === column && one.change.kind === kind,
  )
  return edit?.change as Extract<Change, { readonly kind: K }> | undefined
}
