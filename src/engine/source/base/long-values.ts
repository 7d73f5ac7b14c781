/** Which values a reader may represent as `LongBytes`. */
import { LONG_BYTES } from '../../encode/cell/cell.ts'
import type { ColumnOrigin, CopyPlan } from '../../model/plan.ts'

export type LongValues = {
  /** Indexes in `CopyPlan.read.columns`. */
  readonly columns: readonly number[]
  /** The size in bytes from which a value is long. */
  readonly bytes: number
}

export const NO_LONG_VALUES: LongValues = { columns: [], bytes: Number.POSITIVE_INFINITY }

/**
 * Returns columns whose bytes are copied unchanged and that nothing else reads. `json`: the columns whose documents may be long, too, of those
 * that become JSON: a document is read in one piece to be judged or put into the server's form, and in pieces to be sent.
 */
export function longValuesOf(copy: CopyPlan, json: ReadonlySet<string> | 'all' = NO_COLUMNS): LongValues {
  const { columns, references, key, pivot, read } = copy
  if (pivot !== null || key.kind === 'none') return NO_LONG_VALUES
  const usedOtherwise = new Set([
    ...references.flatMap((reference) => reference.columns),
    ...(key.kind === 'primary-key' ? key.columns.map(({ name }) => name) : []),
    ...columns.flatMap(({ from }) => {
      if (from.kind === 'gather') return from.columns
      return from.kind === 'column' && !mayBeLong(from, json) ? [from.column] : []
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

const NO_COLUMNS: ReadonlySet<string> = new Set()

function mayBeLong(
  { column, conversion }: Extract<ColumnOrigin, { readonly kind: 'column' }>,
  json: ReadonlySet<string> | 'all',
): boolean {
  switch (conversion.kind) {
    case 'bytes':
    case 'text':
      return true
    case 'json':
      return json === 'all' || json.has(column)
    default:
      return false
  }
}
