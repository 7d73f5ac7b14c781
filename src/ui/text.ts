/** Text cut and wrapped to terminal cells, by the libraries that Ink uses itself. Pure; widths are cells. */
import cliTruncate from 'cli-truncate'
import stringWidth from 'string-width'
import wrapAnsi from 'wrap-ansi'

type Align = 'left' | 'right'

/** The text in exactly `width` cells: padded, or cut at its end with `more`. */
export function toWidth(text: string, width: number, align: Align = 'left', more = '…'): string {
  const shown = cutEnd(text, width, more)
  const padding = ' '.repeat(Math.max(0, width - stringWidth(shown)))
  return align === 'left' ? shown + padding : padding + shown
}

/** Cut at its end to at most `width` cells. */
export function cutEnd(text: string, width: number, more = '…'): string {
  return cut(text, width, 'end', more)
}

/** Cut in its middle: a path or a qualified name keeps both ends. */
export function cutMiddle(text: string, width: number, more = '…'): string {
  return cut(text, width, 'middle', more)
}

/** Where not even `more` fits, as much of it as does. */
function cut(text: string, width: number, position: 'end' | 'middle', more: string): string {
  const room = Math.max(0, width)
  if (stringWidth(text) <= room) return text
  if (room <= stringWidth(more)) return more.slice(0, room)
  return cliTruncate(text, room, { position, truncationCharacter: more })
}

/** A qualified name (`schema.table`) loses of its qualifier first: the part after the last point says what it is. */
export function cutName(text: string, width: number, more = '…'): string {
  if (stringWidth(text) <= width) return text
  const point = text.lastIndexOf('.')
  if (point <= 0) return cutMiddle(text, width, more)
  const name = text.slice(point)
  const room = width - stringWidth(name)
  return room < stringWidth(more) + 2
    ? cutMiddle(name.slice(1), width, more)
    : cutEnd(text.slice(0, point), room, more) + name
}

/**
 * Lines of at most `width` cells, broken between words; a path that is longer is broken after one of its slashes, and any other word
 * wherever the line ends. A leading indent is kept on every line.
 */
export function wrapText(text: string, width: number): string[] {
  return wrapped(text, width, true)
}

/** As `wrapText`, but a word that is longer than a line stays whole on a line of its own: a command or a path can be copied. */
export function wrapWords(text: string, width: number): string[] {
  return wrapped(text, width, false)
}

/**
 * A command in lines of at most `width` cells that a POSIX shell reads as one: all but the last end with a backslash. A word that is
 * longer stays whole.
 */
export function wrapCommand(command: string, width: number): string[] {
  const words = command.match(/(?:[^\s'"]|'[^']*'|"[^"]*")+/g) ?? []
  const lines: string[] = []
  let line = ''
  for (const [at, word] of words.entries()) {
    const next = line === '' ? word : `${line} ${word}`
    const room = at === words.length - 1 ? width : width - 2
    if (line !== '' && stringWidth(next) > room) {
      lines.push(`${line} \\`)
      line = word
    } else line = next
  }
  return [...lines, line]
}

/** Wrapped lines of whole words, of which all but the first are indented by two cells more than the text itself is. */
export function wrapHanging(text: string, width: number): string[] {
  const margin = indentOf(text)
  const [first = '', ...rest] = wrapWords(text.trimStart(), width - margin.length - 2)
  return [margin + first, ...rest.map((line) => `${margin}  ${line}`)]
}

/** A word in a column of its own, and beside it a text in lines of whole words. */
export function wrapBeside(word: string, column: number, text: string, width: number): string[] {
  return wrapWords(text, width - column).map((line, index) => (index === 0 ? word : '').padEnd(column) + line)
}

function wrapped(text: string, width: number, hard: boolean): string[] {
  const indent = indentOf(text)
  const room = Math.max(1, width - indent.length)
  const words = text.slice(indent.length)
  return wrapAnsi(hard ? brokenAtSlashes(words, room) : words, room, { hard })
    .split('\n')
    .map((line) => indent + line)
}

/** With a line end after the last slash that fits into each line of a word that is longer than a line. */
function brokenAtSlashes(text: string, room: number): string {
  return text.replace(/\S+/g, (word) => {
    if (stringWidth(word) <= room || !word.includes('/')) return word
    const lines: string[] = []
    let line = ''
    for (const part of word.split(/(?<=\/)/)) {
      if (line !== '' && stringWidth(line + part) > room) {
        lines.push(line)
        line = part
      } else line += part
    }
    return [...lines, line].join('\n')
  })
}

const indentOf = (text: string): string => /^ */.exec(text)![0]

/** The first texts, wrapped, that fit whole into so many rows; where some do not, the last row says what `rest` makes of their number. */
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

/** The widest of some texts, in cells. */
export function widest(texts: Iterable<string>): number {
  let most = 0
  for (const text of texts) most = Math.max(most, stringWidth(text))
  return most
}
