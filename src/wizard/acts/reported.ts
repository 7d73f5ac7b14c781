/** Opens what the summary lists: a table, or the rows in quarantine, which are fetched once. Pure. */

import type { Turn, WizardState } from '../state/state.ts'
import { noted, only } from '../state/transition.ts'
import { reportedTable, type SummaryState } from '../steps/summary.ts'

export function openReported(state: WizardState): Turn {
  const { report } = state.migration
  if (report === null || reportedTable(report, state.summary) === null) return only(state)
  return withRejects(state, { ...state.summary, view: 'table', line: 0 })
}

export function openRejects(state: WizardState): Turn {
  return (state.migration.report?.quarantine.rows ?? 0) === 0
    ? noted(state, 'No row is in quarantine.')
    : withRejects(state, { ...state.summary, view: 'rejects', line: 0 })
}

function withRejects(state: WizardState, opened: SummaryState): Turn {
  const report = state.migration.report!
  const { rejects } = opened
  const isNeeded = report.quarantine.rows > 0 && (rejects === null || rejects.kind === 'failed')
  return isNeeded
    ? {
        state: { ...state, summary: { ...opened, rejects: { kind: 'loading' } } },
        effects: [{ type: 'list-rejects', run: report.run }],
      }
    : only({ ...state, summary: opened })
}
