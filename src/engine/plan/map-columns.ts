/**
 * Where each target column of a mapped table comes from, and a home for every source column. Invariant: when `mapColumns` is done,
 * every target column has an origin and every source column is carried, archived or dropped at the user's word.
 */
import type { Conversion } from '../model/conversion.ts'
import { MigrateError } from '../model/errors.ts'
import type { Finding } from '../model/finding.ts'
import type { PlanEdit } from '../model/plan.ts'
import type { TargetColumn } from '../model/target-schema.ts'
import { conversionTo } from './conversion-to.ts'
import { changeColumn, spellType } from './designed-tables.ts'
import { counted } from './findings.ts'
import { type Fit, fitColumn } from './fit.ts'
import { mapReference } from './map-reference.ts'
import { fitIdentifier, NamePool } from './names.ts'
import {
  addressOf,
  columnCensus,
  editsOf,
  type MappedTable,
  noValues,
  type Planning,
  sourceColumn,
  undeclared,
  valuesIn,
  wordsFor,
} from './planning.ts'
import { distinctTexts, largestTextNumber, usualText } from './questions.ts'
import { typeColumn } from './typing.ts'

export function mapColumns(planning: Planning, tables: readonly MappedTable[], source: MappedTable): void {
  const { draft, origins } = source
  for (const target of [...draft.columns]) {
    if (!origins.has(target.name)) mapPlannedColumn(planning, tables, source, target)
  }
  keepIdentity(planning, source)
  addUnmapped(planning, source)
}

function mapPlannedColumn(
  planning: Planning,
  tables: readonly MappedTable[],
  source: MappedTable,
  target: TargetColumn,
): void {
  const { origins, homes, feeds, mapping } = source
  const words = wordsFor(source, target.name)
  const column = homes.get(target.name) ?? feeds.get(target.name) ?? null
  const isShaped = mapping.pivot?.column === target.name
  if (target.sequence !== null) mapKey(planning, source, target, column)
  else if (source.identity.target === target.name) mapIdentity(source, target)
  else if (isShaped && source.pivot !== null) origins.set(target.name, { kind: 'pivot' })
  else if (isShaped && source.gathered.length > 0) {
    origins.set(target.name, { kind: 'gather', columns: source.gathered })
  } else if (words.expression !== undefined || words.constant !== undefined)
    mapGiven(planning, source, target)
  else if (column === null) mapNothing(planning, source, target)
  else if (words.references !== undefined) {
    mapReference(planning, tables, source, target, column, keepOriginal)
  } else mapColumn(planning, source, target, column)
}

function mapColumn(planning: Planning, source: MappedTable, target: TargetColumn, column: string): void {
  const { table, census, database, draft } = source
  const values = columnCensus(census, column)
  if (!target.nullable && census.rows > 0 && values.nulls === census.rows) {
    const why = `${table.name}.${column} of ${database} holds nothing but nulls`
    mapNothing(planning, source, target, why, column)
    return
  }
  if (wordsFor(source, target.name).enumeration !== undefined)
    mapEnumeration(planning, source, target, column)
  else mapByType(planning, source, target, column)
  if (target.nullable || values.nulls === 0) return
  find(planning, source, column, {
    severity: 'warning',
    code: 'null-in-not-null',
    message: `${table.name}.${column} is null in ${counted(values.nulls, 'row')}, and ${draft.designedName}.${target.name} must not be; ${values.nulls === 1 ? 'that row goes' : 'those rows go'} to quarantine.`,
    count: values.nulls,
  })
}

