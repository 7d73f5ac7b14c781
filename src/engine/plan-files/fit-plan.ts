/** Fits a copy in a plan file to the databases at hand. Throws MigrateErrors with the place in the file. */
import { isDeepStrictEqual } from 'node:util'
import type { Catalog, CatalogTable } from '../model/catalog.ts'
import type { Conversion } from '../model/conversion.ts'
import type { CopyPlan, OtherRows, TablePlan } from '../model/plan.ts'
import type { TargetTable } from '../model/target-schema.ts'
import { isRowid } from '../plan/base/row-identity.ts'
import { writesColumn } from '../plan/data-only/application-types.ts'
import { writesType } from '../plan/evidence/conversion-to.ts'
import { refusalOfExpression } from '../source/base/check-expression.ts'
import { clip, refuse } from './check-file.ts'
import { refuseUnknown, unknownName } from './read-mapping.ts'
import type { PlanFile, WrittenCopy } from './written-plan.ts'
import type { FilePath, YamlFile } from './yaml-file.ts'

export function fitCopy(
  { written, read, trusted }: PlanFile,
  at: FilePath,
  copy: WrittenCopy,
  source: CatalogTable,
  catalog: Catalog,
): CopyPlan {
  const { schema, options } = written
  const names = source.columns.map(({ name }) => name)
  const others = catalog.tables.map(({ name, columns }) => ({
    table: name,
    columns: columns.map((column) => column.name),
  }))
  const has = (place: FilePath, name: string): void =>
    refuseUnknown(read, [...at, ...place], name, names, `${source.name} has no column`)
  if (JSON.stringify(copy.key) !== JSON.stringify(sameOrder(copy.key, source.key)))
    throw refuse(read.place([...at, 'key']), `${source.name} has another key now`, 'Make the plan again.')
  copy.read.columns.forEach((name, index) => {
    has(['read', 'columns', index], name)
  })
  const carried = new Set([
    ...copy.read.columns,
    ...(copy.computed ?? []).flatMap(({ from }) => (from.kind === 'column' ? [from.column] : [])),
  ])
  const missing = names.find((name) => !carried.has(name))
  if (missing !== undefined)
    throw refuse(
      read.place([...at, 'read', 'columns']),
      `the plan says nothing of the column ${clip(missing)} of ${source.name}`,
      'Make the plan again: the table has changed since.',
    )
  const run = (place: FilePath, sql: string): void => {
    const reason = refusalOfExpression(sql, { table: source.name, columns: names, others }, trusted)
    if (reason !== null)
      throw refuse(read.place([...at, ...place]), `"${clip(sql)}" cannot be run on ${source.name}: ${reason}`)
  }
  copy.read.expressions.forEach((sql, index) => {
    run(['read', 'expressions', index], sql)
  })
  if (copy.read.filter !== null) run(['read', 'filter'], copy.read.filter)
  const tables = schema.tables.map(({ schema: name, table }) => `${name}.${table}`)
  const target = schema.tables.find(
    ({ schema: name, table }) => name === copy.target.schema && table === copy.target.table,
  )
  const wanted = `${copy.target.schema}.${copy.target.table}`
  if (target === undefined)
    throw unknownName(read, [...at, 'target'], wanted, tables, 'The plan creates no table')
  const known = target.columns.map(({ name }) => name)
  for (const list of ['columns', 'computed'] as const) {
    for (const [index, { target: name, from }] of (copy[list] ?? []).entries()) {
      const place: FilePath = [list, index]
      refuseUnknown(read, [...at, ...place, 'target'], name, known, `${target.table} has no column`)
      const column = target.columns.find((one) => one.name === name)!
      if (from.kind === 'column') {
        has([...place, 'from', 'column'], from.column)
        if (list === 'columns' && !copy.read.columns.includes(from.column))
          throw refuse(
            read.place([...at, ...place]),
            `${clip(from.column)} is not among the columns that are read`,
          )
      }
      if (from.kind === 'gather')
        from.columns.forEach((one, nth) => {
          has([...place, 'from', 'columns', nth], one)
        })
      const conversion: Conversion | null = 'conversion' in from ? from.conversion : null
      const isJson = from.kind === 'gather' || from.kind === 'fold' || from.kind === 'pivot'
      const fits =
        conversion !== null
          ? target.existing
            ? writesColumn(conversion, column, options)
            : writesType(conversion, column.type, options)
          : !isJson || column.type.toLowerCase() === 'jsonb'
      if (!fits)
        throw refuse(
          read.place([...at, ...place]),
          `${name} is ${column.type}, which ${conversion?.kind ?? from.kind} does not write`,
        )
    }
  }
  copy.references.forEach((reference, index) => {
    reference.columns.forEach((name, nth) => {
      has(['references', index, 'columns', nth], name)
    })
  })
  for (const name of copy.pivot?.groupBy ?? []) has(['pivot', 'groupBy'], name)
  for (const name of copy.pivot === null ? [] : [copy.pivot.name, copy.pivot.value, ...copy.pivot.archived])
    has(['pivot'], name)
  copy.unmapped.forEach(({ column }, index) => {
    has(['unmapped', index, 'column'], column)
  })
  for (const fold of copy.folds) has(['folds'], fold.parentColumn)
  if (copy.identity.kind === 'columns') checkIdentity(read, at, copy, target, source)
  if (copy.among?.kind === 'origins') checkOrigin(read, at, copy, copy.among)
  const { columns, rootPage, withoutRowid } = source
  return { ...copy, read: { ...copy.read, table: { columns, rootPage, withoutRowid } } }
}

