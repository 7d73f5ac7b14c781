/** Holds the wizard's state between key presses and answers. Invariant: actions are applied one after the other, never nested. */

import type { RunRequest } from '../../engine/door/index.ts'
import { beginWizard, next } from '../next/next.ts'
import type { Action, WizardState } from '../state/state.ts'
import type { Effect } from '../steps/effects.ts'

export class WizardStore {
  #state: WizardState
  readonly #waiting: Action[] = []
  #taking = false
  readonly #listeners = new Set<() => void>()
  readonly #perform: (effect: Effect, store: WizardStore) => void

  constructor(given: RunRequest, perform: (effect: Effect, store: WizardStore) => void) {
    const { state, effects } = beginWizard(given)
    this.#state = state
    this.#perform = perform
    for (const effect of effects) perform(effect, this)
  }

  get state(): WizardState {
    return this.#state
  }

  readonly snapshot = (): WizardState => this.#state

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  readonly dispatch = (action: Action): void => {
    this.#waiting.push(action)
    if (this.#taking) return
    this.#taking = true
    try {
      for (let taken = this.#waiting.shift(); taken !== undefined; taken = this.#waiting.shift()) {
        const { state, effects } = next(this.#state, taken)
        this.#state = state
        for (const effect of effects) this.#perform(effect, this)
      }
    } finally {
      this.#taking = false
    }
    for (const listener of this.#listeners) listener()
  }
}
