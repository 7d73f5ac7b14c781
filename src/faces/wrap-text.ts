/** A text as lines of at most so many columns, broken at spaces; a longer word gets a line of its own. Pure. */
import stringWidth from 'string-width'

export function wrapText(text: string, columns: number): string[] {
  const lines: string[] = []
  for (const word of text.split(' ')) {
    const last = lines.at(-1)
    if (last !== undefined && stringWidth(last) + 1 + stringWidth(word) <= columns)
      lines[lines.length - 1] = `${last} ${word}`
    else lines.push(word)
  }
  return lines
}

/** Wrapped lines of which all but the first are set in by `indent` columns more than the text itself is. */
export function wrapHanging(text: string, columns: number, indent: number): string[] {
  const start = text.length - text.trimStart().length
  const margin = ' '.repeat(start)
  const [first = '', ...rest] = wrapText(text.trimStart(), columns - start - indent)
  return [margin + first, ...rest.map((line) => margin + ' '.repeat(indent) + line)]
}
