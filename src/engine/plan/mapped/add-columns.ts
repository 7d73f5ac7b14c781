/**
 * Source columns for which the plan has no column: they are added, archived, or dropped by the user's choice. Invariant: an added column
 * has the type that the census proves lossless.
 */
import { changeTo } from '../../model/plan-edit.ts'
import { plainColumn } from '../../model/target-schema.ts'
import { NamePool, resolveNames } from '../../syntax/target-names.ts'
import { fitSource } from '../base/fit.ts'
import { columnCensus, find, type MappedTable, sourceColumn, valuesIn, valuesOf } from '../base/planning.ts'
import { examineColumn } from '../evidence/column-facts.ts'
import { declaredEpoch } from '../evidence/declared-epoch.ts'
import { typeColumn } from '../typing/type-column.ts'
import { editedType } from './map-values.ts'

/** Adds a column for the row's id in the source when neither the UUID nor another column preserves it. */
export function keepIdentity(source: MappedTable): void {
  const { identity, homes, draft } = source
  if (identity.target === null || identity.column === null || identity.isPlain) return
  const isKey = draft.columns.some(
    ({ name, sequence }) => sequence !== null && homes.get(name) === identity.column,
  )
  if (!isKey) keepOriginal(source, identity.target, identity.column)
}

/** Adds `source_<target>` with the column's own values; returns the name of the added column. */
export function keepOriginal(source: MappedTable, target: string, column: string): string {
  return addColumn(source, column, `source_${target}`)
}

/** Adds source columns without a home with a lossless type, or archives or drops them, by the user's choice. */
export function addUnmapped(source: MappedTable): void {
  const { edits, options } = source.planning
  const { tableId, mapping } = source
  const homeless = source.table.columns.map(({ name }) => name).filter((name) => !hasHome(source, name))
  for (const column of homeless) {
    const edited = changeTo(edits, tableId, column, 'unmapped')?.fate
    const isLeftOut = changeTo(edits, tableId, column, 'exclude') ?? mapping.leaveOut?.[column]
    const fate = edited ?? (isLeftOut === undefined ? mapping.unmapped : 'drop') ?? options.unmapped
    if (fate === 'archive' || fate === 'drop') {
      source.unmapped.push({ column, fate })
      find(source, column, {
        severity: fate === 'drop' ? 'warning' : 'notice',
        code: fate === 'drop' ? 'column-dropped' : 'column-archived',
        message: `${source.table.name}.${column} has no column in ${source.draft.designedName}; ${fate === 'drop' ? 'its values are dropped, as you asked' : 'its values go to the archive'}.`,
        count: valuesIn(columnCensus(source.census, column)),
      })
      continue
    }
    if (fate === 'fail') {
      find(source, column, {
        severity: 'error',
        code: 'unmapped-column',
        message: `${source.table.name}.${column} has no column in ${source.draft.designedName}.`,
        hint: 'Use --unmapped add or archive, or name its target in a mapping file.',
      })
    }
    const wanted = changeTo(edits, tableId, column, 'target')?.name ?? mapping.rename?.[column] ?? column
    const name = addColumn(source, column, wanted)
    find(source, column, {
      severity: 'notice',
      code: 'column-added',
      message: `${source.table.name}.${column} has no column in the plan; it becomes ${source.draft.designedName}.${name}.`,
    })
  }
}

/** Whether the column's values are kept somewhere from which they can be recovered. */
function hasHome(source: MappedTable, column: string): boolean {
  if (source.unmapped.some((entry) => entry.column === column)) return true
  if (source.gathered.includes(column)) return true
  const { pivot } = source
  if (pivot !== null && [pivot.name, pivot.value, ...pivot.archived].includes(column)) return true
  return [...source.origins.values()].some((origin) => origin.kind === 'column' && origin.column === column)
}

function addColumn(source: MappedTable, column: string, wanted: string): string {
  const { draft, database, table, census, origins } = source
  const pool = new NamePool(draft.columns.map(({ name }) => name))
  const { options, edits } = source.planning
  const rules = { identifiers: options.identifiers, of: 'columns' } as const
  const fitted = resolveNames([wanted], rules).get(wanted)!
  const name = pool.claim(pool.has(fitted) && !fitted.startsWith('source_') ? `source_${fitted}` : fitted)
  const values = columnCensus(census, column)
  const at = valuesOf(source, column)
  const counted = { column: sourceColumn(source, column), census: values, options }
  const declared = declaredEpoch(options, edits, { database, table: table.name, column })
  const typing = typeColumn(examineColumn(counted, at, declared), at)
  const edited = editedType(source, column, name)
  const fit = edited === null ? null : fitSource(source, column, edited)
  for (const finding of typing.findings) find(source, column, finding)
  const comment = `From ${table.name}.${column} of ${database}.`
  draft.columns.push(plainColumn(name, fit?.type ?? typing.type, { origin: 'added', comment }))
  origins.set(name, { kind: 'column', column, conversion: fit?.conversion ?? typing.conversion })
  return name
}
