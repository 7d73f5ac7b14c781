/**
 * A plan as a file that a person can read and edit, and the way back. Invariant: a plan that comes from a file fits the snapshots'
 * structure (tables, columns, keys) and is whole, or it is refused with the place in the file; row counts may differ.
 */
import { isDeepStrictEqual } from 'node:util'
import type { Catalog, CatalogTable } from '../model/catalog.ts'
import type { Census } from '../model/census.ts'
import type { Conversion } from '../model/conversion.ts'
import { MigrateError } from '../model/errors.ts'
import { type CopyPlan, type OtherRows, type Plan, type TablePlan, tableIdOf } from '../model/plan.ts'
import type { TargetTable } from '../model/target-schema.ts'
import { writesColumn } from '../plan/application-types.ts'
import { checkPlan } from '../plan/check-plan.ts'
import { writesType } from '../plan/conversion-to.ts'
import { refusalOfExpression } from '../source/base/check-expression.ts'
import { refusalOfExtension, refusalOfFragment, refusalOfType } from '../sql/sql-fragment.ts'
import { checkFile, clip, refuse } from './check-file.ts'
import { refuseName } from './read-mapping.ts'
import { writeYaml } from './write-mapping.ts'
import { type FilePath, parseYamlFile, readYamlFile, type YamlFile } from './yaml-file.ts'

const MOST_BYTES = 128 << 20

type WrittenCopy = Omit<CopyPlan, 'read'> & { readonly read: Omit<CopyPlan['read'], 'table'> }
type WrittenTable = Omit<TablePlan, 'fate'> & {
  readonly fate:
    | Exclude<TablePlan['fate'], { kind: 'copy' }>
    | { readonly kind: 'copy'; readonly copy: WrittenCopy }
}
type Written = Omit<Plan, 'tables' | 'sources' | 'sourceRows' | 'findings' | 'amendments'> & {
  readonly sources: readonly { readonly database: string; readonly role: string | null }[]
  readonly tables: readonly WrittenTable[]
  readonly findings?: unknown
  readonly amendments?: Plan['amendments']
}

type PlanFile = {
  readonly written: Written
  readonly read: YamlFile
  /** Collects SQL outside of the closed list where the person trusts the file; null: such SQL is refused. */
  readonly trusted: Set<string> | null
}

/** What snapshots the plan is to fit, and their rows. */
type PlanGround = {
  readonly catalogs: readonly Catalog[]
  readonly censuses: readonly Census[]
  readonly snapshots: readonly {
    readonly database: string
    readonly sha256: string
    readonly bytes: number
  }[]
}

/** The plan as a plan file's text: JSON for a name that ends in .json, else YAML. Either can be run with `--plan`. */
export function writePlan(plan: Plan, file = 'plan.yaml'): string {
  const tables = plan.tables.map((table): WrittenTable => {
    if (table.fate.kind !== 'copy') return { ...table, fate: table.fate }
    const { table: _, ...read } = table.fate.copy.read
    return { ...table, fate: { kind: 'copy', copy: { ...table.fate.copy, read } } }
  })
  const { version, mapping, options, findings, amendments } = plan
  // They are translated again from the rest: what runs in the target never comes from a file as SQL.
  const { views: _, ...schema } = plan.schema
  const sources = plan.sources.map(({ database, role }) => ({ database, role }))
  const rows = Object.entries(plan.sourceRows).map(([id, count]) => `   ${id}: ${count} rows`)
  const heading = [
    ' A plan of gpt-migrate. Read it, change it, and run it with --plan FILE.',
    ' `tables` says where each source table goes, `schema` what is created. docs/mapping-files.md explains the words.',
    ' Rows when the plan was made:',
    ...rows.map((line) => line.replace(/[^\P{C}]/gu, '?')),
  ].join('\n')
  const warnings = findings.filter(({ severity }) => severity !== 'notice')
  const told = warnings.map(({ severity, code, message }) => ({ severity, code, message }))
  const written = { version, mapping, sources, options, tables, schema, amendments, findings: told }
  return /\.json$/i.test(file) ? `${JSON.stringify(written, null, 2)}\n` : writeYaml(written, heading)
}

/** Throws a MigrateError: `usage` when the file can't be read, `plan` with its place when it is no plan. */
export function readPlanFile(file: string, isTrusted: boolean): PlanFile {
  return planFileOf(readYamlFile(file, MOST_BYTES), isTrusted)
}

export function parsePlan(text: string, file: string): PlanFile {
  return planFileOf(parseYamlFile(text, file), false)
}

