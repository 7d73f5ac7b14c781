/**
 * An explicit-state checker: every state that a model can reach within its bounds, breadth first, so that a broken invariant comes with a
 * shortest way to it. Invariant: a state is visited once, and nothing but the model's own actions leads from one to the next.
 */

/** A state: small numbers by field. */
export type State = Int8Array

export type Step = { readonly action: string; readonly next: State }

export type Model = {
  readonly fields: readonly string[]
  readonly start: () => State
  /** Calls `go` for every action that is possible; `next` is the caller's to keep. */
  readonly steps: (state: State, go: (action: string, next: State) => void) => void
  /** Which promise the state breaks; null when it keeps them all. */
  readonly broken: (state: State) => string | null
}

export type Changes = readonly (readonly [place: number, value: number])[]
/** Says that an action is possible, by what it changes of the state. */
export type Offer = (action: string, changes: Changes) => void

export const offering =
  (state: State, go: (action: string, next: State) => void): Offer =>
  (action, changes) => {
    const next = state.slice()
    for (const [place, value] of changes) next[place] = value
    go(action, next)
  }

/** The places of fields in a state, by name. */
export function placesOf<const F extends string>(fields: readonly F[]): Record<F, number> {
  return Object.fromEntries(fields.map((name, index) => [name, index])) as Record<F, number>
}

type Outcome = {
  readonly states: number
  /** Every state within the bounds was visited. */
  readonly complete: boolean
  readonly broken: string | null
  /** The actions that lead to the broken promise. */
  readonly trace: readonly string[]
  /** How often each action was possible. */
  readonly actions: ReadonlyMap<string, number>
}

const keyOf = (state: State): string =>
  Buffer.from(state.buffer, state.byteOffset, state.length).toString('latin1')

/** Millions of states, one after the other: as arrays of their own they would take most of the memory. */
class StateList {
  readonly #width: number
  #bytes: Int8Array
  length = 0

  constructor(first: State) {
    this.#width = first.length
    this.#bytes = new Int8Array(this.#width * 1024)
    this.push(first)
  }

  at(place: number): State {
    return this.#bytes.slice(place * this.#width, (place + 1) * this.#width)
  }

  push(state: State): void {
    const from = this.length++ * this.#width
    if (from === this.#bytes.length) {
      const longer = new Int8Array(from * 2)
      longer.set(this.#bytes)
      this.#bytes = longer
    }
    this.#bytes.set(state, from)
  }
}

export function explore(model: Model, mostStates: number): Outcome {
  const first = model.start()
  const index = new Map<string, number>([[keyOf(first), 0]])
  const states = new StateList(first)
  const parents: number[] = [-1]
  const names: string[] = ['']
  const actions = new Map<string, number>()
  const traceTo = (place: number): string[] => {
    const trace: string[] = []
    for (let at = place; parents[at]! >= 0; at = parents[at]!) trace.unshift(names[at]!)
    return trace
  }
  for (let at = 0; at < states.length; at++) {
    const state = states.at(at)
    const broken = model.broken(state)
    if (broken !== null)
      return { states: states.length, complete: false, broken, trace: traceTo(at), actions }
    if (states.length >= mostStates)
      return { states: states.length, complete: false, broken: null, trace: [], actions }
    model.steps(state, (action, next) => {
      actions.set(action, (actions.get(action) ?? 0) + 1)
      const key = keyOf(next)
      if (index.has(key)) return
      index.set(key, states.length)
      states.push(next)
      parents.push(at)
      names.push(action)
    })
  }
  return { states: states.length, complete: true, broken: null, trace: [], actions }
}
