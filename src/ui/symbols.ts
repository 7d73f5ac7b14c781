/**
 * The few symbols on the screens, each with an ASCII twin, and the choice between the two. A symbol always stands beside a word, never
 * instead of one.
 */

export type Symbols = {
  readonly pointer: string
  readonly chosen: string
  readonly notChosen: string
  readonly unusable: string
  readonly done: string
  readonly warning: string
  readonly error: string
  readonly notice: string
  readonly current: string
  readonly ahead: string
  readonly to: string
  readonly none: string
  readonly more: string
  readonly dot: string
  readonly line: string
  readonly full: string
  readonly empty: string
  readonly cursor: string
  /** The cells of a history, from the lowest to the highest. */
  readonly levels: readonly string[]
}

export const unicodeSymbols: Symbols = {
  pointer: '❯',
  chosen: '[x]',
  notChosen: '[ ]',
  unusable: '[!]',
  done: '✓',
  warning: '!',
  error: '✗',
  notice: '·',
  current: '●',
  ahead: '○',
  to: '→',
  none: '–',
  more: '…',
  dot: '·',
  line: '─',
  full: '█',
  empty: '░',
  cursor: '▏',
  levels: ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'],
}

export const asciiSymbols: Symbols = {
  pointer: '>',
  chosen: '[x]',
  notChosen: '[ ]',
  unusable: '[!]',
  done: '+',
  warning: '!',
  error: 'x',
  notice: '-',
  current: '*',
  ahead: '-',
  to: '->',
  none: '-',
  more: '...',
  dot: '-',
  line: '-',
  full: '#',
  empty: '.',
  cursor: '_',
  levels: ['_', '.', '-', '=', '+', '*', '%', '#'],
}

type Environment = Readonly<Record<string, string | undefined>>

/** Whether the terminal shows more than ASCII, judged by its locale (POSIX: LC_ALL, LC_CTYPE, LANG); the bare Linux console does not. */
export function speaksUnicode(env: Environment, platform: string): boolean {
  if (env.TERM === 'linux') return false
  if (platform === 'win32') return env.WT_SESSION !== undefined || env.TERM_PROGRAM === 'vscode'
  const locale = [env.LC_ALL, env.LC_CTYPE, env.LANG].find((value) => value !== undefined && value !== '')
  return /utf-?8/i.test(locale ?? '')
}

const replacements: Readonly<Record<string, string>> = {
  '→': '>',
  '←': '<',
  '↑': '^',
  '↓': 'v',
  '…': '.',
  '·': '-',
  '–': '-',
  '—': '-',
  '•': '*',
  '“': '"',
  '”': '"',
  '‘': "'",
  '’': "'",
  '×': 'x',
  '≤': '<',
  '≥': '>',
  '✓': '+',
  '─': '-',
}

/** Replaces everything that is not ASCII, without changing the text's width. */
export function asciiOnly(text: string, widthOf: (character: string) => number): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: everything that is not ASCII
  return text.replace(/[^\u0000-\u007f]/gu, (character) => {
    return replacements[character] ?? '?'.repeat(widthOf(character))
  })
}
