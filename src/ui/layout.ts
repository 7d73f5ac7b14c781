/** Widths of columns, and lists through a window. Pure; widths are terminal cells. */

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

type Size = { readonly columns: number; readonly rows: number }

/** Rows that a screen has between the steps above it and the keys below. */
export const bodyRows = ({ rows }: Pick<Size, 'rows'>): number => Math.max(4, rows - 5)

/** Cells between the margins. */
export const bodyColumns = ({ columns }: Pick<Size, 'columns'>): number => columns - 2
