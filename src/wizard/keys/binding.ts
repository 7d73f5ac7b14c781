import type { Place } from '../state/place.ts'
import type { Action, WizardState } from '../state/state.ts'

/** One or more keys, and what they do in some places. */
export type Binding = {
  readonly places: readonly Place[]
  /** Names of keys (`key-names.ts`). */
  readonly keys: readonly string[]
  /** The keys as hints write them; empty to leave the binding out of hints and help. */
  readonly shown: string
  /** A word or two for the hint line. */
  readonly does: string | ((state: WizardState) => string)
  /** A sentence for the help. */
  readonly explains: string
  readonly when?: (state: WizardState) => boolean
  /** Null: the focused field or list handles the key. */
  readonly action: Action | null
  /** 1: always in the hint line; 2: when there is room; 3: only in the help. */
  readonly rank: 1 | 2 | 3
}

type Entry = Omit<Binding, 'shown' | 'rank'> & Partial<Pick<Binding, 'shown' | 'rank'>>

/** Bindings that are shown by their first key and with rank 1, unless an entry says otherwise. */
export function keyTable(entries: readonly Entry[]): readonly Binding[] {
  return entries.map((entry) => ({ shown: entry.keys[0]!, rank: 1, ...entry }))
}

/** A binding left out of hints and help, as the counterpart of a listed one. */
export function unlisted(
  places: readonly Place[],
  keys: readonly string[],
  action: Action,
  when?: (state: WizardState) => boolean,
): Entry {
  return { places, keys, shown: '', does: '', explains: '', action, rank: 3, ...(when && { when }) }
}
