/** Refuses options of a plan that contradict each other. Pure. */
import type { PlanningOptions, TargetOptions } from '../engine/model/options.ts'
import { usage } from './option-rules.ts'

type PlanOption = keyof PlanningOptions | keyof TargetOptions | 'truncate'

/** Options that a plan file does not decide. */
const besidePlan: readonly PlanOption[] = [
  'plan',
  'trustMapping',
  'source',
  'salvage',
  'target',
  'role',
  'workFolder',
  'keepDays',
  'port',
  'truncate',
]

export function isInPlanFile(option: PlanOption): boolean {
  return !besidePlan.includes(option)
}

/** Throws a usage error. `given`: the options that were named; `written`: returns an option as its user writes it. */
export function refuseContradictions(
  options: Partial<Pick<PlanningOptions, 'dataOnly' | 'search' | 'mapping'>>,
  given: readonly PlanOption[],
  written: (option: PlanOption) => string,
): void {
  const together = given.includes('plan') ? given.find(isInPlanFile) : undefined
  if (together !== undefined)
    throw usage(
      'options-exclude',
      `${written('plan')} is a whole plan: it takes no ${written(together)} beside it.`,
    )
  const { dataOnly = false, search = false, mapping = null } = options
  for (const name of ['append', 'jsonText'] as const) {
    if (given.includes(name) && !dataOnly)
      throw usage(
        'option-alone',
        `${written(name)} is for tables that are there already: it goes with ${written('dataOnly')}.`,
      )
  }
  if (given.includes('searchLanguage') && !search)
    throw usage(
      'option-alone',
      `${written('searchLanguage')} is the language of ${written('search')}: it goes with it.`,
    )
  for (const name of ['views', 'into', 'search'] as const) {
    if (given.includes(name) && dataOnly)
      throw usage(
        'options-exclude',
        `${written('dataOnly')} creates nothing: it takes no ${written(name)} beside it.`,
      )
  }
  if (given.includes('into') && mapping !== null && mapping !== 'auto')
    throw usage(
      'options-exclude',
      `${written('into')} merges what the automatic mapping makes: it takes no other ${written('mapping')}.`,
    )
  if (given.includes('append') && given.includes('truncate'))
    throw usage(
      'options-exclude',
      `${written('append')} keeps the rows that are there, ${written('truncate')} removes them: take one of them.`,
    )
}
