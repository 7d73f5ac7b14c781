/**
 * Matches a source table's columns with its target's: homes, the row's identity, the shape of its JSON object. Invariant: it decides
 * nothing about types.
 */
import type { TableCensus } from '../../model/census.ts'
import { changeTo } from '../../model/plan-edit.ts'
import type { TargetColumn } from '../../model/target-schema.ts'
import { quoteSqlite } from '../../syntax/sqlite-names.ts'
import { fitSource } from '../base/fit.ts'
import {
  columnCensus,
  find,
  type Identity,
  type MappedTable,
  type SentTable,
  valuesIn,
  valuesOf,
} from '../base/planning.ts'
import { arePlainUuids, countRepeats, distinctTexts } from '../evidence/questions.ts'
import { type Acceptance, findColumn, matchColumns } from './match-columns.ts'
import { recogniseShape } from './pivots.ts'

export function matchTable(given: SentTable): MappedTable {
  const { table, mapping, draft } = given
  const { renames, dropped } = decisionsOf(given)
  const accepts = acceptanceOf(given)
  const found = matchColumns(draft.columns, table, mapping, renames, dropped, accepts)
  const homes = found.homes
  const keyColumn = draft.columns.find(({ sequence }) => sequence !== null)?.name ?? null
  const identity = identityOf(given, homes, keyColumn, dropped)
  const source: MappedTable = {
    ...given,
    homes,
    feeds: found.feeds,
    dropped,
    identity,
    pivot: null,
    gathered: [],
    folds: [],
    origins: new Map(),
    expressions: [],
    references: [],
    orphaned: new Set(),
    unmapped: [],
  }
  for (const pair of found.mistaken) {
    if (homes.get(pair.target) === pair.source || pair.target === keyColumn) continue
    find(given, pair.source, {
      severity: 'warning',
      code: 'not-what-it-is-called',
      message: `${table.name}.${pair.source} does not hold what ${draft.designedName}.${pair.target} means; it is kept in a column of its own.`,
    })
  }
  for (const { target, source: column } of found.almost) {
    const { name, type, nullable } = draft.columns.find((candidate) => candidate.name === target)!
    find(given, column, {
      severity: nullable ? 'notice' : 'warning',
      code: 'almost-a-home',
      message: `${draft.designedName}.${name} would be filled from ${table.name}.${column}, but not all of its values are ${type}; they are kept in a column of their own.`,
    })
  }
  for (const [target, column] of found.feeds) {
    find(given, column, {
      severity: 'notice',
      code: 'shared-column',
      message: `${draft.designedName}.${target} has no column of its own in ${table.name} and must not be null; it takes the values of ${column}.`,
    })
  }
  if (mapping.pivot !== undefined) takeShape(source, renames)
  return source
}

function takeShape(source: MappedTable, renames: ReadonlyMap<string, string>): void {
  const { mapping, table, homes, dropped } = source
  const words = mapping.pivot!
  const kept = new Set([...dropped, ...renames.keys()])
  const id = findColumn(table, 'id', new Set())
  if (id !== null) kept.add(id)
  const shape = recogniseShape(source, words, kept)
  if (shape.kind === 'json') return
  homes.delete(words.column)
  if (shape.kind === 'rows') source.pivot = shape.pivot
  if (shape.kind === 'columns') source.gathered = shape.columns
}

/** What the mapping file and the user's edits say about single columns. */
function decisionsOf({ planning: { edits }, tableId, table, mapping, draft }: SentTable) {
  const renames = new Map<string, string>()
  const dropped = new Set<string>()
  for (const { name } of table.columns) {
    const fate = changeTo(edits, tableId, name, 'unmapped')?.fate
    const added = draft.columns.some((column) => column.name === name) ? `source_${name}` : name
    const named = changeTo(edits, tableId, name, 'target')?.name ?? mapping.rename?.[name]
    const renamed = fate === 'add' ? added : named
    if (renamed !== undefined) renames.set(name, renamed)
    const isLeftOut = changeTo(edits, tableId, name, 'exclude') ?? mapping.leaveOut?.[name]
    if (isLeftOut !== undefined || (fate !== undefined && fate !== 'add')) dropped.add(name)
  }
  return { renames, dropped }
}

function acceptanceOf(given: SentTable): Acceptance {
  const { census, mapping } = given
  const refused = (target: TargetColumn, name: string): number => {
    const values = columnCensus(census, name)
    if (target.sequence !== null) return isIntegerKey(given, name) ? 0 : Number.POSITIVE_INFINITY
    const words = mapping.columns?.[target.name]
    if (words?.identity === true || words?.references !== undefined) return 0
    if (words?.enumeration !== undefined) {
      const known = new Set(Object.keys(words.enumeration.values))
      const texts = distinctTexts(valuesOf(given, name), 100)
      if (texts === null) return valuesIn(values)
      const others = texts.filter(({ value }) => !known.has(value.trim().toLowerCase()))
      return others.reduce((sum, { count }) => sum + count, valuesIn(values) - values.texts)
    }
    return fitSource(given, name, target.type, { mapped: words?.epoch, onOverflow: 'widen' }).refused
  }
  return {
    byName: (target, name) => {
      const values = valuesIn(columnCensus(census, name))
      const others = mapping.columns?.[target.name]?.enumeration?.others
      return others === 'keep' || refused(target, name) * 2 <= values
    },
    byAlias: (target, name) => refused(target, name) === 0,
    isComplete: (name) => census.rows === 0 || columnCensus(census, name).nulls === 0,
  }
}

/** Whether the column can be the target's integer key: a whole number in every row, none twice. */
function isIntegerKey({ planning, database, table, census }: SentTable, name: string): boolean {
  if (table.key.kind === 'rowid' && table.key.column === name) return true
  const values = columnCensus(census, name)
  if (census.rows === 0) return table.columns.find((column) => column.name === name)?.affinity === 'integer'
  if (values.integers !== census.rows) return false
  return countRepeats(planning.queries, database, table.name, [quoteSqlite(name)]) === 0
}

/**
 * Returns what identifies a row: the column that the mapping knows as its UUID, by name or alias; else a text `id`; else a text primary
 * key; else the integer key. A text id that the integer key does not take becomes the identity's home.
 */
function identityOf(
  given: SentTable,
  homes: Map<string, string>,
  keyColumn: string | null,
  dropped: ReadonlySet<string>,
): Identity {
  const { table, mapping, census } = given
  const target =
    Object.entries(mapping.columns ?? {}).find(([, words]) => words.identity === true)?.[0] ?? null
  let column = target === null ? null : (homes.get(target) ?? null)
  if (column === null) {
    const taken = new Set([...homes.values(), ...dropped])
    const [only, ...more] = table.primaryKey
    const textId = findColumn(table, 'id', taken) ?? (more.length === 0 ? (only ?? null) : null)
    if (textId !== null && !taken.has(textId) && isId(census, textId)) {
      column = textId
      if (target !== null) homes.set(target, column)
    }
  }
  column ??= keyColumn === null ? null : (homes.get(keyColumn) ?? null)
  if (column === null) return { target, column: null, isPlain: false }
  const values = columnCensus(census, column)
  return {
    target,
    column,
    isPlain: values.texts > 0 && arePlainUuids(valuesOf(given, column), values),
  }
}

function isId(census: TableCensus, name: string): boolean {
  const { texts, blobs, integers } = columnCensus(census, name)
  return census.rows === 0 || texts + blobs + integers > 0
}
