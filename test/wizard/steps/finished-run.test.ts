/** A run that is finished on the target: nothing of it is removed but by the typed name, after what goes was shown. */
import { describe, expect, it } from 'vitest'
import { noProgress } from '../../../src/engine/door/index.ts'
import { passedTest, reportOf } from '../../support/wizard-samples.ts'
import { play } from '../play.ts'

const finished = {
  run: '2026-11-21-1',
  finishedAt: '2026-11-21T10:00:00Z',
  tables: 2,
  rows: 6,
  quarantined: 0,
  report: '/w/report.html',
}
const preview = { database: 'target', run: finished.run, objects: [], tables: [], changes: [] }

function met() {
  const wizard = play()
  wizard.find(['shop.db'])
  wizard.press('enter')
  wizard.passTest(passedTest({ finished }))
  wizard.press('enter')
  expect(wizard.place).toBe('finished')
  return wizard
}

it('o opens the page that the steps name, y copies the steps one after the other', () => {
  const wizard = play()
  const nextSteps = [
    'Database  postgresql://ada@db.example:5432/target',
    'Report    /srv/my work/report.html (for programs: report.json beside it)',
    'Undo      npx gpt-migrate rollback --target postgresql://ada@db.example:5432/target',
  ]
  wizard.act({ type: 'run-ended', report: reportOf({ nextSteps }) })
  wizard.press('o')
  expect(wizard.last('open-file')?.path).toBe('/srv/my work/report.html')
  wizard.press('y')
  expect(wizard.last('copy')?.text).toMatch(/^npx gpt-migrate rollback/)
  // The line may be out of sight.
  expect(wizard.state.note).toMatchObject({
    text: expect.stringContaining('npx gpt-migrate rollback'),
    isWarning: false,
  })
  wizard.press('y')
  expect(wizard.last('copy')?.text).toMatch(/^postgresql:/)
})

describe('a finished run', () => {
  it('is verified, and an answer that comes after escape is dropped', () => {
    const wizard = met()
    wizard.press('enter')
    const { asked, run } = wizard.last('verify-run')!
    expect(run).toBe(finished.run)
    const progress = { ...noProgress, run }
    wizard.act({ type: 'verify-progressed', asked, progress })
    expect(wizard.state.finished.progress).toBe(progress)
    wizard.press('escape')
    wizard.act({ type: 'verify-progressed', asked, progress: noProgress })
    expect(wizard.state.finished.progress).toBe(progress)
    const answer = { run, ok: true, tables: [], differences: [], checks: [], reloadable: [], repaired: [] }
    wizard.act({ type: 'run-verified', asked, answer })
    expect(wizard.place).toBe('finished')
    expect(wizard.state.finished.verified).toEqual({ kind: 'loading' })
  })

  it('opens its report', () => {
    const wizard = met()
    wizard.press('down', 'enter')
    expect(wizard.last('open-file')?.path).toBe('/w/report.html')
  })

  it('is rolled back only after what goes was shown and the name was typed', () => {
    const wizard = met()
    wizard.press('down', 'down', 'enter')
    expect(wizard.place).toBe('rolling-back')
    wizard.type('target')
    wizard.press('enter')
    expect(wizard.count('roll-back')).toBe(0)
    wizard.act({ type: 'rollback-previewed', asked: wizard.last('preview-rollback')!.asked, preview })
    wizard.press('backspace', 'enter')
    expect(wizard.count('roll-back')).toBe(0)
    wizard.type('t')
    wizard.press('enter', 'enter', 'escape')
    expect(wizard.count('roll-back')).toBe(1)
    expect(wizard.place).toBe('rolling-back')
    const { asked, run } = wizard.last('roll-back')!
    wizard.act({ type: 'rolled-back', asked, run, test: passedTest() })
    expect(wizard.place).toBe('connection')
    wizard.press('enter')
    expect(wizard.place).toBe('preview-waiting')
  })

  it('is left alone when the user moves on, and not asked about again', () => {
    const wizard = met()
    wizard.press('down', 'down', 'down', 'enter')
    expect(wizard.place).toBe('preview-waiting')
    wizard.prepare()
    wizard.press('escape', 'enter')
    expect(wizard.place).toBe('preview')
  })
})
