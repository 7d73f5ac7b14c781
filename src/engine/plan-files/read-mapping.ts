/**
 * Reads a user's mapping file. Invariant: the returned mapping fits the published schema, and every name that can be checked within the
 * file exists.
 */
import { createHash } from 'node:crypto'
import { basename } from 'node:path'
import { MigrateError } from '../model/errors.ts'
import type { DesignedTable, Mapping, TargetMapping } from '../model/mapping.ts'
import { nearest } from '../model/nearest.ts'
import { readColumn, tableNameOf } from '../plan/base/designed-tables.ts'
import { spellType } from '../plan/evidence/spell-type.ts'
import { withoutOrder } from '../plan/mapped/hypertables.ts'
import { refusalOfExtension, refusalOfFragment, refusalOfType } from '../sql/tree/sql-fragment.ts'
import { checkFile, clip, refuse } from './check-file.ts'
import { type FilePath, parseYamlFile, readYamlFile, type YamlFile } from './yaml-file.ts'

const MOST_BYTES = 8 << 20

export type MappingFile = {
  readonly mapping: Mapping
  readonly read: YamlFile
  /** Collects SQL outside the closed list when the person trusts the file; null: such SQL is refused. */
  readonly trusted: Set<string> | null
}

/** Throws a MigrateError: `usage` when the file can't be read, `plan` with the place in the file when it is no mapping. */
export function readMappingFile(file: string, isTrusted: boolean): MappingFile {
  return mappingOf(readYamlFile(file, MOST_BYTES), isTrusted)
}

export function parseMapping(text: string, file: string): MappingFile {
  return mappingOf(parseYamlFile(text, file), false)
}

type Written = Partial<Mapping> & Pick<Mapping, 'databases'>

function mappingOf(read: YamlFile, isTrusted: boolean): MappingFile {
  checkFile(read, 'mapping')
  const written = read.value as Written
  const mapping: Mapping = {
    // The name contains a hash of the content, so that a run is never resumed with a changed mapping.
    name: `${written.name ?? basename(read.file)} ${hashOf(written)}`,
    description: written.description ?? '',
    extensions: written.extensions ?? [],
    otherTables: written.otherTables ?? 'public',
    databases: written.databases,
    schemas: written.schemas ?? {},
  }
  const file: MappingFile = { mapping, read, trusted: isTrusted ? new Set() : null }
  checkSchemas(file)
  checkTables(file)
  return file
}

function hashOf(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 8)
}

function checkSchemas({ mapping, read, trusted }: MappingFile): void {
  for (const [index, name] of mapping.extensions.entries())
    refuseSql(read, ['extensions', index], refusalOfExtension(name, trusted), name)
  for (const [schema, tables] of Object.entries(mapping.schemas)) {
    for (const [table, designed] of Object.entries(tables)) {
      const at: FilePath = ['schemas', schema, table]
      const columns = Object.keys(designed.columns)
      for (const [name, words] of Object.entries(designed.columns)) {
        const place = [...at, 'columns', name]
        const column = asPlaced(read, place, () => readColumn(name, name, words, 'gen_random_uuid()'))
        refuseSql(read, place, refusalOfType(column.type), column.type)
        if (column.default !== null)
          refuseSql(read, place, refusalOfFragment(column.default, trusted), column.default)
        const parent = column.references
        if (parent === null) continue
        const all = Object.entries(mapping.schemas).flatMap(([of, some]) =>
          Object.keys(some).map((one) => `${of}.${one}`),
        )
        const known = mapping.schemas[parent.schema]?.[parent.table]
        if (known === undefined)
          throw unknownName(read, place, `${parent.schema}.${parent.table}`, all, 'There is no table')
        refuseUnknown(read, place, parent.column, Object.keys(known.columns))
      }
      for (const [place, name] of namesOf(designed)) refuseUnknown(read, [...at, ...place], name, columns)
      for (const [name, check] of Object.entries(designed.checks ?? {}))
        refuseSql(read, [...at, 'checks', name], refusalOfFragment(check, trusted), check)
      for (const [name, { where }] of Object.entries(designed.indexes ?? {})) {
        if (where !== undefined)
          refuseSql(read, [...at, 'indexes', name, 'where'], refusalOfFragment(where, trusted), where)
      }
    }
  }
}

function checkTables(file: MappingFile): void {
  const { mapping, read } = file
  const targets = new Map<string, FilePath>()
  for (const [database, { tables }] of Object.entries(mapping.databases)) {
    for (const [name, words] of Object.entries(tables)) {
      const at: FilePath = ['databases', database, 'tables', name]
      if ('fold' in words) {
        const parent = tables[words.fold.into]
        refuseUnknown(
          read,
          [...at, 'fold', 'into'],
          words.fold.into,
          Object.keys(tables),
          'There is no table',
        )
        if (parent !== undefined && 'target' in parent)
          refuseHome(mapping, read, [...at, 'fold', 'column'], parent, words.fold.column)
        continue
      }
      if (!('target' in words)) continue
      const taken = targets.get(words.target)
      if (taken !== undefined)
        throw refuse(
          read.place([...at, 'target']),
          `${words.target} is the target of ${taken.at(-1)} already`,
        )
      targets.set(words.target, at)
      checkTarget(file, at, words)
    }
  }
}

