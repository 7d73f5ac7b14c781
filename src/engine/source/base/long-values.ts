/** Which values a reader may represent as `LongBytes`. */
import { LONG_BYTES } from '../../encode/cell/cell.ts'
import type { CopyPlan } from '../../model/plan.ts'

export type LongValues = {
  /** Indexes in `CopyPlan.read.columns`. */
  readonly columns: readonly number[]
  /** The size in bytes from which a value is long. */
  readonly bytes: number
}

export const NO_LONG_VALUES: LongValues = { columns: [], bytes: Number.POSITIVE_INFINITY }

/** Returns columns whose bytes are copied unchanged and that nothing else reads. */
export function longValuesOf(copy: CopyPlan): LongValues {
  const { columns, references, key, pivot, read } = copy
  if (pivot !== null || key.kind === 'none') return NO_LONG_VALUES
  const usedOtherwise = new Set([
    ...references.flatMap((reference) => reference.columns),
    ...(key.kind === 'primary-key' ? key.columns.map(({ name }) => name) : []),
    ...columns.flatMap(({ from }) => {
      if (from.kind === 'gather') return from.columns
      return from.kind === 'column' && !copiedUnchanged.has(from.conversion.kind) ? [from.column] : []
    }),
  ])
  const isStored = new Set(
    read.table.columns.filter(({ generated }) => generated === null).map(({ name }) => name),
  )
  return {
    columns: read.columns.flatMap((name, index) =>
      isStored.has(name) && !usedOtherwise.has(name) ? [index] : [],
    ),
    bytes: LONG_BYTES,
  }
}

const copiedUnchanged: ReadonlySet<string> = new Set(['bytes', 'text'])
