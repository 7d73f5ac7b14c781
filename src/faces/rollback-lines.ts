/** What a rollback would remove, and what it removed, as plain text. Pure. */
import type { Answer } from '../engine/door/index.ts'
import { formatCounted, printable } from '../ui/format.ts'
import { alignColumns } from './table-text.ts'

/** The number of tables listed by name; the rest are counted. */
const mostTables = 20

type Preview = Omit<Answer<'previewRollback'>, 'database'>

export function rollbackPreviewLines(
  { run, objects, tables, changes }: Preview,
  isVerbose: boolean,
): string[] {
  const rows = tables.reduce((total, table) => total + table.rows, 0)
  const others = objects.filter(({ kind }) => kind !== 'table')
  const ownTables = tables.filter(({ isFilled }) => !isFilled)
  const filled = tables.filter(({ isFilled }) => isFilled)
  const most = isVerbose ? tables.length : mostTables
  const listed = tables.toSorted((a, b) => b.rows - a.rows).slice(0, most)
  const lines = [
    `Rolling back run ${run} removes ${formatCounted(rows, 'row')}:`,
    ...(ownTables.length > 0 ? [`  ${formatCounted(ownTables.length, 'table')} that the run created`] : []),
    ...(filled.length > 0
      ? [
          `  its rows from ${formatCounted(filled.length, 'table')} that ${filled.length === 1 ? 'was' : 'were'} there before it`,
        ]
      : []),
    ...(others.length > 0 ? [`  ${countKinds(others.map(({ kind }) => kind))}`] : []),
    '',
    ...alignColumns(
      listed.map((table) => [
        `  ${printable(`${table.table.schema}.${table.table.table}`)}`,
        formatCounted(table.rows, 'row'),
      ]),
      [0],
    ),
  ]
  if (tables.length > listed.length) lines.push(`  … and ${tables.length - listed.length} more`)
  if (changes.length > 0) lines.push('', 'Changed since the run')
  for (const change of changes.slice(0, most)) lines.push(`  ${printable(change)}`)
  if (changes.length > most) lines.push(`  … and ${changes.length - most} more tables`)
  return lines
}

/** What a run would remove before it begins copying. */
export function removesLines(
  { rollback, emptied }: NonNullable<Answer<'runAll'>['removes']>,
  isVerbose: boolean,
): string[] {
  const lines: string[] = []
  if (rollback !== null) lines.push('', 'Before it begins', ...rollbackPreviewLines(rollback, isVerbose))
  if (emptied.length > 0) {
    const rows = emptied.reduce((total, table) => total + table.rows, 0)
    lines.push('', `Before it begins, --truncate removes ${formatCounted(rows, 'row')}:`)
    for (const table of emptied)
      lines.push(`  ${printable(`${table.schema}.${table.table}`)}  ${formatCounted(table.rows, 'row')}`)
  }
  return lines
}

export function rolledBackLines({ run, removed, removedRows, kept }: Answer<'rollBack'>): string[] {
  const counted =
    removed.length === 0
      ? 'nothing that it created was left'
      : `${countKinds(removed.map(({ kind }) => kind))} removed`
  const rows =
    removedRows === 0
      ? ''
      : `, and ${formatCounted(removedRows, 'row')} from tables that were there before it`
  return [
    `Rolled back run ${run}: ${counted}${rows}.`,
    ...kept.map(
      ({ object, reason }) => `  kept ${object.kind} ${printable(object.name)}: ${printable(reason)}`,
    ),
  ]
}

/** "20 tables, 3 schemas". */
function countKinds(kinds: readonly string[]): string {
  const order = ['table', 'view', 'type', 'schema', 'extension']
  return order
    .flatMap((kind) => {
      const count = kinds.filter((one) => one === kind).length
      return count === 0 ? [] : [formatCounted(count, kind)]
    })
    .join(', ')
}
