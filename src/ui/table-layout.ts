/** Which columns of a table fit into a width, and how wide each is. Pure. */
import { type ColumnSpec, shareWidths } from './layout.ts'
import type { Tone } from './line.tsx'
import { cutEnd, cutMiddle, cutName, toWidth, widest } from './text.ts'

export type TableColumn = {
  readonly title: string
  readonly align?: 'left' | 'right'
  /** The width below which the column is useless; by default its natural width. */
  readonly least?: number
  /** Where long text is cut: names and paths keep both ends. */
  readonly cut?: 'middle' | 'name' | 'end'
  /** When there is too little room, the columns with the highest number are dropped first; those without a number stay. */
  readonly drop?: number
}

export type TableCell = { readonly text: string; readonly tone?: Tone }
export type TableRow = {
  readonly cells: readonly TableCell[]
  /** Takes the place of all columns after `cells`. */
  readonly rest?: TableCell
}

type TableLayout = { readonly shown: readonly number[]; readonly widths: readonly number[] }

const gap = 2

export function layOutTable(
  columns: readonly TableColumn[],
  rows: readonly TableRow[],
  width: number,
): TableLayout {
  const specs = columns.map(({ title, least }, index): ColumnSpec => {
    const natural = Math.max(widest([title]), widest(rows.map(({ cells }) => cells[index]?.text ?? '')))
    return { natural, least: Math.min(natural, least ?? natural) }
  })
  const needed = (shown: readonly number[]): number =>
    shown.reduce((total, index) => total + specs[index]!.least, 0) + gap * (shown.length - 1)
  let shown = columns.map((_, index) => index)
  while (needed(shown) > width) {
    const victim = shown
      .filter((index) => columns[index]!.drop !== undefined)
      .sort((a, b) => columns[b]!.drop! - columns[a]!.drop!)[0]
    if (victim === undefined) break
    shown = shown.filter((index) => index !== victim)
  }
  return {
    shown,
    widths: shareWidths(
      shown.map((index) => specs[index]!),
      width,
      gap,
    ),
  }
}

/** Returns the cells of a row, each as wide as its column, with the gaps between them. */
export function fitRow(
  { cells, rest }: TableRow,
  columns: readonly TableColumn[],
  { shown, widths }: TableLayout,
  more: string,
): readonly TableCell[] {
  const fitted: TableCell[] = []
  for (const [place, index] of shown.entries()) {
    const space = place === 0 ? '' : ' '.repeat(gap)
    const cell = cells[index]
    if (cell === undefined) {
      if (rest === undefined) break
      const room = widths.slice(place).reduce((total, own) => total + own + gap, -gap)
      fitted.push({ ...rest, text: space + cutEnd(rest.text, room, more) })
      break
    }
    const { align = 'left', cut = 'end' } = columns[index]!
    const width = widths[place]!
    const text =
      cut === 'middle'
        ? cutMiddle(cell.text, width, more)
        : cut === 'name'
          ? cutName(cell.text, width, more)
          : cell.text
    fitted.push({ ...cell, text: space + toWidth(text, width, align, more) })
  }
  return fitted
}
