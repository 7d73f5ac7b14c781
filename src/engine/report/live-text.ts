/** What happened to a run afterwards, as sentences with their times. Pure. */
import type { LiveStep } from '../model/report.ts'
import { formatCounted, formatDuration } from './format.ts'

/** Returns the time (ISO 8601) and a sentence for each step, in their order. */
export function liveLines(live: readonly LiveStep[]): readonly (readonly [at: string, what: string])[] {
  return live.map((step) => [step.at, sentenceOf(step)])
}

function sentenceOf(step: LiveStep): string {
  switch (step.what) {
    case 'cut-over': {
      const { inserted, updated, deleted } = step.rows
      const command = step.commandExitCode === null ? '' : `, the command ended with ${step.commandExitCode}`
      return `Cut over to PostgreSQL: after ${formatCounted(step.rounds, 'round')} of following (${inserted} rows inserted, ${updated} updated, ${deleted} deleted) the writers were kept out for ${formatDuration(step.fencedMs)}${command}; ${proofWords[step.proof]}${step.quarantined > 0 ? `, ${formatCounted(step.quarantined, 'row')} in quarantine` : ''}.`
    }
    case 'moved-back':
      return `Moved back to the SQLite files in ${step.folder}: PostgreSQL was fenced for ${formatDuration(step.fencedMs)}${step.aside > 0 ? `, ${formatCounted(step.aside, 'row')} stayed behind that the files refuse` : ''}${step.lateWrites > 0 ? `, ${formatCounted(step.lateWrites, 'change')} got into PostgreSQL past the barrier` : ''}.`
    case 'forward-again':
      return `Followed again, from the files in ${step.folder}.`
    default:
      return step satisfies never
  }
}

const proofWords = {
  proven: 'every cell was compared',
  differs: 'the proof found differences',
  'not-made': 'the proof was not made',
} as const
