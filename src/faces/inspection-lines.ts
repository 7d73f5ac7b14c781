/** The contents of the databases as plain text: each column's declared type and the values that it really holds. Pure. */
import type { Answer, ColumnCensus } from '../engine/door/index.ts'
import { besidePath, formatBytes, formatCount, formatCounted, printable } from '../ui/format.ts'
import { alignColumns } from './table-text.ts'

export function inspectionLines({ discovery, catalogs, censuses }: Answer<'inspect'>): string[] {
  const lines: string[] = []
  for (const found of discovery.databases) {
    lines.push(
      `${printable(found.path)}  ${formatBytes(found.bytes)}  ${found.journalMode}  ${found.health.kind}${'detail' in found.health ? `: ${printable(besidePath(found.path, found.health.detail))}` : ''}`,
    )
    const catalog = catalogs.find((candidate) => candidate.database === found.database)
    const census = censuses.find((candidate) => candidate.database === found.database)
    for (const table of catalog?.tables ?? []) {
      const counted = census?.tables.find((candidate) => candidate.table === table.name)
      const kind =
        table.kind === 'table' ? '' : ` (${table.kind}${table.module === null ? '' : ` ${table.module}`})`
      lines.push('', `  ${printable(table.name)}${kind}: ${formatCounted(counted?.rows ?? 0, 'row')}`)
      const cells = table.columns.map((column) => {
        const values = counted?.columns.find((candidate) => candidate.name === column.name)
        return [
          `    ${printable(column.name)}`,
          printable(column.declaredType),
          values === undefined ? '' : describeValues(values),
        ]
      })
      lines.push(...alignColumns(cells, [0, 1, 2]))
    }
    lines.push('')
  }
  for (const { path, reason } of discovery.passedOver)
    lines.push(`passed over ${printable(path)}: ${printable(besidePath(path, reason))}`)
  return lines
}

function describeValues(census: ColumnCensus): string {
  const parts: string[] = []
  const add = (count: number, word: string, detail: string): void => {
    if (count > 0) parts.push(`${formatCount(count)} ${word}${detail}`)
  }
  add(census.nulls, 'null', '')
  add(
    census.integers,
    'integer',
    census.integerRange === null ? '' : ` ${census.integerRange.min}…${census.integerRange.max}`,
  )
  add(
    census.reals,
    'real',
    census.realRange === null ? '' : ` ${census.realRange.min}…${census.realRange.max}`,
  )
  add(census.texts, 'text', ` to ${formatCount(census.maxCharacters)} characters${formsOf(census)}`)
  add(census.blobs, 'blob', ` to ${formatBytes(census.maxBlobBytes)}`)
  return parts.join(' · ')
}

function formsOf({ texts, textForms }: ColumnCensus): string {
  const whole = Object.entries(textForms).filter(([, count]) => count > 0)
  if (whole.length === 0) return ''
  return ` (${whole.map(([form, count]) => (count === texts ? form : `${form} ${formatCount(count)}`)).join(', ')})`
}
