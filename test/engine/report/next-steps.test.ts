/** What a report names as the next step is a command that is not refused in the state that the run is in. */
import { expect, it } from 'vitest'
import { continuedSteps } from '../../../src/engine/report/next-steps.ts'

it('a run that was moved on is not undone by rollback', () => {
  const ended = [
    'Report    /tmp/report.html',
    'Verify    npx gpt-migrate verify --target postgres://me@h/shop',
    'Undo      npx gpt-migrate rollback --target postgres://me@h/shop --yes',
  ]
  const kept = ended.slice(0, 2)
  const cutOver = continuedSteps(ended, 'cut-over')
  expect(cutOver).toEqual([
    ...kept,
    'Back      npx gpt-migrate fallback --to ./fallback --target postgres://me@h/shop',
  ])
  const back = continuedSteps(cutOver, 'moved-back')
  expect(back).toEqual([...kept, 'Forward   npx gpt-migrate follow --target postgres://me@h/shop'])
  expect(continuedSteps(back, 'forward-again')).toEqual([
    ...kept,
    'Cut over  npx gpt-migrate cutover --dry-run --target postgres://me@h/shop',
  ])
})
