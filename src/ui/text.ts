/**
 * Cuts and wraps text to terminal cells, with the libraries that Ink itself uses where a text is more than narrow characters. Pure; widths
 * are cells.
 */
import { cutNarrow, isNarrow, wrapNarrow } from './narrow-text.ts'
import { textLibraries } from './text-libraries.ts'

type Align = 'left' | 'right'

/** Returns the width of the text. */
export function textWidth(text: string): number {
  return isNarrow(text) ? text.length : textLibraries().stringWidth(text)
}

/** Pads the text to exactly `width` cells, or cuts its end, marked with `more`. */
export function toWidth(text: string, width: number, align: Align = 'left', more = '…'): string {
  const shown = cutEnd(text, width, more)
  const padding = ' '.repeat(Math.max(0, width - textWidth(shown)))
  return align === 'left' ? shown + padding : padding + shown
}

/** Cuts the end of the text, so that at most `width` cells remain. */
export function cutEnd(text: string, width: number, more = '…'): string {
  return cut(text, width, 'end', more)
}

/** Cuts the middle of the text: a path or a qualified name keeps both ends. */
export function cutMiddle(text: string, width: number, more = '…'): string {
  return cut(text, width, 'middle', more)
}

/** Where `more` itself does not fit, it is cut too. */
function cut(text: string, width: number, position: 'end' | 'middle', more: string): string {
  const room = Math.max(0, width)
  if (textWidth(text) <= room) return text
  if (room <= textWidth(more)) return more.slice(0, room)
  if (isNarrow(text) && isNarrow(more)) return cutNarrow(text, room, position, more)
  return textLibraries().cliTruncate(text, room, { position, truncationCharacter: more })
}

/** Cuts a qualified name (`schema.table`) in its qualifier first, because the part after the last dot identifies it. */
export function cutName(text: string, width: number, more = '…'): string {
  if (textWidth(text) <= width) return text
  const point = text.lastIndexOf('.')
  if (point <= 0) return cutMiddle(text, width, more)
  const name = text.slice(point)
  const room = width - textWidth(name)
  return room < textWidth(more) + 2
    ? cutMiddle(name.slice(1), width, more)
    : cutEnd(text.slice(0, point), room, more) + name
}

/**
 * Wraps at words to lines of at most `width` cells; a path that is too long is broken after a slash, any other word at the line's end. A
 * leading indent is repeated on every line.
 */
export function wrapText(text: string, width: number): string[] {
  return wrapped(text, width, true)
}

/** Like `wrapText`, but a word longer than a line stays whole on its own line, so that commands and paths can be copied. */
export function wrapWords(text: string, width: number): string[] {
  return wrapped(text, width, false)
}

/**
 * Breaks a command into lines of at most `width` cells, all but the last ending with a backslash, so that a POSIX shell reads one command.
 * A longer word stays whole.
 */
export function wrapCommand(command: string, width: number): string[] {
  const words = command.match(/(?:[^\s'"]|'[^']*'|"[^"]*")+/g) ?? []
  const lines: string[] = []
  let line = ''
  for (const [at, word] of words.entries()) {
    const next = line === '' ? word : `${line} ${word}`
    const room = at === words.length - 1 ? width : width - 2
    if (line !== '' && textWidth(next) > room) {
      lines.push(`${line} \\`)
      line = word
    } else line = next
  }
  return [...lines, line]
}

/** Wraps at whole words; all lines but the first are indented by two more cells than the text. */
export function wrapHanging(text: string, width: number): string[] {
  const margin = indentOf(text)
  const [first = '', ...rest] = wrapWords(text.trimStart(), width - margin.length - 2)
  return [margin + first, ...rest.map((line) => `${margin}  ${line}`)]
}

/** Wraps a text beside a word that stands in a column of its own. */
export function wrapBeside(word: string, column: number, text: string, width: number): string[] {
  return wrapWords(text, width - column).map((line, index) => (index === 0 ? word : '').padEnd(column) + line)
}

function wrapped(text: string, width: number, hard: boolean): string[] {
  const indent = indentOf(text)
  const room = Math.max(1, width - indent.length)
  const words = text.slice(indent.length)
  return wrapWhole(hard ? brokenAtSlashes(words, room) : words, room, hard).map((line) => indent + line)
}

function wrapWhole(text: string, room: number, hard: boolean): string[] {
  const lines = isNarrow(text) ? wrapNarrow(text, room, hard) : null
  return lines ?? textLibraries().wrapAnsi(text, room, { hard }).split('\n')
}

/** Breaks words longer than a line after the last slash that fits on each line. */
function brokenAtSlashes(text: string, room: number): string {
  return text.replace(/\S+/g, (word) => {
    if (textWidth(word) <= room || !word.includes('/')) return word
    const lines: string[] = []
    let line = ''
    for (const part of word.split(/(?<=\/)/)) {
      if (line !== '' && textWidth(line + part) > room) {
        lines.push(line)
        line = part
      } else line += part
    }
    return [...lines, line].join('\n')
  })
}

const indentOf = (text: string): string => /^ */.exec(text)![0]

/** Returns the first texts, wrapped, that fit whole into `rows` rows; when some do not, the last row is `rest` of their number. */
export function wholeTexts(
  texts: readonly string[],
  width: number,
  rows: number,
  rest: (left: number) => string,
): string[] {
  const lines: string[] = []
  for (const [index, text] of texts.entries()) {
    const more = wrapText(text, width)
    const isLast = index === texts.length - 1
    if (lines.length + more.length > rows - (isLast ? 0 : 1))
      return [...lines, ...wrapText(rest(texts.length - index), width)].slice(0, Math.max(0, rows))
    lines.push(...more)
  }
  return lines
}

/** Returns the width of the widest text, in cells. */
export function widest(texts: Iterable<string>): number {
  let most = 0
  for (const text of texts) most = Math.max(most, textWidth(text))
  return most
}
