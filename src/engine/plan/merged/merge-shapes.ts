/**
 * Merges the shapes of tables of one name in several databases. Invariant: the types, keys and checks of the merged shape hold for the
 * rows of every one of them.
 */
import type { CatalogColumn, CatalogForeignKey, CatalogIndex, CatalogTable } from '../../model/catalog.ts'
import { type ColumnCensus, noValues, type TableCensus, type TextForm } from '../../model/census.ts'
import type { Finding } from '../../model/finding.ts'
import { parseTable, type TableStatement } from '../../sql/parse/parse-statement.ts'
import { foldName, isSameName } from '../../syntax/sqlite-names.ts'
import { reporterOf } from '../base/findings.ts'

/** A table of one of the databases. */
export type Member = {
  readonly database: string
  readonly table: CatalogTable
  readonly census: TableCensus | null
}

export type MergedShape = {
  /** It has the first member's name. */
  readonly table: CatalogTable
  readonly census: TableCensus | null
  readonly statement: TableStatement | null
  readonly members: readonly Member[]
}

/** `members`: tables of one name; findings are about the first. */
export function mergeShapes(members: readonly Member[], findings: Finding[]): MergedShape {
  const [first] = members
  const { table } = first!
  const report = reporterOf(findings, first!.database, table.name)
  const note: Note = (severity, code, message) => report({ severity, code, message })
  for (const other of members.slice(1)) {
    const difference = differenceOf(table, other.table)
    if (difference === null) continue
    note(
      'error',
      'shapes-differ',
      `${JSON.stringify(table.name)} of ${other.database} ${difference}, unlike that of ${first!.database}: they can't be merged into one table. Leave one out with --exclude, or move them without --into one.`,
    )
  }
  const columns = mergeColumns(members, note)
  const indexes = mergeIndexes(members, note)
  const all = members.map((member) => member.table)
  const merged: CatalogTable = {
    ...table,
    strict: all.every(({ strict }) => strict),
    autoincrement: all.some(({ autoincrement }) => autoincrement),
    columns,
    indexes,
    foreignKeys: mergeForeignKeys(all),
  }
  return {
    table: merged,
    census: mergeCensus(members, columns),
    statement: mergeStatements(members, note),
    members,
  }
}

/** Returns why two tables can't be merged, in words that follow the second one's name; null when they can. */
function differenceOf(one: CatalogTable, other: CatalogTable): string | null {
  if (one.kind !== other.kind || one.module !== other.module)
    return `is ${other.kind === 'table' ? 'an ordinary table' : `a ${other.kind} table`}`
  const isSameKey =
    one.primaryKey.length === other.primaryKey.length &&
    one.primaryKey.every((name, index) => isSameName(name, other.primaryKey[index]!))
  if (!isSameKey) return `has ${keyWords(other)}`
  if (one.withoutRowid !== other.withoutRowid) return other.withoutRowid ? 'has no rowid' : 'has a rowid'
  const [key, otherKey] = [one.key, other.key]
  const alias = key.kind === 'rowid' ? key.column !== null : false
  if (alias !== (otherKey.kind === 'rowid' ? otherKey.column !== null : false))
    return 'has a primary key that is the rowid only in one of them'
  const isComputed = [one, other].some(({ columns }) => columns.some(({ generated }) => generated !== null))
  if (isComputed && one.sql !== other.sql) return 'has generated columns and is not written alike'
  return null
}

function keyWords({ primaryKey }: CatalogTable): string {
  return primaryKey.length === 0 ? 'no primary key' : `the primary key (${primaryKey.join(', ')})`
}

type Note = (severity: Finding['severity'], code: string, message: string) => void

export function columnOf(
  { columns }: Pick<CatalogTable, 'columns'>,
  name: string,
): CatalogColumn | undefined {
  return columns.find((column) => isSameName(column.name, name))
}

