import type { Place } from '../state/place.ts'
import type { Action, WizardState } from '../state/state.ts'

/** A key, or several, and what they do at some places. */
export type Binding = {
  readonly places: readonly Place[]
  /** Names of keys (`key-names.ts`). */
  readonly keys: readonly string[]
  /** How they are written in hints; empty for those that neither hints nor the help list. */
  readonly shown: string
  /** A word or two for the hint line. */
  readonly does: string | ((state: WizardState) => string)
  /** A sentence for the help. */
  readonly explains: string
  readonly when?: (state: WizardState) => boolean
  /** Null: the key is handled by the field or list that has the focus. */
  readonly action: Action | null
  /** 1 is always in the hint line, 2 where there is room, 3 only in the help. */
  readonly rank: 1 | 2 | 3
}

type Entry = Omit<Binding, 'shown' | 'rank'> & Partial<Pick<Binding, 'shown' | 'rank'>>

/** Bindings whose keys are shown by the first of them, and always, unless an entry says otherwise. */
export function keyTable(entries: readonly Entry[]): readonly Binding[] {
  return entries.map((entry) => ({ shown: entry.keys[0]!, rank: 1, ...entry }))
}

/** One that neither hints nor the help list, since it is the counterpart of one that they do. */
export function unlisted(
  places: readonly Place[],
  keys: readonly string[],
  action: Action,
  when?: (state: WizardState) => boolean,
): Entry {
  return { places, keys, shown: '', does: '', explains: '', action, rank: 3, ...(when && { when }) }
}
