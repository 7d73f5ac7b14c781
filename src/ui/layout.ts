/** Text in columns of a fixed width, and lists through a window. Pure; widths are terminal cells. */
import stringWidth from 'string-width'

export type Align = 'left' | 'right'

/** The text in exactly `width` cells: padded, or cut at its end with `more`. */
export function toWidth(text: string, width: number, align: Align = 'left', more = '…'): string {
  const shown = stringWidth(text) <= width ? text : cutEnd(text, width, more)
  const padding = ' '.repeat(Math.max(0, width - stringWidth(shown)))
  return align === 'left' ? shown + padding : padding + shown
}

/** Cut at its end to at most `width` cells. */
export function cutEnd(text: string, width: number, more = '…'): string {
  if (stringWidth(text) <= width) return text
  return takeStart(text, Math.max(0, width - stringWidth(more))) + cutMore(more, width)
}

/** Cut in its middle: a path or a qualified name keeps both ends. */
export function cutMiddle(text: string, width: number, more = '…'): string {
  if (stringWidth(text) <= width) return text
  const room = Math.max(0, width - stringWidth(more))
  const tail = takeEnd(text, Math.ceil(room / 2))
  return takeStart(text, room - stringWidth(tail)) + cutMore(more, width) + tail
}

/** A qualified name (`schema.table`) loses of its qualifier first: the part after the last point says what it is. */
export function cutName(text: string, width: number, more = '…'): string {
  if (stringWidth(text) <= width) return text
  const point = text.lastIndexOf('.')
  const name = text.slice(point)
  const room = width - stringWidth(name) - stringWidth(more)
  if (point <= 0) return cutMiddle(text, width, more)
  return room < 2
    ? cutMiddle(text.slice(point + 1), width, more)
    : takeStart(text.slice(0, point), room) + more + name
}

const cutMore = (more: string, width: number): string => takeStart(more, width)

function takeStart(text: string, width: number): string {
  let taken = ''
  let used = 0
  for (const { segment } of segments(text)) {
    const wide = stringWidth(segment)
    if (used + wide > width) break
    taken += segment
    used += wide
  }
  return taken
}

function takeEnd(text: string, width: number): string {
  let taken = ''
  let used = 0
  for (const { segment } of [...segments(text)].reverse()) {
    const wide = stringWidth(segment)
    if (used + wide > width) break
    taken = segment + taken
    used += wide
  }
  return taken
}

const segmenter = new Intl.Segmenter()
const segments = (text: string): Iterable<{ segment: string }> => segmenter.segment(text)

/** Lines of at most `width` cells, broken between words where there are any. */
export function wrapText(text: string, width: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    let rest = word
    if (line !== '' && stringWidth(`${line} ${rest}`) <= width) {
      line += ` ${rest}`
      continue
    }
    if (line !== '') lines.push(line)
    while (stringWidth(rest) > width && width > 0) {
      const head = takeStart(rest, width)
      if (head === '') break
      lines.push(head)
      rest = rest.slice(head.length)
    }
    line = rest
  }
  lines.push(line)
  return lines
}

export type ColumnSpec = {
  /** Cells that it would like to have. */
  readonly natural: number
  /** Cells below which it is of no use. */
  readonly least: number
}

/** Widths of columns with a gap between them: as natural as there is room, the widest giving way first, never below their least. */
export function shareWidths(specs: readonly ColumnSpec[], width: number, gap = 2): number[] {
  const widths = specs.map(({ natural, least }) => Math.max(natural, least))
  let excess = widths.reduce((total, own) => total + own, 0) + gap * Math.max(0, specs.length - 1) - width
  while (excess > 0) {
    let widest = -1
    for (const [index, own] of widths.entries()) {
      if (own > specs[index]!.least && (widest < 0 || own > widths[widest]!)) widest = index
    }
    if (widest < 0) break
    widths[widest]!--
    excess--
  }
  return widths
}

/** The widest of some texts. */
export function widest(texts: Iterable<string>): number {
  let most = 0
  for (const text of texts) most = Math.max(most, stringWidth(text))
  return most
}

/** Which `height` of `count` lines are shown so that the one at `cursor` is among them, in the middle where that is possible. */
export function windowAround(
  cursor: number,
  count: number,
  height: number,
): { readonly from: number; readonly to: number } {
  const from = Math.max(0, Math.min(cursor - Math.floor(height / 2), count - height))
  return { from, to: Math.min(count, from + Math.max(0, height)) }
}

/** The cursor after moving, within the list. */
export function movedCursor(cursor: number, by: number, count: number): number {
  return Math.max(0, Math.min(count - 1, cursor + by))
}
