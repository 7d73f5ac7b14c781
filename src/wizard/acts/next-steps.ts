/** The report's next steps, which one key copies in turn, and the report page, which a browser opens. Pure. */
import type { Report } from '../../engine/door/index.ts'
import type { Turn, WizardState } from '../state/state.ts'
import { changed, noted, remarked } from '../state/transition.ts'

export type NextStep = { readonly word: string; readonly text: string }

/** Splits each next step, such as `Report    /path/to/report.json`, into its word and the rest. */
export function nextStepsOf({ nextSteps }: Report): readonly NextStep[] {
  return nextSteps.map((step) => {
    const [, word = '', text = step] = /^(\S+)\s{2,}(.*)$/.exec(step) ?? []
    return { word, text }
  })
}

export const isCommand = ({ text }: NextStep): boolean => /^(npx )?gpt-migrate\b|^PGPASSFILE=/.test(text)

/** The next steps in the order of copying: commands first. */
function copyable(report: Report): readonly NextStep[] {
  const steps = nextStepsOf(report)
  return [...steps.filter(isCommand), ...steps.filter((step) => !isCommand(step))]
}

/** A command on the run's target, with the same program and options as the report's own commands; null when the report has none. */
function commandOn(report: Report, command: string): string | null {
  const verify = nextStepsOf(report).find(({ word }) => word === 'Verify')
  const [, program = '', target = ''] = /^(.*?\bgpt-migrate) verify(.*)$/.exec(verify?.text ?? '') ?? []
  return program === '' ? null : `${program} ${command}${target}`
}

const step = (word: string, text: string | null): NextStep[] => (text === null ? [] : [{ word, text }])

/** The next steps after a cut-over or after following has stopped; none before. */
export function afterSteps({ cutOver, following, migration }: WizardState): readonly NextStep[] {
  const { report } = migration
  if (report === null) return []
  if (cutOver.answer !== null) {
    if (cutOver.answer.state !== 'cut-over')
      return [
        ...step('SQLite', commandOn(report, 'cutover --keep sqlite --yes')),
        ...step('Postgres', commandOn(report, 'cutover --keep postgres --yes')),
      ]
    return [
      ...step('Status', commandOn(report, 'status')),
      ...nextStepsOf(report).filter(({ word }) => word === 'Back'),
    ]
  }
  return following.phase === 'idle' || following.phase === 'running'
    ? []
    : [...step('Follow', commandOn(report, 'follow')), ...step('Cut over', commandOn(report, 'cutover'))]
}

/** Copies the text that is open in full, else the next step; pressed again, the step after it. */
export function copy(state: WizardState): Turn {
  const { detail, migration, summary } = state
  if (detail !== null) return copied(state, 'Copied.', detail.text)
  const after = summary.view === 'following' || summary.view === 'cut-over' ? afterSteps(state) : null
  const steps = after ?? (migration.report === null ? [] : copyable(migration.report))
  const step = steps[summary.copied % Math.max(1, steps.length)]
  if (step === undefined) return noted(state, 'There is nothing to copy.')
  const counted = changed(state, 'summary', { copied: summary.copied + 1 })
  const more = steps.length > 1 ? ' (y again copies the next step)' : ''
  return copied(counted, `Copied${more}: ${step.text}`, step.text)
}

const copied = (state: WizardState, said: string, text: string): Turn => ({
  state: remarked(state, said),
  effects: [{ type: 'copy', text }],
})

/** The path of the report page; the words after the path are for people. */
function reportPage(report: Report): string | null {
  const pages = nextStepsOf(report).map(({ text }) => /^.*?\.html(?= |$)/.exec(text)?.[0])
  return pages.find((page) => page !== undefined) ?? null
}

export function openReport(state: WizardState): Turn {
  const { report } = state.migration
  const ofRun = report === null ? null : reportPage(report)
  const path = state.summary.view === 'queries' ? (state.judging.answer?.page ?? null) : ofRun
  if (path === null) return noted(state, 'There is no report to open.')
  return { state: remarked(state, `Opening ${path}`), effects: [{ type: 'open-file', path }] }
}
