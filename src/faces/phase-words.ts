/** The phases of a run, and how far one has come, in the words of all faces. Pure. */
import type { Phase, PhaseProgress } from '../engine/door/index.ts'
import { formatBytes, formatCount, formatCounted } from '../ui/format.ts'

export const phaseTitles: Readonly<Record<Phase, string>> = {
  discover: 'Looking for databases',
  snapshot: 'Taking snapshots',
  inspect: 'Inspecting every value',
  plan: 'Planning',
  create: 'Creating schemas and tables',
  copy: 'Copying',
  index: 'Building keys and indexes',
  verify: 'Verifying',
  report: 'Writing the report',
  export: 'Writing SQLite databases',
  queries: 'Judging the statements',
}

/** `120 statements`, `1.2 GB`. */
export const amountWords = (amount: number, unit: string): string =>
  unit === 'byte' ? formatBytes(amount) : formatCounted(amount, unit)

/** `88 of 120 statements`, `12 MB of 1.2 GB`; empty while the phase does not count. */
export function doneWords({ done, total, unit }: Pick<PhaseProgress, 'done' | 'total' | 'unit'>): string {
  if (total === 0) return ''
  const before = unit === 'byte' ? formatBytes(done) : formatCount(done)
  return `${before} of ${amountWords(total, unit)}`
}

/** What the first signal does. */
export const stoppingWords =
  'Stopping after the blocks that are under way. Once more leaves at once; both can be resumed.'
