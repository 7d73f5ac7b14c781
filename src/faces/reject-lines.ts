/** Rows in quarantine as plain text. Pure. */
import type { Answer, QuarantineEntry, StoredCell } from '../engine/door/index.ts'
import { formatCounted, printable } from '../ui/format.ts'

export function rejectLines(run: string, entries: readonly QuarantineEntry[]): string[] {
  const lines = [`Run ${run}: ${formatCounted(entries.length, 'row')} in quarantine`]
  for (const { tableId, ordinal, column, code, reason, cells } of entries) {
    lines.push(
      '',
      `${printable(tableId)}, row ${ordinal}${column === null ? '' : `, column ${printable(column)}`}: ${printable(reason)} (${code})`,
    )
    for (const [name, cell] of Object.entries(cells))
      lines.push(`  ${printable(name)} = ${printable(shown(cell))}`)
  }
  return lines
}

export function retryLines({ run, loaded, left }: Answer<'retryRejects'>): string[] {
  return [
    `Run ${run}: ${formatCounted(loaded, 'row')} loaded out of quarantine, ${formatCounted(left.length, 'row')} left`,
    ...left.map(
      ({ tableId, ordinal, reason, code }) =>
        `  ${printable(`${tableId}, row ${ordinal}: ${reason}`)} (${code})`,
    ),
  ]
}

/** How many characters of a longer value are shown. */
const MOST_SHOWN = 1_000

function shown(cell: StoredCell): string {
  if (cell === null) return 'null'
  if ('text' in cell) return cut(cell.text, JSON.stringify)
  if ('integer' in cell) return cell.integer
  if ('real' in cell) return cell.real
  return 'blob' in cell
    ? cut(cell.blob, (base64) => `blob ${base64}`)
    : cut(cell.textBase64, (base64) => `text (base64) ${base64}`)
}

function cut(text: string, say: (part: string) => string): string {
  if (text.length <= MOST_SHOWN) return say(text)
  const whole = formatCounted(text.length, 'character')
  return `${say(text.slice(0, MOST_SHOWN))} … (${whole}; rejects export writes them all)`
}