/** The integer key keeps its values; without one it is the rowid, or the row's number. */
function mapKey(planning: Planning, source: MappedTable, target: TargetColumn, column: string | null): void {
  const { census, origins, table, draft } = source
  const range =
    column === null || source.pivot !== null ? census.rowids : columnCensus(census, column).integerRange
  const isLarge =
    range !== null && (BigInt(range.max) > 2_147_483_647n || BigInt(range.min) < -2_147_483_648n)
  if (isLarge && target.type === 'integer') {
    changeColumn(draft, target.name, { type: 'bigint', sequence: 'bigserial' })
    planning.notes.amend(
      'type-widened',
      draft.designedName,
      `${target.name} is bigserial where the plan has serial: the source's keys go up to ${range.max}.`,
    )
  }
  const bytes = isLarge || target.type === 'bigint' ? 8 : 4
  const conversion: Conversion = { kind: 'integer', bytes, form: 'integer' }
  if (source.pivot !== null) origins.set(target.name, { kind: 'rowid', conversion })
  else if (column !== null) origins.set(target.name, { kind: 'column', column, conversion })
  else origins.set(target.name, { kind: table.key.kind === 'rowid' ? 'rowid' : 'row-number', conversion })
}

/** A UUID is itself; any other id makes one, the same wherever that row is named. */
function mapIdentity(source: MappedTable, target: TargetColumn): void {
  const { identity, role, roleTable, origins, table } = source
  const conversion: Conversion = {
    kind: 'uuid-of-id',
    database: role,
    table: roleTable,
    form: identity.isPlain ? 'lower' : 'none',
  }
  if (identity.column !== null)
    origins.set(target.name, { kind: 'column', column: identity.column, conversion })
  else origins.set(target.name, { kind: table.key.kind === 'rowid' ? 'rowid' : 'row-number', conversion })
}

/** The source's own spelling of the row's id, where the UUID doesn't say it and no other column keeps it. */
function keepIdentity(planning: Planning, source: MappedTable): void {
  const { identity, homes, draft } = source
  if (identity.target === null || identity.column === null || identity.isPlain) return
  const isKey = draft.columns.some(
    ({ name, sequence }) => sequence !== null && homes.get(name) === identity.column,
  )
  if (!isKey) keepOriginal(planning, source, identity.target, identity.column)
}

/** Adds `source_<target>` with the column's own values; gives the name of the added column. */
export function keepOriginal(
  planning: Planning,
  source: MappedTable,
  target: string,
  column: string,
): string {
  return addColumn(planning, source, column, `source_${target}`)
}

function mapGiven(planning: Planning, source: MappedTable, target: TargetColumn): void {
  const { constant, expression } = wordsFor(source, target.name)
  const conversion = conversionTo(target.type, undeclared, noValues, planning.options)
  if (conversion === null) throw unknownType(source, target.name, target.type)
  if (expression !== undefined) {
    source.expressions.push(expression)
    source.origins.set(target.name, {
      kind: 'expression',
      expression: source.expressions.length - 1,
      conversion,
    })
  } else source.origins.set(target.name, { kind: 'constant', value: constant ?? null, conversion })
}

/** Null in every row. A column that must not be null becomes one that may, where there are rows. */
function mapNothing(
  planning: Planning,
  source: MappedTable,
  target: TargetColumn,
  why = `${source.table.name} of ${source.database} has no such column`,
  column: string | null = null,
): void {
  const { draft, origins, census } = source
  if (column === null) origins.set(target.name, { kind: 'nothing' })
  else mapByType(planning, source, target, column)
  if (target.nullable || census.rows === 0) return
  changeColumn(draft, target.name, { nullable: true })
  planning.notes.amend(
    'nullable',
    draft.designedName,
    `${target.name} may be null where the plan has not null: ${why}.`,
  )
}

function mapByType(planning: Planning, source: MappedTable, target: TargetColumn, column: string): void {
  const fit = fitSource(
    planning,
    source,
    column,
    editedType(planning, source, column, target.name) ?? target.type,
  )
  source.origins.set(target.name, { kind: 'column', column, conversion: fit.conversion })
  if (fit.type !== target.type) changeColumn(source.draft, target.name, { type: fit.type })
  tellOverflow(planning, source, target, column, fit)
  if (fit.refused > 0) {
    find(planning, source, column, {
      severity: 'warning',
      code: 'values-refused',
      message: `${source.table.name}.${column} holds ${counted(fit.refused, 'value')} that ${fit.type} cannot hold (${fit.code}); those rows go to quarantine.`,
      hint: 'Change the type, or the column that it goes to.',
      count: fit.refused,
      fixes: [{ tableId: source.tableId, column, change: { kind: 'type', type: 'text' } }],
    })
  }
}

