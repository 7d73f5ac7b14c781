/** Which columns a reader may show as long values: those whose bytes go over as they are, and that nothing else looks into. */
import type { CopyPlan } from '../model/plan.ts'

/** Positions in `copy.read.columns`. */
export function longColumnsOf(copy: CopyPlan): readonly number[] {
  const { columns, references, key, pivot, read } = copy
  if (pivot !== null || key.kind === 'none') return []
  const lookedAt = new Set([
    ...references.flatMap((reference) => reference.columns),
    ...(key.kind === 'primary-key' ? key.columns.map(({ name }) => name) : []),
    ...columns.flatMap(({ from }) => {
      if (from.kind === 'gather') return from.columns
      return from.kind === 'column' && !goesAsItIs.has(from.conversion.kind) ? [from.column] : []
    }),
  ])
  const isStored = new Set(
    read.table.columns.filter(({ generated }) => generated === null).map(({ name }) => name),
  )
  return read.columns.flatMap((name, index) => (isStored.has(name) && !lookedAt.has(name) ? [index] : []))
}

const goesAsItIs: ReadonlySet<string> = new Set(['bytes', 'text'])
