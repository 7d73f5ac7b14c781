/** The one place where a run's outcome becomes a status and an exit code. */
import { type ExitCode, exitCodes, type PlainError } from '../model/errors.ts'
import type { Report } from '../model/report.ts'

export type Outcome = {
  readonly stoppedBy: 'SIGINT' | 'SIGTERM' | null
  readonly error: PlainError | null
  readonly verifyOk: boolean
  /** Every source row is loaded, folded, quarantined or excluded. */
  readonly accounted: boolean
  readonly quarantined: number
}

export function verdictOf(outcome: Outcome): { status: Report['status']; exitCode: ExitCode } {
  if (outcome.error !== null) return { status: 'failed', exitCode: exitCodes[outcome.error.kind] }
  if (outcome.stoppedBy === 'SIGTERM') return { status: 'stopped', exitCode: exitCodes.terminated }
  if (outcome.stoppedBy === 'SIGINT') return { status: 'stopped', exitCode: exitCodes.interrupted }
  if (!outcome.verifyOk || !outcome.accounted) return { status: 'mismatch', exitCode: exitCodes.verify }
  if (outcome.quarantined > 0) return { status: 'quarantined', exitCode: exitCodes.quarantined }
  return { status: 'ok', exitCode: exitCodes.ok }
}