function tellOverflow(
  planning: Planning,
  source: MappedTable,
  target: TargetColumn,
  column: string,
  fit: Fit,
): void {
  if (fit.overflow === null) return
  const { draft, table, tableId } = source
  if (fit.type !== target.type) {
    planning.notes.amend(
      'type-widened',
      draft.designedName,
      `${target.name} is ${fit.type} where the plan has ${target.type}: ${table.name}.${column} holds ${fit.overflow.what}.`,
    )
    return
  }
  find(planning, source, column, {
    severity: 'warning',
    code: 'overflow',
    message: `${table.name}.${column} holds ${fit.overflow.what}, beyond ${target.type}; those rows go to quarantine.`,
    hint: `Widen ${target.name} to ${fit.overflow.wider}.`,
    fixes: [{ tableId, column, change: { kind: 'type', type: fit.overflow.wider } }],
  })
}

function fitSource(planning: Planning, source: MappedTable, column: string, type: string): Fit {
  const address = addressOf(source, column)
  return fitColumn(
    spellType(type),
    sourceColumn(source, column),
    columnCensus(source.census, column),
    planning.options,
    {
      sample: () => usualText(planning.queries, address),
      largestTextNumber: () => largestTextNumber(planning.queries, address),
    },
  )
}

/** A closed list of spellings. Where others may stay they join the list: a snapshot has no values but those seen. */
function mapEnumeration(planning: Planning, source: MappedTable, target: TargetColumn, column: string): void {
  const words = wordsFor(source, target.name).enumeration!
  const census = columnCensus(source.census, column)
  const texts = distinctTexts(planning.queries, addressOf(source, column), 1_000)
  const isKnown = (value: string): boolean => words.values[value.trim().toLowerCase()] !== undefined
  const others = texts?.filter(({ value }) => !isKnown(value)) ?? []
  const numbers = valuesIn(census) - census.texts
  if (words.others === 'keep' && (texts === null || numbers > 0)) {
    mapByType(planning, source, target, column)
    return
  }
  const values: Record<string, string> = { ...words.values }
  if (words.others === 'keep') for (const { value } of others) values[value] = value
  const fit = fitSource(planning, source, column, target.type)
  if (fit.type !== target.type) changeColumn(source.draft, target.name, { type: fit.type })
  tellOverflow(planning, source, target, column, fit)
  const maxCharacters = fit.conversion.kind === 'text' ? fit.conversion.maxCharacters : null
  source.origins.set(target.name, {
    kind: 'column',
    column,
    conversion: { kind: 'enumeration', values, maxCharacters },
  })
  const refused = words.others === 'keep' ? 0 : others.reduce((sum, { count }) => sum + count, numbers)
  if (refused === 0) return
  find(planning, source, column, {
    severity: 'warning',
    code: 'not-in-enumeration',
    message: `${source.table.name}.${column} holds ${counted(refused, 'value')} other than ${[...new Set(Object.values(words.values))].join(', ')}; those rows go to quarantine.`,
    count: refused,
    samples: others.slice(0, 5).map(({ value, count }) => ({ key: counted(count, 'row'), value })),
  })
}