function planFileOf(read: YamlFile, isTrusted: boolean): PlanFile {
  checkFile(read, 'plan')
  const written = read.value as Written
  const file: PlanFile = { written, read, trusted: isTrusted ? new Set() : null }
  checkTargets(file)
  return file
}

/** The plan that the file describes, for these snapshots. Throws a MigrateError of kind `plan` when it does not fit them. */
export function planOfFile(file: PlanFile, { catalogs, censuses, snapshots }: PlanGround): Plan {
  const { written, read } = file
  const { tables: given, findings: _findings, sources: _sources, amendments = [], ...rest } = written
  const databases = catalogs.map(({ database }) => database)
  const tables = given.map((table, index): TablePlan => {
    const at: FilePath = ['tables', index]
    const catalog = catalogs.find(({ database }) => database === table.database)
    if (catalog === undefined)
      refuseName(
        read,
        [...at, 'database'],
        'value',
        table.database,
        databases,
        'The sources have no database',
      )
    const source = catalog!.tables.find(({ name }) => name === table.table)
    const names = catalog!.tables.map(({ name }) => name)
    if (source === undefined)
      refuseName(read, [...at, 'table'], 'value', table.table, names, `${table.database} has no table`)
    if (table.id !== tableIdOf(table.database, table.table))
      throw refuse(read.place([...at, 'id']), `the id must be ${tableIdOf(table.database, table.table)}`)
    if (table.fate.kind !== 'copy') return { ...table, fate: table.fate }
    return {
      ...table,
      fate: {
        kind: 'copy',
        copy: fitCopy(file, [...at, 'fate', 'copy'], table.fate.copy, source!, catalog!),
      },
    }
  })
  const ids = new Set(tables.map(({ id }) => id))
  for (const catalog of catalogs) {
    for (const { name } of catalog.tables) {
      if (!ids.has(tableIdOf(catalog.database, name)))
        throw refuse(
          read.place(['tables']),
          `the plan says nothing of the table ${clip(name)} of ${catalog.database}`,
          'Make the plan again, or give the table a fate: {kind: exclude, reason: …}.',
        )
    }
  }
  checkReferences(read, tables)
  const roles = new Map(written.sources.map(({ database, role }) => [database, role]))
  const sourceRows: Record<string, number> = {}
  for (const { database, tables: counted } of censuses)
    for (const { table, rows } of counted) sourceRows[tableIdOf(database, table)] = rows
  const plan: Plan = {
    ...rest,
    tables,
    sources: snapshots.map(({ database, sha256, bytes }) => ({
      database,
      role: roles.get(database) ?? null,
      sha256,
      bytes,
    })),
    findings: [],
    amendments,
    sourceRows,
  }
  try {
    checkPlan(plan, catalogs)
  } catch (error) {
    if (!(error instanceof MigrateError)) throw error
    throw refuse(read.place(['tables']), error.message.replace(/\.$/, ''))
  }
  return plan
}

