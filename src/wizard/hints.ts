/** The hint line: only keys that work now, as many as there is room for, the most important first to stay. Pure. */
import stringWidth from 'string-width'
import type { Binding } from './keys/binding.ts'
import { wordOf, workingBindings } from './keys/keys.ts'
import type { WizardState } from './state.ts'

type Hint = { readonly key: string; readonly does: string }

const gap = 2

export function hintsFor(state: WizardState, width: number): readonly Hint[] {
  const shown = workingBindings(state).filter(({ shown, rank }) => shown !== '' && rank < 3)
  let kept: readonly Binding[] = shown
  while (widthOf(kept, state) > width && kept.length > 1) {
    const victim = kept.findLast(({ rank }) => rank === 2) ?? kept.findLast(({ keys }) => !isVital(keys))
    if (victim === undefined) break
    kept = kept.filter((binding) => binding !== victim)
  }
  return kept.map((binding) => ({ key: binding.shown, does: wordOf(binding, state) }))
}

/** The ways on, out and to the full list never give way. */
const isVital = (keys: readonly string[]): boolean =>
  keys.some((key) => ['enter', '?', 'escape', 'ctrl+c', 'c', 'w'].includes(key))

function widthOf(bindings: readonly Binding[], state: WizardState): number {
  return bindings.reduce(
    (total, binding) => total + stringWidth(`${binding.shown} ${wordOf(binding, state)}`) + gap,
    -gap,
  )
}
