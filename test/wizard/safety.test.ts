/** Dangers of a program that listens to keys: whatever is pressed in whatever order, nothing is written that was not confirmed. */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { hintsFor } from '../../src/wizard/keys/hints.ts'
import { actionOf, bindings, workingBindings } from '../../src/wizard/keys/keys.ts'
import { beginWizard, next } from '../../src/wizard/next/next.ts'
import { placeOf } from '../../src/wizard/state/place.ts'
import type { Action, WizardState } from '../../src/wizard/state/state.ts'
import type { Effect } from '../../src/wizard/steps/effects.ts'
import { propertyRuns } from '../support/breadth.ts'
import { foundDatabase, passedTest, preparedOf, reportOf, withTarget } from '../support/wizard-samples.ts'

const keys = [
  ...new Set(bindings.flatMap((binding) => binding.keys)),
  'z',
  'backspace',
  'ctrl+u',
  'left',
  'right',
  't',
  'target',
]

/** The way to the preview, so that what comes after it is met often. */
const wayIn = [{ answer: 0 }, { key: 'enter' }, { answer: 2 }, { key: 'enter' }, { answer: 4 }]

const error = { kind: 'target', code: 'wrong-password', message: 'refused', hint: null } as const
const failed = (effect: Effect): Action => ({ type: 'failed', effect, error })
const answers: readonly ((state: WizardState) => Action)[] = [
  ({ discovery }) => ({
    type: 'search-ended',
    search: discovery.searches,
    databases: [foundDatabase('shop.db'), foundDatabase('b.db')],
    passedOver: [],
  }),
  ({ discovery }) => failed({ type: 'search', search: discovery.searches, paths: [] }),
  (state) => ({ type: 'test-passed', id: state.connection.tests, test: passedTest() }),
  (state) => failed({ type: 'test-target', id: state.connection.tests, target: null }),
  (state) => ({ type: 'prepared', job: state.preview.job, prepared: preparedOf(['orders', 'customers']) }),
  (state) => ({ type: 'prepared', job: state.preview.job - 1, prepared: preparedOf(['old']) }),
  ({ preview: { job, options } }) =>
    failed({ type: 'prepare', job, plan: { databases: [], options, edits: [], salvage: false } }),
  ({ preview }) => ({
    type: 'sampled',
    job: preview.planned.job,
    tableId: 'shop.db/orders',
    sample: { tableId: 'shop.db/orders', rows: [] },
  }),
  ({ preview }) =>
    failed({
      type: 'ddl',
      job: preview.planned.job,
      tableId: 'shop.db/orders',
      table: { schema: 'shop', table: 'orders' },
      prepared: preparedOf(['orders']),
      serverMajor: null,
    }),
]

/** Keys are far more often pressed than answers come; enter more often than any other. */
const happening = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...keys).map((key) => ({ key })) },
  { weight: 4, arbitrary: fc.constant({ key: 'enter' }) },
  { weight: 4, arbitrary: fc.nat(answers.length - 1).map((answer) => ({ answer })) },
)

it('nothing migrates but by enter at the confirmation, and nothing is removed but by the typed name', () => {
  let migrated = 0
  fc.assert(
    fc.property(fc.array(happening, { maxLength: 120 }), fc.boolean(), (random, isIn) => {
      const happenings = isIn ? [...wayIn, ...random] : random
      let { state } = beginWizard(withTarget('postgres://ada:topsecret@db.example/target'))
      for (const happens of happenings) {
        const key = 'key' in happens ? happens.key : null
        const action =
          key === null ? answers[(happens as { answer: number }).answer]!(state) : actionOf(state, key)
        if (action === null) continue
        const before = placeOf(state)
        const turn = next(state, action)
        for (const effect of turn.effects) {
          expect(state.exitCode).toBeNull()
          if (effect.type === 'migrate') {
            migrated++
            expect([before, key]).toEqual([before === 'migration-failed' ? before : 'confirm', 'enter'])
          }
          if (effect.type === 'start-over') expect(state.connection.typedName.text.trim()).toBe('target')
        }
        state = turn.state
        expect(state.preview.cursor).toBeGreaterThanOrEqual(0)
        expect(state.discovery.cursor).toBeGreaterThanOrEqual(0)
      }
    }),
    { numRuns: propertyRuns(400) },
  )
  expect(migrated).toBeGreaterThan(0)
})

it('wherever one is, there is a hint for the way on or out, and the hints fit', () => {
  fc.assert(
    fc.property(fc.array(happening, { maxLength: 60 }), fc.constantFrom(58, 78, 118), (happenings, width) => {
      let { state } = beginWizard(withTarget('postgres://ada@db.example/target'))
      for (const happens of happenings) {
        const action = 'key' in happens ? actionOf(state, happens.key) : answers[happens.answer]!(state)
        if (action !== null) state = next(state, action).state
      }
      if (state.exitCode !== null) return
      const hints = hintsFor(state, width)
      expect(hints.length, placeOf(state)).toBeGreaterThan(0)
      const works = (name: string) => workingBindings(state).some(({ keys: names }) => names.includes(name))
      if (works('q') && !works('escape')) expect(hints.map(({ key }) => key)).toContain('q')
      const text = hints.map(({ key, does }) => `${key} ${does}`).join('  ')
      expect(text.length, `${placeOf(state)}: ${text}`).toBeLessThanOrEqual(width)
    }),
  )
})

it('no key means two things at one place', () => {
  const places = new Set(bindings.flatMap((binding) => binding.places))
  for (const place of places) {
    const plain = bindings.filter((binding) => binding.places.includes(place) && binding.when === undefined)
    const names = plain.flatMap((binding) => binding.keys)
    expect(
      names.filter((name, index) => names.indexOf(name) !== index),
      place,
    ).toEqual([])
  }
})

it('every effect of the end leads to the summary, from wherever help is open', () => {
  let { state } = beginWizard(withTarget('postgres://ada@db.example/target'))
  state = next({ ...state, step: 'migration', help: true }, { type: 'run-ended', report: reportOf() }).state
  expect(placeOf(state)).toBe('summary')
  expect(workingBindings(state).some(({ keys: names }) => names.includes('q'))).toBe(true)
})
