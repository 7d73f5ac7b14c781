/** One table's part of a round, and how its rows are told apart. Pure. */
import type { TableTally } from '../../model/follow.ts'
import type { CopyPlan } from '../../model/plan.ts'
import type { TargetTable } from '../../model/target-schema.ts'
import type { EncodedRow } from './encode-changes.ts'
import type { TableDelta } from './table-delta.ts'
import type { Refusals } from './target-rows.ts'
import { keyOf, pickFields } from './tuple-fields.ts'

/** One table's part of a round. */
export type Change = {
  readonly delta: TableDelta
  readonly copy: CopyPlan
  readonly target: TargetTable
  /** Rows in the target that are to be deleted or updated. */
  readonly gone: readonly EncodedRow[]
  readonly come: readonly EncodedRow[]
}

export const tuplesOf = (rows: readonly EncodedRow[]): readonly Buffer[] =>
  rows.flatMap(({ tuple }) => tuple ?? [])

type Split = {
  readonly removed: readonly EncodedRow[]
  readonly added: readonly EncodedRow[]
  /** Rows whose key stays the same, before and after. */
  readonly changed: readonly (readonly [was: EncodedRow, is: EncodedRow])[]
}

export function splitByKey({ copy, gone, come }: Change): Split {
  if (copy.identity.kind !== 'columns') return { removed: gone, added: come, changed: [] }
  const before = new Map(gone.map((row) => [keyOf(copy, row.tuple!), row]))
  const added: EncodedRow[] = []
  const changed: (readonly [EncodedRow, EncodedRow])[] = []
  for (const row of come) {
    const key = keyOf(copy, row.tuple!)
    const was = before.get(key)
    before.delete(key)
    if (was === undefined) added.push(row)
    else changed.push([was, row])
  }
  return { removed: [...before.values()], added, changed }
}

/** Whether the row's values in the columns differ; columns that are not sent are ignored. */
export function hasOtherValues(
  copy: CopyPlan,
  was: EncodedRow,
  is: EncodedRow,
  columns: readonly string[],
): boolean {
  const sent = columns.filter((name) => copy.columns.some(({ target }) => target === name))
  return !pickFields(copy, was.tuple!, sent).equals(pickFields(copy, is.tuple!, sent))
}

export function tally(change: Change, refused: Refusals, taken: readonly EncodedRow[]): TableTally {
  const { delta, gone, come } = change
  const { changed } = splitByKey(change)
  const updated = changed.filter(([, is]) => !refused.has(is)).length
  return {
    ...{ tableId: delta.tableId, updated },
    inserted: come.length - refused.size - updated + taken.length,
    deleted: gone.length - updated,
  }
}
