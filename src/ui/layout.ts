/** Column widths and scrolling windows. Pure; widths are in terminal cells. */
import { formatCount } from './format.ts'

export type ColumnSpec = {
  /** The width at which nothing is cut. */
  readonly natural: number
  /** The width below which the column is useless. */
  readonly least: number
}

/**
 * Returns the widths of columns with `gap` cells between them: natural widths if they fit; else the widest columns shrink first, and go
 * below their `least` only when all are there. A row never exceeds `width` as long as every column can have a cell.
 */
export function shareWidths(specs: readonly ColumnSpec[], width: number, gap = 2): number[] {
  const widths = specs.map(({ natural, least }) => Math.max(natural, least))
  const room = width - gap * Math.max(0, specs.length - 1)
  shrink(
    widths,
    specs.map(({ least }) => least),
    room,
  )
  shrink(
    widths,
    specs.map(() => 1),
    room,
  )
  return widths
}

/** Takes one cell at a time from the widest column, until the columns fit into `room` or each is at its floor. */
function shrink(widths: number[], floors: readonly number[], room: number): void {
  let excess = widths.reduce((total, own) => total + own, 0) - room
  while (excess > 0) {
    let widest = -1
    for (const [index, own] of widths.entries()) {
      if (own > floors[index]! && (widest < 0 || own > widths[widest]!)) widest = index
    }
    if (widest < 0) return
    widths[widest]!--
    excess--
  }
}

/** Returns which `height` of `count` lines to show, with the one at `cursor` in the middle if possible. */
export function windowAround(
  cursor: number,
  count: number,
  height: number,
): { readonly from: number; readonly to: number } {
  const from = Math.max(0, Math.min(cursor - Math.floor(height / 2), count - height))
  return { from, to: Math.min(count, from + Math.max(0, height)) }
}

/** `3 above · 12 below`: the number of entries outside the window; '' when there are none. */
export function hiddenWords(above: number, below: number, dot: string): string {
  const words = [
    above > 0 ? `${formatCount(above)} above` : '',
    below > 0 ? `${formatCount(below)} below` : '',
  ]
  return words.filter((word) => word !== '').join(` ${dot} `)
}

/** Returns the cursor after a move, kept within the list. */
export function movedCursor(cursor: number, by: number, count: number): number {
  return Math.max(0, Math.min(count - 1, cursor + by))
}

type Size = { readonly columns: number; readonly rows: number }

/** The rows between the steps at the top of a screen and the keys at its bottom. */
export const bodyRows = ({ rows }: Pick<Size, 'rows'>): number => Math.max(4, rows - 5)

/** The cells between the margins. */
export const bodyColumns = ({ columns }: Pick<Size, 'columns'>): number => columns - 2
