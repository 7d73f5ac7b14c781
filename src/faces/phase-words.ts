/** The phases of a run, and how far it has come, in the words that all faces use. Pure. */
import type { Phase, PhaseProgress, UnderWay } from '../engine/door/index.ts'
import { formatBytes, formatCount, formatCounted } from '../ui/format.ts'

export const phaseTitles: Readonly<Record<Phase, string>> = {
  samples: 'Making sample databases',
  connect: 'Connecting to the target',
  discover: 'Looking for databases',
  snapshot: 'Taking snapshots',
  inspect: 'Inspecting every value',
  plan: 'Planning',
  create: 'Creating schemas and tables',
  copy: 'Copying',
  index: 'Building keys and indexes',
  verify: 'Verifying',
  columnstore: 'Converting chunks, and verifying them again',
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

/** What the first signal does, by what is under way. */
export const stoppingWords: Readonly<Record<UnderWay, string>> = {
  blocks:
    'Stopping after the blocks that are under way. Once more, or five seconds, leaves at once: a block is one transaction, and all can be resumed.',
  round:
    'Stopping after the round that is under way. Once more, or half a minute, leaves at once: a round is one transaction, and following resumes from there.',
  command:
    'No longer waiting. The command that was started is still running, and the writers are kept out until it has ended.',
}

/** Printed when the engine did not stop within its time limit. */
export const leavingWords =
  'It did not stop in time, and was ended. What was under way is one transaction and left nothing behind: the same command resumes.'
