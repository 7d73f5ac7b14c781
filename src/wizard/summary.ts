/** The last step: what came of it. Pure. */
import type { QuarantineEntry, Report, ReportTable } from '../engine/door/index.ts'
import type { Loaded } from './preview.ts'

export type SummaryState = {
  readonly view: 'tables' | 'table'
  readonly cursor: number
  readonly scroll: number
  readonly rejects: Loaded<readonly QuarantineEntry[]> | null
  readonly keepRunning: boolean
}

export function beginSummary(keepRunning: boolean): SummaryState {
  return { view: 'tables', cursor: 0, scroll: 0, rejects: null, keepRunning }
}

export function reportedTable(report: Report, { cursor }: SummaryState): ReportTable | null {
  return report.tables[cursor] ?? null
}
