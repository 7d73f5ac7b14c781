/** A line of text being typed, and how keys edit it. Pure; positions count characters, not UTF-16 units. */

export type TextValue = { readonly text: string; readonly cursor: number }

export type TextEdit =
  | { readonly kind: 'insert'; readonly text: string }
  | { readonly kind: 'backspace' }
  | { readonly kind: 'delete' }
  | { readonly kind: 'delete-word' }
  | { readonly kind: 'clear' }
  | { readonly kind: 'left' }
  | { readonly kind: 'right' }
  | { readonly kind: 'home' }
  | { readonly kind: 'end' }

export const noText: TextValue = { text: '', cursor: 0 }

export function textValue(text: string): TextValue {
  return { text, cursor: [...text].length }
}

export function editText({ text, cursor }: TextValue, edit: TextEdit): TextValue {
  const characters = [...text]
  const before = characters.slice(0, cursor)
  const after = characters.slice(cursor)
  const made = (left: readonly string[], right: readonly string[]): TextValue => ({
    text: [...left, ...right].join(''),
    cursor: left.length,
  })
  switch (edit.kind) {
    case 'insert':
      return made([...before, ...oneLine(edit.text)], after)
    case 'backspace':
      return made(before.slice(0, -1), after)
    case 'delete':
      return made(before, after.slice(1))
    case 'delete-word':
      return made([...before.join('').replace(/\S*\s*$/, '')], after)
    case 'clear':
      return noText
    case 'left':
      return { text, cursor: Math.max(0, cursor - 1) }
    case 'right':
      return { text, cursor: Math.min(characters.length, cursor + 1) }
    case 'home':
      return { text, cursor: 0 }
    case 'end':
      return { text, cursor: characters.length }
    default:
      return edit satisfies never
  }
}

/** Pasted text without line ends at its edges and without control characters. */
function oneLine(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are removed
  return text.replace(/^[\r\n]+|[\r\n]+$/g, '').replace(/[\u0000-\u001f\u007f-\u009f]/g, '')
}

const dot = '•'

/** A password as shown: one dot per character. */
export function maskAll(text: string): string {
  return dot.repeat([...text].length)
}

/**
 * Masks the password in a URL or in name=value pairs with one dot per character, so that the cursor keeps its place. In a URL that is being
 * typed, the text after the second colon may become a password, so it is masked until it turns out to be a port.
 */
export function maskPassword(text: string): string {
  const hide = (_: string, head: string, password: string): string => head + maskAll(password)
  if (!/^\s*postgres(ql)?:\/\//.test(text))
    return text.replace(/(password\s*=\s*)('(?:\\.|[^'\\])*'?|\S+)/g, hide)
  const shown = text.replace(/([?&]\w*password=)([^&#]*)/g, hide)
  if (/^[^:]*:\/\/[^@]*@/.test(shown)) return shown.replace(/^([^:]*:\/\/[^:@]*:)(.*)(?=@[^@]*$)/, hide)
  if (/^[^:]*:\/\/[^:@/?#]*:\d*[/?#]/.test(shown)) return shown
  return shown.replace(/^([^:]*:\/\/[^:@/?#]*:)(.*)$/, hide)
}
