/** Numbers, sizes, times and names as shown on screen and in reports. Pure. */
import { formatCount, formatCounted } from '../model/format-count.ts'
import type { Plan, TablePlan } from '../model/plan.ts'
import type { ReportTable } from '../model/report.ts'

export { formatCount, formatCounted }

/** Powers of 1,000: `12 KB`, `1.2 MB`, `188 MB`. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'KB', 'MB', 'GB', 'TB']
  let value = bytes
  let unit = 0
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000
    unit++
  }
  return `${unit > 0 && value < 9.95 ? value.toFixed(1) : Math.round(value)} ${units[unit]}`
}

/** `12 ms`, `0.4 s`, `12 s`, `3 min 05 s`, `2 h 03 min`. */
export function formatDuration(ms: number): string {
  const seconds = ms / 1000
  if (seconds < 0.0995) return `${Math.round(ms)} ms`
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`
  if (seconds < 59.5) return `${Math.round(seconds)} s`
  const whole = Math.round(seconds)
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, '0')} s`
  const minutes = Math.round(seconds / 60)
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, '0')} min`
}

/** `0:02`, `12:40`, `1:02:05`. */
export function formatClock(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000))
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60]
  const shown = parts[0] === 0 ? parts.slice(1) : parts
  return shown.map((part, index) => (index === 0 ? String(part) : String(part).padStart(2, '0'))).join(':')
}

/** Rows per second: `909,000/s`, rounded to three significant digits. */
export function formatRate(rowsPerSecond: number | null): string {
  if (rowsPerSecond === null) return ''
  const digits = Math.max(0, Math.floor(Math.log10(Math.max(rowsPerSecond, 1))) - 2)
  return `${formatCount(Math.round(rowsPerSecond / 10 ** digits) * 10 ** digits)}/s`
}

/**
 * Makes untrusted text safe for a terminal or a page: control characters (with which escape sequences begin), invisible characters, those
 * that change the direction of writing, and lone surrogates become visible escapes.
 */
export function printable(text: string): string {
  return text.replace(unprintable, (character) => {
    const code = character.codePointAt(0)!.toString(16)
    return code.length > 4 ? `\\u{${code}}` : `\\u${code.padStart(4, '0')}`
  })
}

/** Makes text of several lines safe, line by line; tabs stay. */
export function printableText(text: string): string {
  return text
    .split(/\r\n|[\r\n]/)
    .map((line) => line.split('\t').map(printable).join('\t'))
    .join('\n')
}

/** Prints JSON for a terminal or a pipe: the characters that `printable` escapes become JSON escapes, so that the value stays the same. */
export function printableJson(value: unknown, indent?: number): string {
  return JSON.stringify(value, null, indent).replace(unprintableInJson, (character) =>
    [...Array(character.length).keys()]
      .map((at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, '0')}`)
      .join(''),
  )
}

/** JSON.stringify itself escapes U+0000 to U+001F and lone surrogates; its own line breaks stay. */
const unprintableInJson = /[\u007f-\u009f\p{Cf}\p{Co}\p{Cn}\p{Zl}\p{Zp}]/gu

/** Unicode's categories: control, format, surrogate, private use and unassigned characters; line and paragraph separators. */
const unprintable = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}]/gu

/** Returns the name of a target table that several databases share, with the database. */
export function withOrigin(target: string, origin: string | undefined): string {
  return origin === undefined ? target : `${target} (${origin})`
}

/** Returns the target table of the rows, or the column into which they were folded; null for a table that is left out. */
export function targetNameOf({ target, origin }: Pick<ReportTable, 'target' | 'origin'>): string | null {
  if (target === null) return null
  if ('fold' in target) return `${target.fold.schema}.${target.fold.table}.${target.fold.column}`
  return withOrigin(`${target.schema}.${target.table}`, origin)
}

/** The same for a planned table, without its origin. */
export function plannedNameOf({ fate }: TablePlan, plan: Plan): string | null {
  if (fate.kind === 'exclude') return null
  if (fate.kind === 'copy') return `${fate.copy.target.schema}.${fate.copy.target.table}`
  const parent = plan.tables.find(({ id }) => id === fate.into)
  const into = parent?.fate.kind === 'copy' ? plannedNameOf(parent, plan) : fate.into
  return `${into}.${fate.column}`
}

export const roundedIn = ({ columns }: Pick<ReportTable, 'columns'>): number =>
  sumOf(columns, ({ cells }) => cells.rounded)

export function sumOf<T>(items: readonly T[], value: (item: T) => number): number {
  return items.reduce((total, item) => total + value(item), 0)
}