function mergeColumns(members: readonly Member[], note: Note): CatalogColumn[] {
  const table = members[0]!.table.name
  const names = members.flatMap((member) => member.table.columns.map(({ name }) => name))
  const distinct = names.filter((name, index) => names.findIndex((one) => isSameName(one, name)) === index)
  return distinct.map((name): CatalogColumn => {
    const own = members.flatMap((member) => columnOf(member.table, name) ?? [])
    const [usual] = own
    const lacking = members.filter((member) => columnOf(member.table, name) === undefined)
    if (lacking.length > 0) {
      note(
        'notice',
        'column-not-in-all',
        `In ${JSON.stringify(table)}, column ${JSON.stringify(name)} is not in ${namesOf(lacking)}; their rows have null there.`,
      )
    }
    const isAlike = own.every(
      ({ declaredType }) => declaredType.toLowerCase() === usual!.declaredType.toLowerCase(),
    )
    if (!isAlike) {
      const types = [...new Set(own.map(({ declaredType }) => declaredType || 'nothing'))]
      note(
        'notice',
        'declared-types-differ',
        `In ${JSON.stringify(table)}, column ${JSON.stringify(name)} is declared as ${types.join(', ')}; its type is chosen by its values alone.`,
      )
    }
    return {
      name: usual!.name,
      declaredType: isAlike ? usual!.declaredType : '',
      affinity: isAlike ? usual!.affinity : 'blob',
      notNull: lacking.length === 0 && own.every(({ notNull }) => notNull),
      default: own.every((column) => column.default === usual!.default) ? usual!.default : null,
      generated: usual!.generated,
      collation: own.every(({ collation }) => collation === usual!.collation) ? usual!.collation : 'BINARY',
    }
  })
}

function namesOf(members: readonly Member[]): string {
  const shown = members.slice(0, 3).map(({ database }) => database)
  return `${shown.join(', ')}${members.length > 3 ? ` and ${members.length - 3} more` : ''}`
}

/** Returns the indexes of all members; one is unique only when all members have it. */
function mergeIndexes(members: readonly Member[], note: Note): CatalogIndex[] {
  const merged: CatalogIndex[] = []
  const seen = new Set<string>()
  for (const { table } of members) {
    for (const index of table.indexes) {
      const like = likeness(index)
      if (seen.has(like)) continue
      seen.add(like)
      const isKeptByAll = members.every((member) =>
        member.table.indexes.some((one) => likeness(one) === like),
      )
      if (!index.unique || isKeptByAll) {
        merged.push(index)
        continue
      }
      note(
        'warning',
        'unique-not-in-all',
        `In ${JSON.stringify(table.name)}, (${index.columns.map(({ name }) => name ?? 'an expression').join(', ')}) is unique only in some of the databases; it is not made unique.`,
      )
      if (index.origin === 'create') merged.push({ ...index, unique: false })
    }
  }
  return merged
}

function likeness({ unique, origin, partial, sql, columns }: CatalogIndex): string {
  const parts = columns.map(({ name, descending, collation }) => [
    name === null ? null : foldName(name),
    descending,
    collation,
  ])
  const isWritten = partial || columns.some(({ name }) => name === null)
  return JSON.stringify([unique, origin, parts, isWritten ? sql : null])
}

function mergeForeignKeys(tables: readonly CatalogTable[]): CatalogForeignKey[] {
  const keys = new Map<string, CatalogForeignKey>()
  for (const key of tables.flatMap(({ foreignKeys }) => foreignKeys)) {
    const like = foldName(JSON.stringify(key))
    if (!keys.has(like)) keys.set(like, key)
  }
  return [...keys.values()]
}

