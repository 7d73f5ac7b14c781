/** The next steps of a report, one after the other into the clipboard, and the page that a browser shows. Pure. */
import type { Report } from '../engine/door/index.ts'
import type { Turn, WizardState } from './state.ts'
import { noted } from './transition.ts'

export type NextStep = { readonly word: string; readonly text: string }

/** `Report    /path/to/report.json`: a word, then what it is about. */
export function nextStepsOf({ nextSteps }: Report): readonly NextStep[] {
  return nextSteps.map((step) => {
    const [, word = '', text = step] = /^(\S+)\s{2,}(.*)$/.exec(step) ?? []
    return { word, text }
  })
}

const isCommand = ({ text }: NextStep): boolean => /\bgpt-migrate\b|^PGPASSFILE=/.test(text)

/** Commands first: they are what is copied. */
function copyable(report: Report): readonly NextStep[] {
  const steps = nextStepsOf(report)
  return [...steps.filter(isCommand), ...steps.filter((step) => !isCommand(step))]
}

/** Copies what is opened in full, else the next of the steps: pressed again, the one after it. */
export function copy(state: WizardState): Turn {
  const { detail, migration, summary } = state
  if (detail !== null) return copied(state, 'Copied', detail.text)
  const steps = migration.report === null ? [] : copyable(migration.report)
  const step = steps[summary.copied % Math.max(1, steps.length)]
  if (step === undefined) return noted(state, 'There is nothing to copy.')
  const after = { ...state, summary: { ...summary, copied: summary.copied + 1 } }
  const more = steps.length > 1 ? '; y again copies the next step' : ''
  return copied(after, `Copied ${step.word === '' ? 'it' : step.word}${more}`, step.text)
}

const copied = (state: WizardState, said: string, text: string): Turn => ({
  state: { ...state, note: `${said}.` },
  effects: [{ type: 'copy', text }],
})

/** The report as a page; what follows its name in the step is for people. */
export function reportPage(report: Report): string | null {
  const pages = nextStepsOf(report).map(({ text }) => /^.*?\.html(?= |$)/.exec(text)?.[0])
  return pages.find((page) => page !== undefined) ?? null
}

export function openReport(state: WizardState): Turn {
  const path = state.migration.report === null ? null : reportPage(state.migration.report)
  if (path === null) return noted(state, 'There is no report to open.')
  return { state: { ...state, note: `Opening ${path}` }, effects: [{ type: 'open-file', path }] }
}
