/**
 * Whether what a real program said it did is a path of the model. The model's other actions may have happened in between, unseen; an
 * event that none of the states so far can lead to is one that the model does not allow.
 */
import type { Model, State } from './checker.ts'

export type Replayed =
  | { readonly fits: true; readonly events: number }
  | { readonly fits: false; readonly events: number; readonly event: string }

const keyOf = (state: State): string => Buffer.from(state).toString('latin1')

/**
 * `events`: names of actions, in their order. `seen`: the actions that always leave an event; all others may happen unseen. `renew`
 * gives the same situation with full budgets: a log is longer than any bound.
 */
export function replay(
  model: Model,
  events: readonly string[],
  seen: ReadonlySet<string>,
  renew: (state: State) => State,
): Replayed {
  let states = new Map([[keyOf(model.start()), model.start()]])
  for (const [index, event] of events.entries()) {
    const next = new Map<string, State>()
    const known = new Map(states)
    const open = [...states.values()]
    for (let state = open.pop(); state !== undefined; state = open.pop()) {
      if (model.broken(state) !== null) continue
      model.steps(state, (action, to) => {
        if (action === event) {
          const renewed = renew(to)
          next.set(keyOf(renewed), renewed)
        } else if (!seen.has(action)) {
          const key = keyOf(to)
          if (known.has(key)) return
          known.set(key, to)
          open.push(to)
        }
      })
    }
    if (next.size === 0) return { fits: false, events: index, event }
    states = next
  }
  return { fits: true, events: events.length }
}
