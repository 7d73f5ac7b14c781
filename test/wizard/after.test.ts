/** After the run: following, the cut-over and the application's SQL, as keys and answers. */
import { describe, expect, it } from 'vitest'
import type { Answer, Finding, JudgedStatement, RunEvent } from '../../src/engine/door/index.ts'
import { advanceFollowing, lagOf, noFollowing } from '../../src/engine/door/index.ts'
import { nextStepsOf } from '../../src/wizard/acts/next-steps.ts'
import { hintsFor } from '../../src/wizard/keys/hints.ts'
import { passedTest, reportOf } from '../support/wizard-samples.ts'
import { type play, previewed } from './play.ts'

type Played = ReturnType<typeof play>

const undoStep = 'Undo      npx gpt-migrate rollback --target postgresql://ada@db.example/target'
const verifyStep = 'Verify    npx gpt-migrate verify --target postgresql://ada@db.example/target'

function moved(status: 'ok' | 'mismatch' = 'ok'): Played {
  const wizard = previewed()
  wizard.press('enter', 'enter')
  wizard.act({ type: 'run-ended', report: { ...reportOf(), status, nextSteps: [undoStep, verifyStep] } })
  return wizard
}

const databaseName = passedTest().address.database

const stopped: Answer<'follow'> = { run: 'r', round: 3, isTakenOver: false, stoppedBy: 'SIGINT' }
const endFollowing = (wizard: Played): void => wizard.act({ type: 'following-ended', answer: stopped })

const answered = (change: Partial<Answer<'cutOver'>> = {}): Answer<'cutOver'> => ({
  run: 'r',
  state: 'following',
  commandExitCode: null,
  commandLog: '/log',
  proof: null,
  differing: [],
  unproven: [],
  unvalidated: [],
  openers: [],
  sawAllProcesses: true,
  commandStillRuns: false,
  quarantined: 0,
  fencedMs: 40,
  isDry: true,
  stoppedBy: null,
  ...change,
})

/** At the confirmation of a cut-over, with the following continuing. */
function asked(quarantined = 0): Played {
  const wizard = moved()
  wizard.press('f', 'c')
  endFollowing(wizard)
  wizard.act({ type: 'cut-over-ended', answer: answered({ quarantined }) })
  return wizard
}

describe('following', () => {
  it('begins with f, and only after a run that is complete', () => {
    const differing = moved('mismatch')
    differing.press('f')
    expect(differing.place).toBe('summary')
    const wizard = moved()
    wizard.press('f')
    expect(wizard.place).toBe('following')
    expect(wizard.last('follow')).toMatchObject({ run: reportOf().run })
  })

  it('escape stops it, and the summary comes once it has stopped', () => {
    const wizard = moved()
    wizard.press('f', 'escape', 'escape')
    expect(wizard.effects.filter(({ type }) => type === 'command')).toHaveLength(1)
    expect(wizard.place).toBe('following')
    endFollowing(wizard)
    expect(wizard.place).toBe('summary')
  })

  it('ctrl+c stops it and leaves with 130, q with the exit code of the run', () => {
    for (const [key, exitCode] of [
      ['ctrl+c', 130],
      ['q', 0],
    ] as const) {
      const wizard = moved()
      wizard.press('f', key)
      expect(wizard.count('leave')).toBe(0)
      endFollowing(wizard)
      expect(wizard.count('leave')).toBe(1)
      expect(wizard.state.exitCode).toBe(exitCode)
    }
  })

  it('a failure stays on the screen, and f continues from there', () => {
    const wizard = moved()
    wizard.press('f', 'escape')
    wizard.fail('follow', { kind: 'source', code: 'source-replaced', message: 'other file', hint: null })
    expect(wizard.place).toBe('following')
    wizard.press('f')
    expect(wizard.count('follow')).toBe(2)
  })
})

