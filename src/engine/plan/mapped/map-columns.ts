/**
 * Where each target column of a mapped table comes from, and a home for every source column. Invariant: when `mapColumns` is done,
 * every target column has an origin and every source column is carried, archived or dropped by the user's choice.
 */
import type { Conversion } from '../../model/conversion.ts'
import { MigrateError } from '../../model/errors.ts'
import { formatCounted } from '../../model/format-count.ts'
import type { TargetColumn } from '../../model/target-schema.ts'
import { changeColumn } from '../base/designed-tables.ts'
import { columnCensus, find, type MappedTable, wordsFor } from '../base/planning.ts'
import { conversionTo, nothingKnown, writesType } from '../evidence/conversion-to.ts'
import { addUnmapped, keepIdentity, keepOriginal } from './add-columns.ts'
import { mapReference } from './map-reference.ts'
import { mapByType, mapEnumeration } from './map-values.ts'

export function mapColumns(tables: readonly MappedTable[], source: MappedTable): void {
  const { draft, origins } = source
  for (const target of [...draft.columns]) {
    if (!origins.has(target.name)) mapPlannedColumn(tables, source, target)
  }
  keepIdentity(source)
  addUnmapped(source)
}

function mapPlannedColumn(tables: readonly MappedTable[], source: MappedTable, target: TargetColumn): void {
  const { origins, homes, feeds, mapping } = source
  const words = wordsFor(source, target.name)
  const column = homes.get(target.name) ?? feeds.get(target.name) ?? null
  const isShaped = mapping.pivot?.column === target.name
  if (target.sequence !== null) mapKey(source, target, column)
  else if (source.identity.target === target.name) mapIdentity(source, target)
  else if (isShaped && source.pivot !== null) origins.set(target.name, { kind: 'pivot' })
  else if (isShaped && source.gathered.length > 0) {
    origins.set(target.name, { kind: 'gather', columns: source.gathered })
  } else if (words.expression !== undefined || words.constant !== undefined) mapGiven(source, target)
  else if (column === null) mapNothing(source, target)
  else if (words.references !== undefined) {
    mapReference(tables, source, target, column, keepOriginal)
  } else mapColumn(source, target, column)
}

function mapColumn(source: MappedTable, target: TargetColumn, column: string): void {
  const { table, census, database, draft } = source
  const values = columnCensus(census, column)
  if (!target.nullable && census.rows > 0 && values.nulls === census.rows) {
    const why = `${table.name}.${column} of ${database} holds nothing but nulls`
    mapNothing(source, target, why, column)
    return
  }
  const { conversion, enumeration } = wordsFor(source, target.name)
  if (conversion !== undefined) {
    refuseOtherKind(source, target, conversion)
    source.origins.set(target.name, { kind: 'column', column, conversion })
  } else if (enumeration !== undefined) mapEnumeration(source, target, column)
  else mapByType(source, target, column)
  if (target.nullable || values.nulls === 0) return
  find(source, column, {
    severity: 'warning',
    code: 'null-in-not-null',
    message: `${table.name}.${column} is null in ${formatCounted(values.nulls, 'row')}, and ${draft.designedName}.${target.name} must not be; ${values.nulls === 1 ? 'that row goes' : 'those rows go'} to quarantine.`,
    count: values.nulls,
  })
}

/** The integer key keeps its values; without a source column it is the rowid, or else the row's number. */
function mapKey(source: MappedTable, target: TargetColumn, column: string | null): void {
  const { census, origins, table, draft } = source
  const range =
    column === null || source.pivot !== null ? census.rowids : columnCensus(census, column).integerRange
  const isLarge =
    range !== null && (BigInt(range.max) > 2_147_483_647n || BigInt(range.min) < -2_147_483_648n)
  if (isLarge && target.type === 'integer') {
    changeColumn(draft, target.name, { type: 'bigint', sequence: 'bigserial' })
    source.planning.notes.amend(
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

/** A UUID is kept; any other id becomes a UUID, the same one in every reference to the row. */
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

function mapGiven(source: MappedTable, target: TargetColumn): void {
  const { constant, expression, conversion: given } = wordsFor(source, target.name)
  if (given !== undefined) refuseOtherKind(source, target, given)
  const conversion = given ?? conversionTo(target.type, nothingKnown(source.planning.options))
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

/** Writes null in every row, and makes a `not null` column nullable when there are rows. */
function mapNothing(
  source: MappedTable,
  target: TargetColumn,
  why = `${source.table.name} of ${source.database} has no such column`,
  column: string | null = null,
): void {
  const { draft, origins, census } = source
  if (column === null) origins.set(target.name, { kind: 'nothing' })
  else mapByType(source, target, column)
  if (target.nullable || census.rows === 0) return
  changeColumn(draft, target.name, { nullable: true })
  source.planning.notes.amend(
    'nullable',
    draft.designedName,
    `${target.name} may be null where the plan has not null: ${why}.`,
  )
}

/** A conversion writes the bytes of one type, which would be corrupt in another. Throws MigrateError `conversion-of-other-type`. */
function refuseOtherKind(source: MappedTable, { name, type }: TargetColumn, conversion: Conversion): void {
  if (writesType(conversion, type, source.planning.options)) return
  const where = `${source.draft.designedName}.${name}`
  const message = `${where} is ${type}, which the conversion ${conversion.kind} does not write.`
  throw new MigrateError('plan', 'conversion-of-other-type', message)
}

function unknownType(source: MappedTable, target: string, type: string): MigrateError {
  return new MigrateError(
    'plan',
    'unknown-type',
    `${source.draft.designedName}.${target} has the type ${type}, which cannot be written.`,
  )
}
