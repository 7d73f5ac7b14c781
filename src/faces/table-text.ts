/**
 * Rows of cells as aligned text, by their width in a terminal: the columns numbered in `left` are flush left, the others flush right. Pure.
 */
import { toWidth, widest } from '../ui/text.ts'

export function alignColumns(rows: readonly (readonly string[])[], left: readonly number[] = [0]): string[] {
  const widths: number[] = []
  for (const row of rows) {
    row.forEach((cell, column) => {
      widths[column] = Math.max(widths[column] ?? 0, widest([cell]))
    })
  }
  return rows.map((row) =>
    row
      .map((cell, column) => toWidth(cell, widths[column]!, left.includes(column) ? 'left' : 'right'))
      .join('  ')
      .trimEnd(),
  )
}
