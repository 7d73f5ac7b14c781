/** A wizard that can be played without a screen: keys and answers in, places and effects out. Wherever it comes, no hint names a key twice. */
import { expect } from 'vitest'
import type { PlainError } from '../../src/engine/door/index.ts'
import { hintsFor } from '../../src/wizard/keys/hints.ts'
import { actionOf } from '../../src/wizard/keys/keys.ts'
import { beginWizard, next } from '../../src/wizard/next/next.ts'
import { placeOf } from '../../src/wizard/state/place.ts'
import type { Action, WizardState } from '../../src/wizard/state/state.ts'
import type { Effect } from '../../src/wizard/steps/effects.ts'
import { foundDatabase, passedTest, preparedOf, withTarget } from '../support/wizard-samples.ts'

export function play(given = withTarget('postgres://ada:topsecret@db.example/target')) {
  const begun = beginWizard(given)
  let state: WizardState = begun.state
  const effects: Effect[] = [...begun.effects]
  const act = (action: Action): void => {
    const turn = next(state, action)
    state = turn.state
    effects.push(...turn.effects)
    const hinted = hintsFor(state, 300).map(({ key }) => key)
    expect(new Set(hinted).size, `one meaning for each key at ${placeOf(state)}: ${hinted}`).toBe(
      hinted.length,
    )
  }
  return {
    act,
    press(...keys: string[]) {
      for (const key of keys) {
        const action = actionOf(state, key)
        if (action !== null) act(action)
      }
    },
    type(text: string) {
      for (const character of text) this.press(character === ' ' ? 'space' : character)
    },
    find(...databases: Parameters<typeof foundDatabase>[]) {
      act({
        type: 'search-ended',
        search: state.discovery.searches,
        databases: databases.map((some) => foundDatabase(...some)),
        passedOver: [],
      })
    },
    passTest(test = passedTest()) {
      act({ type: 'test-passed', id: state.connection.tests, test })
    },
    prepare(prepared = preparedOf(['orders', 'customers'])) {
      act({ type: 'prepared', job: state.preview.job, prepared })
    },
    /** The engine could not do the last that was asked of this kind. */
    fail(type: Effect['type'], error: PlainError) {
      act({ type: 'failed', effect: effects.findLast((effect) => effect.type === type)!, error })
    },
    get state() {
      return state
    },
    get place() {
      return placeOf(state)
    },
    effects,
    count: (type: Effect['type']) => effects.filter((effect) => effect.type === type).length,
    last: <T extends Effect['type']>(type: T) =>
      effects.findLast((effect): effect is Extract<Effect, { type: T }> => effect.type === type),
  }
}

/** A wizard at the preview of a plan. */
export function previewed(prepared = preparedOf(['orders', 'customers'])) {
  const wizard = play()
  wizard.find(['shop.db'])
  wizard.press('enter')
  wizard.passTest()
  wizard.press('enter')
  wizard.prepare(prepared)
  return wizard
}