function checkTarget({ mapping, read, trusted }: MappingFile, at: FilePath, words: TargetMapping): void {
  for (const [name, column] of Object.entries(words.columns ?? {})) {
    const place = [...at, 'columns', name]
    if (column.type === undefined) refuseHome(mapping, read, place, words, name, 'key')
    else refuseSql(read, [...place, 'type'], refusalOfType(spellType(column.type)), column.type)
    const parent = column.references
    if (parent === undefined) continue
    const reference = [...place, 'references']
    const databases = Object.keys(mapping.databases)
    refuseUnknown(read, [...reference, 'database'], parent.database, databases, 'There is no database')
    const tables = Object.keys(mapping.databases[parent.database]!.tables)
    refuseUnknown(read, [...reference, 'table'], parent.table, tables, 'There is no table')
  }
  for (const [place, name] of namesKept(words)) refuseHome(mapping, read, [...at, ...place], words, name)
  const { pivot } = words
  if (pivot !== undefined) {
    refuseHome(mapping, read, [...at, 'pivot', 'column'], words, pivot.column)
    for (const [place, name] of listed(['pivot', 'groupBy'], pivot.groupBy))
      refuseHome(mapping, read, [...at, ...place], words, name)
  }
  for (const [name, { where }] of Object.entries(words.indexes ?? {})) {
    if (where !== undefined)
      refuseSql(read, [...at, 'indexes', name, 'where'], refusalOfFragment(where, trusted), where)
  }
}

/** The name of a column, with its place in the words of the table. */
type NamedColumn = readonly [FilePath, string]

const listed = (place: FilePath, names: readonly string[]): readonly NamedColumn[] =>
  names.map((name, index) => [[...place, index], name])

/** The columns that a designed table names. */
function namesOf(designed: DesignedTable): readonly NamedColumn[] {
  const { primaryKey, otherKeys = [], uniques = [], partitionByMonth, indexes = {} } = designed
  return [
    ...listed(['primaryKey'], primaryKey),
    ...otherKeys.flatMap((key, index) => listed(['otherKeys', index], key)),
    ...uniques.flatMap((key, index) => listed(['uniques', index], key)),
    ...(partitionByMonth === undefined ? [] : [[['partitionByMonth'], partitionByMonth] as const]),
    ...Object.entries(indexes).flatMap(([name, { on }]) =>
      listed(['indexes', name, 'on'], on.map(withoutOrder)),
    ),
    ...namesKept(designed),
  ]
}

/** The columns by which a table is distributed, and those of its time series. */
function namesKept({
  distribute,
  timeseries,
}: Pick<DesignedTable, 'distribute' | 'timeseries'>): readonly NamedColumn[] {
  const { column, key = [], columnstore } = timeseries ?? {}
  const { segmentby = [], orderby = [] } = columnstore ?? {}
  return [
    ...(typeof distribute === 'object' ? [[['distribute', 'column'], distribute.column] as const] : []),
    ...(column === undefined ? [] : [[['timeseries', 'column'], column] as const]),
    ...listed(['timeseries', 'key'], key),
    ...listed(['timeseries', 'columnstore', 'segmentby'], segmentby),
    ...listed(['timeseries', 'columnstore', 'orderby'], orderby.map(withoutOrder)),
  ]
}

/** Throws when a designed table lacks the column that is named as a target. */
function refuseHome(
  mapping: Mapping,
  read: YamlFile,
  place: FilePath,
  { target, rename = {}, columns = {} }: TargetMapping,
  name: string,
  at: 'key' | 'value' = 'value',
): void {
  const designed = designedOf(mapping, target)
  if (designed === null) return
  const typed = Object.entries(columns).flatMap(([own, { type }]) => (type === undefined ? [] : [own]))
  const known = [...Object.keys(designed.columns), ...Object.values(rename), ...typed]
  refuseUnknown(read, place, name, known, `${target} has no column`, at)
}

export function designedOf(mapping: Mapping, target: string): Mapping['schemas'][string][string] | null {
  const { schema, table } = tableNameOf(target)
  const tables = mapping.schemas[schema]
  return tables !== undefined && Object.hasOwn(tables, table) ? tables[table]! : null
}

/** Throws the error about `name` unless it is known. */
export function refuseUnknown(
  read: YamlFile,
  place: FilePath,
  name: string,
  known: readonly string[],
  what = 'There is no column',
  at: 'key' | 'value' = 'value',
): void {
  if (!known.includes(name)) throw unknownName(read, place, name, known, what, at)
}

/** Returns the error about an unknown name. */
export function unknownName(
  read: YamlFile,
  place: FilePath,
  name: string,
  known: readonly string[],
  what: string,
  at: 'key' | 'value' = 'value',
): MigrateError {
  const close = nearest(name.slice(0, 200), known)
  const some = known.slice(0, 12).join(', ')
  const hint = close !== null ? `Did you mean ${close}?` : some === '' ? undefined : `There is: ${clip(some)}`
  return refuse(read.place(place, at), `${what} "${clip(name)}"`, hint)
}

function refuseSql(read: YamlFile, place: FilePath, reason: string | null, sql: string): void {
  if (reason !== null) throw refuse(read.place(place), `"${clip(sql)}" cannot be used: ${reason}`)
}

/** Runs `work`, and adds the place in the file to its MigrateErrors. */
function asPlaced<T>(read: YamlFile, place: FilePath, work: () => T): T {
  try {
    return work()
  } catch (error) {
    if (!(error instanceof MigrateError)) throw error
    throw refuse(read.place(place), error.message.replace(/\.$/, ''), error.hint ?? undefined)
  }
}
