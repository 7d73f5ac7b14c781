/** Rows of cells as aligned text, by the columns that the terminal has: `left` cells flush left, the others flush right. Pure. */
import stringWidth from 'string-width'

export function alignColumns(rows: readonly (readonly string[])[], left: readonly number[] = [0]): string[] {
  const widths: number[] = []
  for (const row of rows) {
    row.forEach((cell, column) => {
      widths[column] = Math.max(widths[column] ?? 0, stringWidth(cell))
    })
  }
  return rows.map((row) =>
    row
      .map((cell, column) => {
        const gap = ' '.repeat(widths[column]! - stringWidth(cell))
        return left.includes(column) ? cell + gap : gap + cell
      })
      .join('  ')
      .trimEnd(),
  )
}