describe('the cut-over', () => {
  it('is tried once the following has stopped, and the following continues while it is asked about', () => {
    const wizard = moved()
    wizard.press('f', 'c')
    expect(wizard.count('cut-over')).toBe(0)
    endFollowing(wizard)
    expect(wizard.last('cut-over')?.request.isDry).toBe(true)
    wizard.act({ type: 'cut-over-ended', answer: answered() })
    expect(wizard.place).toBe('cut-over-typing')
    expect(wizard.count('follow')).toBe(2)
  })

  it('begins with the name of the database only, and takes the commands along', () => {
    const wizard = asked()
    wizard.type('./start now')
    wizard.press('enter', 'enter', 'enter')
    wizard.type('other')
    wizard.press('enter')
    expect(wizard.state.note?.text).toContain(databaseName)
    wizard.press('ctrl+u')
    wizard.type(databaseName)
    wizard.press('enter')
    expect(wizard.count('cut-over')).toBe(1)
    endFollowing(wizard)
    expect(wizard.last('cut-over')?.request).toMatchObject({
      isDry: false,
      onCutover: './start now',
      beforeCutover: null,
      acceptsQuarantine: false,
    })
  })

  it('rows in quarantine since the run have to be accepted by a key', () => {
    const wizard = asked(2)
    wizard.press('shift+tab')
    wizard.type(databaseName)
    wizard.press('enter')
    expect(wizard.place).toBe('cut-over-accept')
    expect(wizard.state.note?.text).toContain('accept')
    wizard.press('space', 'enter', 'enter')
    endFollowing(wizard)
    expect(wizard.last('cut-over')?.request).toMatchObject({ isDry: false, acceptsQuarantine: true })
  })

  it('tables that are not followed any further are left behind only when that is accepted', () => {
    const wizard = asked()
    const finding: Finding = {
      severity: 'warning',
      code: 'table-not-followed',
      tableId: 'shop.db/orders',
      message: 'orders has other columns',
    }
    const progress = [finding, finding].reduce(
      (before, one) => advanceFollowing(before, { type: 'finding', finding: one }),
      noFollowing,
    )
    expect(progress.findings).toEqual([finding])
    wizard.act({ type: 'following-progressed', progress, now: 0 })
    wizard.press('shift+tab')
    wizard.type(databaseName)
    wizard.press('enter', 'space', 'enter', 'enter')
    endFollowing(wizard)
    expect(wizard.last('cut-over')?.request.exclude).toEqual(['shop.db/orders'])
  })

  it('is not left while it runs; ctrl+c stops it, and following can continue', () => {
    const wizard = asked()
    wizard.press('shift+tab')
    wizard.type(databaseName)
    wizard.press('enter')
    endFollowing(wizard)
    wizard.press('q', 'escape')
    expect(wizard.place).toBe('cut-over')
    expect(hintsFor(wizard.state, 200).map(({ key }) => key)).toEqual(['ctrl+c', '?'])
    expect(wizard.count('leave')).toBe(0)
    wizard.press('ctrl+c')
    expect(wizard.last('command')?.command).toEqual({ type: 'stop', signal: 'SIGINT' })
    wizard.fail('cut-over', { kind: 'copy', code: 'cutover-stopped', message: 'stopped', hint: null })
    const before = wizard.count('follow')
    wizard.press('f')
    expect(wizard.place).toBe('following')
    expect(wizard.count('follow')).toBe(before + 1)
  })

  it('afterwards nothing is followed any more, and the way back is copied', () => {
    const wizard = asked()
    wizard.press('shift+tab')
    wizard.type(databaseName)
    wizard.press('enter')
    endFollowing(wizard)
    wizard.act({
      type: 'cut-over-ended',
      answer: answered({ isDry: false, state: 'cut-over', proof: 'proven' }),
    })
    wizard.press('y', 'y')
    expect(wizard.last('copy')?.text).toBe(
      'npx gpt-migrate fallback --to ./fallback --target postgresql://ada@db.example/target',
    )
    const next = nextStepsOf(wizard.state.migration.report!).map(({ word }) => word)
    expect(next).toContain('Back')
    expect(next, 'rollback is refused from then on').not.toContain('Undo')
    wizard.press('escape', 'f')
    expect(wizard.place).toBe('summary')
  })
})

describe("the application's SQL", () => {
  const statement: JudgedStatement = {
    id: '1',
    origins: [{ file: 'src/store.py', line: 12 }],
    sql: 'select 1 where name like ?',
    kind: 'read',
    database: 'shop.db',
    verdict: 'differs',
    reasons: ['like-case'],
    detail: 'LIKE is case-sensitive.',
    rewrite: 'select 1 where name ilike ?',
    parametersTried: 3,
    time: null,
    example: { parameters: ["'A%'"], isOnRealRows: true, sqlite: '2 rows', postgres: '1 row' },
    explain: null,
    index: null,
    isKnown: false,
  }

  it('a folder is completed and judged; a statement opens with both sides and the rewrite', () => {
    const wizard = moved()
    wizard.press('s', 'ctrl+u')
    wizard.type('sr')
    wizard.press('tab')
    wizard.act({ type: 'path-completed', asked: 'sr', text: 'src/', choices: ['src/'] })
    wizard.press('enter')
    expect(wizard.last('judge-queries')?.path).toBe('src/')
    const report = { statements: [statement] } as unknown as Answer<'judgeQueries'>['report']
    wizard.act({ type: 'queries-judged', answer: { report, page: '/srv/bot/queries.html' } })
    wizard.press('enter')
    const text = wizard.state.detail?.text ?? ''
    for (const part of ['2 rows', '1 row', 'ilike', 'like-case']) expect(text).toContain(part)
    expect(wizard.state.detail?.title).toBe('DIFFERS: src/store.py:12')
    wizard.press('escape', 'o')
    expect(wizard.last('open-file')?.path).toBe('/srv/bot/queries.html')
    wizard.press('escape', 'escape')
    expect(wizard.place).toBe('summary')
  })
})

describe('the history of the lag', () => {
  const at = (second: number): string => new Date(Date.UTC(2026, 10, 22, 10, 0, second)).toISOString()
  const fold = (events: readonly RunEvent[]) => events.reduce(advanceFollowing, noFollowing)

  it('has the largest of each second', () => {
    const { lags } = fold([
      { type: 'follow-lag', lagMs: 100, at: at(1) },
      { type: 'follow-lag', lagMs: 700, at: at(1) },
      { type: 'follow-lag', lagMs: 200, at: at(2) },
    ])
    expect(lags).toEqual([700, 200])
  })

  it('grows while the target is away, now and afterwards, and says what it waited for', () => {
    const before = fold([
      { type: 'follow-lag', lagMs: 100, at: at(1) },
      { type: 'follow-waiting', reason: 'no server', attempt: 1, at: at(2) },
      { type: 'follow-waiting', reason: 'no server', attempt: 2, at: at(4) },
    ])
    expect(lagOf(before, Date.parse(at(21)))).toBe(20_100)
    expect(before.waiting).toEqual({ reason: 'no server', attempt: 2, since: Date.parse(at(2)) })
    const after = advanceFollowing(before, { type: 'follow-lag', lagMs: 50, at: at(6) })
    expect(after.lags).toEqual([100, 2100, 3100, 4100, 5100, 50])
    expect(after.waiting).toBeNull()
    expect(after.waits.map(({ reason }) => reason)).toEqual(['no server'])
  })
})