/** Returns the first member's statement with the checks that all members have. */
function mergeStatements(members: readonly Member[], note: Note): TableStatement | null {
  const statements = members.map(({ table }) => (table.kind === 'virtual' ? null : parseTable(table.sql)))
  const [first] = statements
  if (first == null) return null
  const isInAll = ({ sql }: { readonly sql: string }): boolean =>
    statements.every((one) => one?.checks.some((check) => check.sql === sql))
  const checks = new Map(statements.flatMap((one) => one?.checks ?? []).map((check) => [check.sql, check]))
  for (const check of checks.values()) {
    if (isInAll(check)) continue
    note(
      'warning',
      'check-not-in-all',
      `In ${JSON.stringify(members[0]!.table.name)}, the check (${check.sql}) is not in all of the databases; it is left out.`,
    )
  }
  return { ...first, checks: first.checks.filter(isInAll) }
}

/** Null when one of the tables could not be read. */
function mergeCensus(members: readonly Member[], columns: readonly CatalogColumn[]): TableCensus | null {
  const counted = members.flatMap(({ census }) => census ?? [])
  if (counted.length < members.length) return null
  const ranges = counted.flatMap(({ rowids }) => rowids ?? [])
  return {
    table: members[0]!.table.name,
    rows: sum(counted, ({ rows }) => rows),
    rowids: rangeOf(ranges),
    columns: columns.map(({ name }) => ({
      ...counted
        .map(({ rows, columns: own }): ColumnCensus => {
          const found = own.find((one) => isSameName(one.name, name))
          return found ?? { ...noValues, nulls: rows }
        })
        .reduce(addColumns),
      name,
    })),
  }
}

function sum<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((total, item) => total + of(item), 0)
}

function rangeOf(
  ranges: readonly { readonly min: string; readonly max: string }[],
): { readonly min: string; readonly max: string } | null {
  if (ranges.length === 0) return null
  const ends = (end: 'min' | 'max'): readonly bigint[] =>
    ranges.map((range) => BigInt(range[end])).toSorted((a, b) => (a < b ? -1 : 1))
  return { min: String(ends('min')[0]), max: String(ends('max').at(-1)) }
}

const sums = [
  ...(['nulls', 'integers', 'reals', 'texts', 'blobs', 'wholeReals', 'infinities'] as const),
  ...(['totalBytes', 'possibleTimes', 'finerTimes', 'nulTexts'] as const),
] as const
const maxima = ['maxCharacters', 'maxTextBytes', 'maxBlobBytes'] as const

function each<K extends string>(keys: readonly K[], value: (key: K) => number): Record<K, number> {
  return Object.fromEntries(keys.map((key) => [key, value(key)])) as Record<K, number>
}

function addColumns(one: ColumnCensus, other: ColumnCensus): ColumnCensus {
  const reals = [one.realRange, other.realRange].filter((range) => range !== null)
  const forms = Object.keys(one.textForms) as TextForm[]
  return {
    name: one.name,
    ...each(sums, (key) => one[key] + other[key]),
    ...each(maxima, (key) => Math.max(one[key], other[key])),
    integerRange: rangeOf([one.integerRange, other.integerRange].filter((range) => range !== null)),
    realRange:
      reals.length === 0
        ? null
        : {
            min: Math.min(...reals.map(({ min }) => min)),
            max: Math.max(...reals.map(({ max }) => max)),
          },
    textForms: each(forms, (form) => one.textForms[form] + other.textForms[form]),
    hasInvalidTexts: one.hasInvalidTexts || other.hasInvalidTexts,
    values: addValues(one, other),
  }
}

const MOST_VALUES = 12

function addValues(one: ColumnCensus, other: ColumnCensus): ColumnCensus['values'] {
  const [a, b] = [one, other].map((census) => (hasValues(census) ? census.values : []))
  if (a == null || b == null) return null
  const counts = new Map<string, number>()
  for (const { value, count } of [...a, ...b]) counts.set(value, (counts.get(value) ?? 0) + count)
  if (counts.size > MOST_VALUES) return null
  return Array.from(counts, ([value, count]) => ({ value, count })).sort((x, y) => y.count - x.count)
}

function hasValues({ integers, reals, texts, blobs }: ColumnCensus): boolean {
  return integers + reals + texts + blobs > 0
}
