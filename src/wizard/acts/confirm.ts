/** Opens the confirmation, or says what prevents the run. Pure. */

import { takenNames, takenText } from '../../engine/door/index.ts'
import type { Turn, WizardState } from '../state/state.ts'
import { changed, noted, only } from '../state/transition.ts'
import { passedTest } from '../steps/connection.ts'
import { countFindings } from '../steps/plan-findings.ts'

export function askToConfirm(state: WizardState): Turn {
  const { preview } = state
  if (preview.replanning) return noted(state, 'The plan is being made again; please wait.')
  const obstacle = planObstacle(state)
  if (obstacle === null) return only(changed(state, 'preview', { view: 'confirm' }))
  const hasErrors = preview.prepared !== null && countFindings(preview.prepared.plan, 'error') > 0
  return noted(
    changed(state, 'preview', { view: hasErrors ? 'findings' : 'tables', findingCursor: 0 }),
    obstacle,
  )
}

/** Returns what prevents a run of this plan, as a sentence; null when nothing does. */
export function planObstacle(state: WizardState): string | null {
  const { preview } = state
  const test = passedTest(state)
  if (preview.prepared === null || test === null) return 'There is no plan yet.'
  if (preview.resumed !== null) return null
  const { plan } = preview.prepared
  const errors = countFindings(plan, 'error')
  if (errors > 0)
    return errors === 1
      ? 'One finding has to be settled first.'
      : `${errors} findings have to be settled first.`
  const taken = takenNames(plan.schema, test.probe).map(takenText)
  if (taken.length > 0) {
    const more = taken.length > 2 ? ` and ${taken.length - 2} more` : ''
    return `The target already holds ${taken.slice(0, 2).join(', ')}${more}: choose another database or roll back an earlier run (esc), or leave these tables out (x).`
  }
  return null
}