/** Source columns without a home, by the user's choice: added with a type that loses nothing, archived, or dropped. */
function addUnmapped(planning: Planning, source: MappedTable): void {
  const homeless = source.table.columns.map(({ name }) => name).filter((name) => !hasHome(source, name))
  for (const column of homeless) {
    const change = editsOf(planning, source.tableId, column).find(
      ({ kind }) => kind === 'unmapped' || kind === 'exclude',
    )
    const fate = fateOf(change) ?? source.mapping.unmapped ?? planning.options.unmapped
    if (fate === 'archive' || fate === 'drop') {
      source.unmapped.push({ column, fate })
      find(planning, source, column, {
        severity: fate === 'drop' ? 'warning' : 'notice',
        code: fate === 'drop' ? 'column-dropped' : 'column-archived',
        message: `${source.table.name}.${column} has no column in ${source.draft.designedName}; ${fate === 'drop' ? 'its values are dropped, as you asked' : 'its values go to the archive'}.`,
        count: valuesIn(columnCensus(source.census, column)),
      })
      continue
    }
    if (fate === 'fail') {
      find(planning, source, column, {
        severity: 'error',
        code: 'unmapped-column',
        message: `${source.table.name}.${column} has no column in ${source.draft.designedName}.`,
        hint: 'Take --unmapped add or archive, or name its target in a mapping file.',
      })
    }
    const renamed = editsOf(planning, source.tableId, column).find(({ kind }) => kind === 'target')
    const wanted = renamed?.kind === 'target' ? renamed.name : (source.mapping.rename?.[column] ?? column)
    const name = addColumn(planning, source, column, wanted)
    find(planning, source, column, {
      severity: 'notice',
      code: 'column-added',
      message: `${source.table.name}.${column} has no column in the plan; it becomes ${source.draft.designedName}.${name}.`,
    })
  }
}

function fateOf(change: PlanEdit['change'] | undefined): 'add' | 'archive' | 'drop' | null {
  if (change?.kind === 'exclude') return 'drop'
  return change?.kind === 'unmapped' ? change.fate : null
}

/** Whether the column's values are carried somewhere from which they can be had again. */
export function hasHome(source: MappedTable, column: string): boolean {
  if (source.unmapped.some((entry) => entry.column === column)) return true
  if (source.gathered.includes(column)) return true
  const { pivot } = source
  if (pivot !== null && [pivot.name, pivot.value, ...pivot.archived].includes(column)) return true
  return [...source.origins.values()].some((origin) => origin.kind === 'column' && origin.column === column)
}

function addColumn(planning: Planning, source: MappedTable, column: string, wanted: string): string {
  const { draft, tableId, database, table, census, origins } = source
  const pool = new NamePool(draft.columns.map(({ name }) => name))
  const fitted = fitIdentifier(wanted)
  const name = pool.claim(pool.has(fitted) && !fitted.startsWith('source_') ? `source_${fitted}` : fitted)
  const values = columnCensus(census, column)
  const sample = values.texts > 0 ? usualText(planning.queries, addressOf(source, column)) : null
  const typing = typeColumn(sourceColumn(source, column), values, planning.options, sample)
  const edited = editedType(planning, source, column, name)
  const fit = edited === null ? null : fitSource(planning, source, column, edited)
  planning.notes.addFindings(
    typing.findings.map((finding) => ({ ...finding, tableId, database, table: table.name, column })),
  )
  draft.columns.push({
    name,
    type: fit?.type ?? typing.type,
    nullable: true,
    default: null,
    sequence: null,
    generated: null,
    origin: 'added',
    comment: `From ${table.name}.${column} of ${database}.`,
  })
  origins.set(name, { kind: 'column', column, conversion: fit?.conversion ?? typing.conversion })
  return name
}

function editedType(planning: Planning, source: MappedTable, column: string, target: string): string | null {
  const changes = [...editsOf(planning, source.tableId, column), ...editsOf(planning, source.tableId, target)]
  const change = changes.find(({ kind }) => kind === 'type')
  return change?.kind === 'type' ? spellType(change.type) : null
}

function unknownType(source: MappedTable, target: string, type: string): MigrateError {
  return new MigrateError(
    'plan',
    'unknown-type',
    `${source.draft.designedName}.${target} has the type ${type}, which cannot be written.`,
  )
}

export function find(
  planning: Planning,
  source: MappedTable,
  column: string,
  finding: Omit<Finding, 'tableId' | 'database' | 'table' | 'column'>,
): void {
  const { tableId, database, table } = source
  planning.notes.find({ ...finding, tableId, database, table: table.name, column })
}