function fitCopy(
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
  const has = (place: FilePath, name: string): void => {
    if (!names.includes(name))
      refuseName(read, [...at, ...place], 'value', name, names, `${source.name} has no column`)
  }
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
  const target = schema.tables.find(
    ({ schema: name, table }) => name === copy.target.schema && table === copy.target.table,
  )
  if (target === undefined) {
    const tables = schema.tables.map(({ schema: name, table }) => `${name}.${table}`)
    refuseName(
      read,
      [...at, 'target'],
      'value',
      `${copy.target.schema}.${copy.target.table}`,
      tables,
      'The plan creates no table',
    )
  }
  for (const list of ['columns', 'computed'] as const) {
    for (const [index, { target: name, from }] of (copy[list] ?? []).entries()) {
      const place: FilePath = [list, index]
      const column = target!.columns.find((one) => one.name === name)
      const known = target!.columns.map((one) => one.name)
      if (column === undefined)
        refuseName(read, [...at, ...place, 'target'], 'value', name, known, `${target!.table} has no column`)
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
          ? target!.existing
            ? writesColumn(conversion, column!, options)
            : writesType(conversion, column!.type, options)
          : !isJson || column!.type.toLowerCase() === 'jsonb'
      if (!fits)
        throw refuse(
          read.place([...at, ...place]),
          `${name} is ${column!.type}, which ${conversion?.kind ?? from.kind} does not write`,
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
  if (copy.identity.kind === 'columns') checkIdentity(read, at, copy, target!)
  if (copy.among?.kind === 'origins') checkOrigin(read, at, copy, copy.among)
  const { columns, rootPage, withoutRowid } = source
  return { ...copy, read: { ...copy.read, table: { columns, rootPage, withoutRowid } } }
}

/** Every row says where it is from: only that distinguishes the rows of the table's sources. */
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

/** Ordered blocks are ranges of the rowid: verification relies on it. */
function checkIdentity(read: YamlFile, at: FilePath, copy: WrittenCopy, target: TargetTable): void {
  const { identity } = copy
  if (identity.kind !== 'columns') return
  const place = [...at, 'identity']
  const names = target.columns.map(({ name }) => name)
  for (const name of identity.columns)
    if (!names.includes(name)) refuseName(read, place, 'value', name, names, `${target.table} has no column`)
  if (!identity.ordered) return
  const from = copy.columns.find((column) => column.target === identity.columns.at(-1))?.from
  const isRowid =
    from?.kind === 'rowid' ||
    (from?.kind === 'column' && copy.key.kind === 'rowid' && copy.key.column === from.column)
  const own = identity.columns.filter((name) => copy.among?.kind !== 'origins' || name !== copy.among.column)
  if (own.length !== 1 || (!isRowid && copy.pivot === null))
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

/** Parents of references, and folds, name tables of the plan and their columns. */
function checkReferences(read: YamlFile, tables: readonly TablePlan[]): void {
  const columnsOf = (id: string): readonly string[] | null => {
    const fate = tables.find((table) => table.id === id)?.fate
    return fate?.kind === 'copy' ? fate.copy.read.table.columns.map(({ name }) => name) : null
  }
  const ids = tables.map(({ id }) => id)
  for (const [index, { fate }] of tables.entries()) {
    if (fate.kind === 'fold' && !ids.includes(fate.into))
      refuseName(read, ['tables', index, 'fate', 'into'], 'value', fate.into, ids, 'The plan has no table')
    if (fate.kind !== 'copy') continue
    for (const [nth, { parent }] of fate.copy.references.entries()) {
      if (parent === null) continue
      const place: FilePath = ['tables', index, 'fate', 'copy', 'references', nth, 'parent']
      const found = tables.find(({ id }) => id === parent.tableId)
      if (found === undefined || found.database !== parent.database || found.table !== parent.table)
        refuseName(read, place, 'value', parent.tableId, ids, 'The plan has no table')
      const columns = columnsOf(parent.tableId)
      for (const name of columns === null ? [] : parent.columns)
        if (!columns!.includes(name))
          refuseName(read, place, 'value', name, columns!, `${parent.table} has no column`)
    }
    for (const [nth, fold] of fate.copy.folds.entries()) {
      if (!ids.includes(fold.tableId))
        refuseName(
          read,
          ['tables', index, 'fate', 'copy', 'folds', nth],
          'value',
          fold.tableId,
          ids,
          'The plan has no table',
        )
    }
  }
}

/** Every piece of SQL that goes into the DDL stays in its place. */
function checkTargets({ written: { schema }, read, trusted }: PlanFile): void {
  const piece = (place: FilePath, sql: string | null, judge = refusalOfFragment): void => {
    const reason = sql === null ? null : judge(sql, trusted)
    if (reason !== null) throw refuse(read.place(place), `"${clip(sql!)}" cannot be used: ${reason}`)
  }
  for (const [index, name] of schema.extensions.entries())
    piece(['schema', 'extensions', index], name, refusalOfExtension)
  for (const [index, table] of schema.tables.entries()) {
    const at: FilePath = ['schema', 'tables', index]
    for (const [nth, column] of table.columns.entries()) {
      piece([...at, 'columns', nth, 'type'], column.type, table.existing ? refusalOfFragment : refusalOfType)
      for (const one of [column.written, column.written?.element])
        piece([...at, 'columns', nth, 'written'], one?.type ?? null)
      // What a table that is there already computes and checks is the server's: the file's words for it are run nowhere.
      if (table.existing) continue
      piece([...at, 'columns', nth, 'default'], column.default)
      piece([...at, 'columns', nth, 'generated'], column.generated)
    }
    if (table.existing) continue
    table.checks.forEach(({ expression }, nth) => {
      piece([...at, 'checks', nth, 'expression'], expression)
    })
    for (const [nth, { parts, where }] of table.indexes.entries()) {
      piece([...at, 'indexes', nth, 'where'], where)
      for (const [part, one] of parts.entries())
        if ('expression' in one) piece([...at, 'indexes', nth, 'parts', part, 'expression'], one.expression)
    }
  }
}