/** Requires that every row has a constant for its source: nothing else distinguishes the rows of the table's several sources. */
function checkOrigin(
  read: YamlFile,
  at: FilePath,
  { columns }: WrittenCopy,
  { column, value }: Extract<OtherRows, { kind: 'origins' }>,
): void {
  const from = columns.find(({ target }) => target === column)?.from
  if (from?.kind === 'constant' && isDeepStrictEqual(from.value, { text: value })) return
  throw refuse(
    read.place([...at, 'among']),
    `${clip(column)} is not the constant ${clip(value)} in every row`,
  )
}

/** Requires that an ordered identity is the rowid alone: ordered blocks are rowid ranges, which verification relies on. */
function checkIdentity(
  read: YamlFile,
  at: FilePath,
  copy: WrittenCopy,
  target: TargetTable,
  source: CatalogTable,
): void {
  const { identity } = copy
  if (identity.kind !== 'columns') return
  const place = [...at, 'identity']
  const names = target.columns.map(({ name }) => name)
  for (const name of identity.columns)
    refuseUnknown(read, place, name, names, `${target.table} has no column`)
  if (!identity.ordered) return
  const from = copy.columns.find((column) => column.target === identity.columns.at(-1))?.from
  const own = identity.columns.filter((name) => copy.among?.kind !== 'origins' || name !== copy.among.column)
  if (own.length !== 1 || (!isRowid(source, from) && copy.pivot === null))
    throw refuse(
      read.place(place),
      'only one column that holds the rowid is ordered',
      'Write ordered: false.',
    )
}

function sameOrder(like: unknown, value: unknown): unknown {
  if (Array.isArray(value))
    return value.map((one, index) => sameOrder(Array.isArray(like) ? like[index] : null, one))
  if (value === null || typeof value !== 'object' || like === null || typeof like !== 'object') return value
  const own = value as Record<string, unknown>
  const order = [...new Set([...Object.keys(like), ...Object.keys(own)])].filter((key) =>
    Object.hasOwn(own, key),
  )
  return Object.fromEntries(
    order.map((key) => [key, sameOrder((like as Record<string, unknown>)[key], own[key])]),
  )
}

/** Requires that the parents of references, and the targets of folds, are tables of the plan, with their columns. */
export function checkReferences(read: YamlFile, tables: readonly TablePlan[]): void {
  const columnsOf = (id: string): readonly string[] | null => {
    const fate = tables.find((table) => table.id === id)?.fate
    return fate?.kind === 'copy' ? fate.copy.read.table.columns.map(({ name }) => name) : null
  }
  const ids = tables.map(({ id }) => id)
  for (const [index, { fate }] of tables.entries()) {
    if (fate.kind === 'fold')
      refuseUnknown(read, ['tables', index, 'fate', 'into'], fate.into, ids, 'The plan has no table')
    if (fate.kind !== 'copy') continue
    for (const [nth, { parent }] of fate.copy.references.entries()) {
      if (parent === null) continue
      const place: FilePath = ['tables', index, 'fate', 'copy', 'references', nth, 'parent']
      const found = tables.find(({ id }) => id === parent.tableId)
      if (found === undefined || found.database !== parent.database || found.table !== parent.table)
        throw unknownName(read, place, parent.tableId, ids, 'The plan has no table')
      const columns = columnsOf(parent.tableId)
      for (const name of columns === null ? [] : parent.columns)
        refuseUnknown(read, place, name, columns!, `${parent.table} has no column`)
    }
    for (const [nth, fold] of fate.copy.folds.entries()) {
      const place: FilePath = ['tables', index, 'fate', 'copy', 'folds', nth]
      refuseUnknown(read, place, fold.tableId, ids, 'The plan has no table')
    }
  }
}
