/** The names of the key presses that Ink reports: `enter`, `ctrl+c`, `shift+tab`, `a`. Pure. */
import type { Key } from 'ink'

type Pressed = Pick<
  Key,
  | 'upArrow'
  | 'downArrow'
  | 'leftArrow'
  | 'rightArrow'
  | 'pageUp'
  | 'pageDown'
  | 'home'
  | 'end'
  | 'return'
  | 'escape'
  | 'tab'
  | 'backspace'
  | 'delete'
  | 'ctrl'
  | 'shift'
  | 'meta'
>

const named: readonly (readonly [keyof Pressed, string])[] = [
  ['upArrow', 'up'],
  ['downArrow', 'down'],
  ['leftArrow', 'left'],
  ['rightArrow', 'right'],
  ['pageUp', 'page-up'],
  ['pageDown', 'page-down'],
  ['home', 'home'],
  ['end', 'end'],
  ['return', 'enter'],
  ['escape', 'escape'],
  ['backspace', 'backspace'],
  ['delete', 'delete'],
]

/** Returns the names of the keys in one read of the terminal; several when keys were pressed faster than they were read. */
export function keyNames(input: string, key: Pressed): string[] {
  if (key.tab) return [key.shift ? 'shift+tab' : 'tab']
  for (const [flag, name] of named) if (key[flag]) return [name]
  if (key.ctrl) return input === '' ? [] : [`ctrl+${input}`]
  if (key.meta) return []
  return [...input].flatMap((character) => {
    if (character === '\r' || character === '\n') return ['enter']
    if (character === '\t') return ['tab']
    if (character === ' ') return ['space']
    return character < ' ' ? [] : [character]
  })
}

/** Returns the character that a key types; null for other keys. */
export function typedText(name: string): string | null {
  if (name === 'space') return ' '
  return [...name].length === 1 ? name : null
}
