/** Widths of columns, and lists through a window. Pure; widths are terminal cells. */
import { formatCount } from './format.ts'

export type ColumnSpec = {
  /** Cells that it would like to have. */
  readonly natural: number
  /** Cells below which it is of no use. */
  readonly least: number
}

/**
 * Widths of columns with a gap between them: as natural as there is room, the widest giving way first; below their least only where
 * even that is too much, since a row never gets longer than `width` as long as every column has a cell.
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

/** Takes cells from the widest, one by one, until all fit into the room or none is above its floor. */
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

/** Which `height` of `count` lines are shown so that the one at `cursor` is among them, in the middle where that is possible. */
export function windowAround(
  cursor: number,
  count: number,
  height: number,
): { readonly from: number; readonly to: number } {
  const from = Math.max(0, Math.min(cursor - Math.floor(height / 2), count - height))
  return { from, to: Math.min(count, from + Math.max(0, height)) }
}

/** `3 above · 12 below`: what of a list is out of sight; '' where nothing is. */
export function hiddenWords(above: number, below: number, dot: string): string {
  const words = [
    above > 0 ? `${formatCount(above)} above` : '',
    below > 0 ? `${formatCount(below)} below` : '',
  ]
  return words.filter((word) => word !== '').join(` ${dot} `)
}

/** The cursor after moving, within the list. */
export function movedCursor(cursor: number, by: number, count: number): number {
  return Math.max(0, Math.min(count - 1, cursor + by))
}

type Size = { readonly columns: number; readonly rows: number }

/** Rows that a screen has between the steps above it and the keys below. */
export const bodyRows = ({ rows }: Pick<Size, 'rows'>): number => Math.max(4, rows - 5)

/** Cells between the margins. */
export const bodyColumns = ({ columns }: Pick<Size, 'columns'>): number => columns - 2
