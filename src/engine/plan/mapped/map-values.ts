/**
 * Maps the values of a source column into a planned column, by its type or by a closed list of spellings. Invariant: refused values are
 * a finding, and a widened type is an amendment.
 */
import { formatCounted } from '../../model/format-count.ts'
import { changeTo } from '../../model/plan-edit.ts'
import type { TargetColumn } from '../../model/target-schema.ts'
import { changeColumn } from '../base/designed-tables.ts'
import { epochFinding } from '../base/epoch-finding.ts'
import { type Fit, fitSource } from '../base/fit.ts'
import { notJsonFinding } from '../base/not-json-finding.ts'
import { columnCensus, find, type MappedTable, valuesIn, valuesOf, wordsFor } from '../base/planning.ts'
import { distinctTexts } from '../evidence/questions.ts'
import { spellType } from '../evidence/spell-type.ts'

export function mapByType(source: MappedTable, target: TargetColumn, column: string): void {
  const fit = fitSource(source, column, editedType(source, column, target.name) ?? target.type, {
    mapped: wordsFor(source, target.name).epoch,
  })
  source.origins.set(target.name, { kind: 'column', column, conversion: fit.conversion })
  if (fit.type !== target.type) changeColumn(source.draft, target.name, { type: fit.type })
  reportOverflow(source, target, column, fit)
  const { tableId, table, draft } = source
  const place = { tableId, table: table.name, column, target: `${draft.designedName}.${target.name}` }
  const epoch = epochFinding(fit.epoch, place, 'warning')
  if (epoch !== null) find(source, column, epoch)
  if (fit.conversion.kind === 'json' && fit.conversion.text === 'document') {
    const census = columnCensus(source.census, column)
    const notJson = notJsonFinding(valuesOf(source, column), fit.conversion, { ...place, census })
    if (notJson !== null) find(source, column, notJson)
  }
  if (fit.refused > 0) {
    find(source, column, {
      severity: 'warning',
      code: 'values-refused',
      message: `${source.table.name}.${column} holds ${formatCounted(fit.refused, 'value')} that ${fit.type} cannot hold (${fit.code}); those rows go to quarantine.`,
      hint: 'Change the type, or the column that it goes to.',
      count: fit.refused,
      fixes: [{ tableId: source.tableId, column, change: { kind: 'type', type: 'text' } }],
    })
  }
}

function reportOverflow(source: MappedTable, target: TargetColumn, column: string, fit: Fit): void {
  if (fit.overflow === null) return
  const { draft, table, tableId } = source
  if (fit.type !== target.type) {
    source.planning.notes.amend(
      'type-widened',
      draft.designedName,
      `${target.name} is ${fit.type} where the plan has ${target.type}: ${table.name}.${column} holds ${fit.overflow.what}.`,
    )
    return
  }
  find(source, column, {
    severity: 'warning',
    code: 'overflow',
    message: `${table.name}.${column} holds ${fit.overflow.what}, beyond ${target.type}; those rows go to quarantine.`,
    hint: `Widen ${target.name} to ${fit.overflow.wider}.`,
    fixes: [{ tableId, column, change: { kind: 'type', type: fit.overflow.wider } }],
  })
}

/** Maps by a closed list of spellings. When others may stay, they join the list: a snapshot gets no further values. */
export function mapEnumeration(source: MappedTable, target: TargetColumn, column: string): void {
  const words = wordsFor(source, target.name).enumeration!
  const census = columnCensus(source.census, column)
  const texts = distinctTexts(valuesOf(source, column), 1_000)
  const isKnown = (value: string): boolean => words.values[value.trim().toLowerCase()] !== undefined
  const others = texts?.filter(({ value }) => !isKnown(value)) ?? []
  const numbers = valuesIn(census) - census.texts
  if (words.others === 'keep' && (texts === null || numbers > 0)) {
    mapByType(source, target, column)
    return
  }
  const values: Record<string, string> = { ...words.values }
  if (words.others === 'keep') for (const { value } of others) values[value] = value
  const fit = fitSource(source, column, target.type)
  if (fit.type !== target.type) changeColumn(source.draft, target.name, { type: fit.type })
  reportOverflow(source, target, column, fit)
  const maxCharacters = fit.conversion.kind === 'text' ? fit.conversion.maxCharacters : null
  source.origins.set(target.name, {
    kind: 'column',
    column,
    conversion: { kind: 'enumeration', values, maxCharacters },
  })
  const refused = words.others === 'keep' ? 0 : others.reduce((sum, { count }) => sum + count, numbers)
  if (refused === 0) return
  find(source, column, {
    severity: 'warning',
    code: 'not-in-enumeration',
    message: `${source.table.name}.${column} holds ${formatCounted(refused, 'value')} other than ${[...new Set(Object.values(words.values))].join(', ')}; those rows go to quarantine.`,
    count: refused,
    samples: others.slice(0, 5).map(({ value, count }) => ({ key: formatCounted(count, 'row'), value })),
  })
}

/** Returns the type that the user gave the column, under its source or target name; null without one. */
export function editedType(source: MappedTable, column: string, target: string): string | null {
  const { edits } = source.planning
  const change =
    changeTo(edits, source.tableId, column, 'type') ?? changeTo(edits, source.tableId, target, 'type')
  return change === undefined ? null : spellType(change.type)
}
