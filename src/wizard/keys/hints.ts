/** The hint line: only keys that work now, as many as fit, the most important kept longest. Pure. */
import { textWidth } from '../../ui/text.ts'
import type { WizardState } from '../state/state.ts'
import type { Binding } from './binding.ts'
import { wordOf, workingBindings } from './keys.ts'

type Hint = { readonly key: string; readonly does: string }

const gap = 2

export function hintsFor(state: WizardState, width: number): readonly Hint[] {
  const shown = workingBindings(state).filter(({ shown, rank }) => shown !== '' && rank < 3)
  const canGoBack = shown.some(({ keys }) => keys.includes('escape'))
  const byWeight = shown.toSorted((one, other) => weightOf(one, canGoBack) - weightOf(other, canGoBack))
  const kept: Binding[] = []
  for (const binding of byWeight) {
    if (weightOf(binding, canGoBack) === 0 || widthOf([...kept, binding], state) <= width) kept.push(binding)
  }
  return shown
    .filter((binding) => kept.includes(binding))
    .map((binding) => ({ key: binding.shown, does: wordOf(binding, state) }))
}

/**
 * Returns the order in which hints are dropped when room is short, the highest first. Keys that continue, leave or open the help are never
 * dropped (0); arrow keys are dropped before keys that only their hint explains.
 */
function weightOf({ keys, rank, shown }: Binding, canGoBack: boolean): number {
  if (keys.some((key) => vitalKeys.includes(key)) || (keys.includes('q') && !canGoBack)) return 0
  if (rank === 2) return 4
  if (keys.includes('q')) return 3
  return shown === '↑↓' ? 2 : 1
}

const vitalKeys: readonly string[] = ['enter', '?', 'escape', 'ctrl+c', 'c', 'w']

function widthOf(bindings: readonly Binding[], state: WizardState): number {
  return bindings.reduce(
    (total, binding) => total + textWidth(`${binding.shown} ${wordOf(binding, state)}`) + gap,
    -gap,
  )
}
