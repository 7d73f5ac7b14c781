/**
 * Puts the trial rows (`made-rows.ts`) of the tables that a statement reads into both databases: in SQLite into tables in memory, with the
 * source's constraints; in PostgreSQL into common tables of the same names, so that nothing is created there. Invariant: both sides have the
 * same rows, by the plan's conversions.
 */
import { formOfText } from '../../encode/times/text-time-form.ts'
import type { Conversion } from '../../model/conversion.ts'
import { wholeMeaningOf } from '../../rows/meaning/meaning-of.ts'
import type { SourceValue } from '../../rows/meaning/source-value.ts'
import { createObject, openMemory, type SqliteDatabase } from '../../source/base/sqlite.ts'
import { quoteIdentifier, quoteLiteral } from '../../syntax/postgres-names.ts'
import { quoteSqlite } from '../../syntax/sqlite-names.ts'
import { isNameToken, parenthesesOf, upperAt } from '../../syntax/sqlite-tokens.ts'
import { withRegexp } from '../sides/sqlite-side.ts'
import { tokensOf } from '../statement/statement-kind.ts'
import type { KnownColumn, KnownDatabase, KnownTable } from '../tables/known-tables.ts'
import { viewsIn } from '../tables/known-tables.ts'
import type { Meetings } from '../tables/meeting.ts'
import { insertTrialRows } from './insert-trial-rows.ts'
import { GATHERING_TRIALS, madeRows } from './made-rows.ts'
import type { SampleRow } from './parameters.ts'

export type Trial = {
  readonly db: SqliteDatabase
  /** Common tables, each `"name" (…) as (…)`. */
  readonly commonTables: readonly string[]
  /** For each table, the target's columns and a select of the rows. */
  readonly given: readonly { readonly columns: readonly string[]; readonly select: string }[]
  readonly rows: ReadonlyMap<KnownTable, readonly SampleRow[]>
  close(): void
}

export type TrialGround = {
  readonly database: KnownDatabase
  readonly rows: (table: KnownTable) => readonly SampleRow[]
}

/** Returns null when a table of the statement has no table in the target, or the statement reads a view. */
export function buildTrial(
  sql: string,
  tables: readonly KnownTable[],
  meetings: Meetings,
  { database, rows }: TrialGround,
  turn = 0,
): Trial | null {
  if (tables.length === 0 || viewsIn(sql, database).length > 0) return null
  const ordered = orderedWithin(sql)
  return trialOfRows(
    tables,
    (table) => withoutTies(madeRows(table, meetings, rows(table), turn), table, ordered),
    (column) => nearConstants(column, meetings),
  )
}

/** Returns the names, in lower case, in the ORDER BY of windows and of subqueries with LIMIT, where ties would be open. */
function orderedWithin(sql: string): ReadonlySet<string> {
  const names = new Set<string>()
  const tokens = tokensOf(sql)
  const { openings, closings } = parenthesesOf(tokens)
  const upper = (at: number) => upperAt(tokens, at)
  // The last ORDER and LIMIT of each parenthesis.
  const orders = new Map<number, number>()
  const limits = new Map<number, number>()
  for (const [at, open] of openings.entries()) {
    if (upper(at) === 'ORDER') orders.set(open, at)
    else if (upper(at) === 'LIMIT') limits.set(open, at)
  }
  let seen = 0
  for (const [open, order] of [...orders].toSorted(([, one], [, other]) => one - other)) {
    const isWindow = upper(open - 1) === 'OVER' || (upper(open - 1) === 'AS' && upper(open - 3) === 'WINDOW')
    if (open < 0 || !(isWindow || limits.has(open))) continue
    const within = tokens.slice(Math.max(order, seen), closings[open])
    for (const { text } of within.filter(isNameToken)) names.add(text.toLowerCase())
    seen = Math.max(seen, closings[open]!)
  }
  return names
}

/** Returns rows of which no two have the same value in a column of these names. */
function withoutTies(
  rows: readonly SampleRow[],
  table: KnownTable,
  names: ReadonlySet<string>,
): readonly SampleRow[] {
  const ordered = table.columns.filter(({ name }) => names.has(name.toLowerCase()))
  if (ordered.length === 0) return rows
  const seen = ordered.map(() => new Set<SourceValue>())
  return rows.filter((row) => {
    if (ordered.some(({ name }, at) => seen[at]!.has(row[name]!))) return false
    for (const [at, { name }] of ordered.entries()) seen[at]!.add(row[name]!)
    return true
  })
}

/** Builds a trial of the rows that the tables' constraints allow. Returns null when a table has no table in the target. */
export function trialOfRows(
  tables: readonly KnownTable[],
  rows: (table: KnownTable) => readonly SampleRow[],
  keys: (column: KnownColumn) => Iterable<SourceValue> = () => [],
): Trial | null {
  if (tables.some(({ copied, catalog }) => copied === null || catalog.kind !== 'table')) return null
  const db = withRegexp(openMemory())
  try {
    db.pragma('foreign_keys = off')
    const made = new Map<KnownTable, readonly SampleRow[]>()
    const commonTables: string[] = []
    const given: Trial['given'][number][] = []
    for (const table of tables) {
      createObject(db, table.catalog.sql)
      for (const { sql: index } of table.catalog.indexes) if (index !== null) createObject(db, index)
      insertTrialRows(db, table, rows(table), keys)
      const { kept, common, columns, select } = carryOver(db, table)
      given.push({ columns, select })
      made.set(table, kept)
      commonTables.push(common)
    }
    return { db, commonTables, given, rows: made, close: () => void db.close() }
  } catch {
    // SQLite cannot create some tables here, such as one whose CHECK calls a function of the application.
    db.close()
    return null
  }
}

/** Returns the statement with the common tables before it. */
export function withCommonTables(sql: string, commonTables: readonly string[]): string {
  const [first, second] = tokensOf(sql)
  const list = commonTables.join(',\n')
  if (first?.text.toUpperCase() !== 'WITH') return `with ${list}\n${sql}`
  const isRecursive = second?.text.toUpperCase() === 'RECURSIVE'
  const rest = sql.slice(isRecursive ? second!.end : first.end)
  return `with ${isRecursive ? 'recursive ' : ''}${list},\n${rest}`
}

/** Yields the constants that a key is compared with, and numbers around them, so that the statement finds rows. */
function* nearConstants(column: KnownColumn, { constants }: Meetings): Generator<SourceValue> {
  for (const { met, value } of constants) {
    if (met?.column !== column || typeof value !== 'bigint' || !column.isUnique) continue
    for (let at = 0; at < 25; at++) yield value + BigInt(at % 2 === 0 ? -at / 2 : (at + 1) / 2)
  }
}

/**
 * Returns the number of trials. A key that is compared with a constant finds only one row, and an aggregate over all rows returns only one:
 * several trials, with other rows each, have more chances to differ.
 */
export function trialsFor(sql: string, { constants }: Meetings): number {
  if (constants.some(({ met, operator }) => operator === 'equal' && met?.column.isUnique === true)) return 5
  if (!/\b(?:sum|avg|total|count)\s*\(/i.test(sql)) return 1
  if (!/\bgroup\s+by\b/i.test(sql)) return GATHERING_TRIALS
  return sql.includes('/') ? 2 : 1
}

/** Returns the rows as a common table, without those that the target cannot hold, which are deleted in SQLite, too. */
function carryOver(
  db: SqliteDatabase,
  table: KnownTable,
): Trial['given'][number] & { kept: readonly SampleRow[]; common: string } {
  const { target, copy } = table.copied!
  const names = table.columns.map(({ name }) => name)
  const key = table.catalog.key.kind === 'rowid' ? table.catalog.key.name : null
  const rowid = key === null ? 'null' : quoteSqlite(key)
  const rows = db
    .prepare(`select ${rowid}, ${names.map(quoteSqlite).join(', ')} from ${quoteSqlite(table.name)}`)
    .raw()
    .safeIntegers()
    .all() as SourceValue[][]
  const columns = copy.columns.map(({ target: name, from }) => {
    const known = table.columns.find((column) => column.target?.name === name)
    const type = known?.target?.type
    if (from.kind === 'column' && type !== undefined) {
      const meaning = wholeMeaningOf(from.conversion)
      const at = names.indexOf(from.column) + 1
      const isOwn = (row: readonly SourceValue[]) => isOfItsForm(row[at]!, from.conversion)
      return { name, type, isOwn, of: (row: readonly SourceValue[]) => meaning(row[at]!) }
    }
    if (from.kind === 'rowid')
      return { name, type: 'bigint', of: (row: readonly SourceValue[]) => String(row[0]) }
    return { name, type: 'text', of: () => null }
  })
  const kept: SampleRow[] = []
  const lines: string[] = []
  const remove = key === null ? null : db.prepare(`delete from ${quoteSqlite(table.name)} where ${rowid} = ?`)
  for (const row of rows) {
    const cells = columns.map(({ of, type, isOwn }) => {
      const text = of(row)
      return { text, isHeld: (text === null || isHeld(text, type)) && (isOwn === undefined || isOwn(row)) }
    })
    if (cells.some(({ isHeld: fits }) => !fits)) {
      if (remove === null) throw new Error('a row that the target cannot hold has no name')
      remove.run(row[0])
      continue
    }
    kept.push(Object.fromEntries(names.map((name, at) => [name, row[at + 1]!])))
    lines.push(`(${cells.map(({ text }) => (text === null ? 'null' : quoteLiteral(text))).join(', ')})`)
  }
  const list = columns.map(({ name }) => quoteIdentifier(name)).join(', ')
  const typed = columns.map(({ type }, at) => `column${at + 1}::${type}`).join(', ')
  const none = `(${columns.map(() => 'null').join(', ')})`
  const values = lines.length === 0 ? `${none} limit 0` : lines.join(',\n')
  const select = `select ${typed} from (values ${values}) as given`
  return {
    kept,
    columns: columns.map(({ name }) => name),
    select,
    common: `${quoteIdentifier(target.table)} (${list}) as materialized (${select})`,
  }
}

/** Whether the value has the form that all values of the column share, if they do: the translation relies on it. */
function isOfItsForm(value: SourceValue, conversion: Conversion): boolean {
  if (value === null) return true
  if (conversion.kind === 'boolean') return conversion.form !== 'integer' || value === 0n || value === 1n
  const form = 'form' in conversion && typeof conversion.form === 'object' ? conversion.form : null
  if (form === null || !('separator' in form)) return true
  const own = typeof value === 'string' ? formOfText(value) : null
  return JSON.stringify(own) === JSON.stringify(form)
}

/** Whether the target's type accepts the text, as far as the text alone shows. */
function isHeld(text: string, type: string): boolean {
  if (/^\(.* is no [a-z ]+\)$/s.test(text) || text.includes('\0'))
    return /^(?:text|character)/.test(type) && !text.includes('\0')
  if (type === 'uuid') return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text)
  if (type === 'smallint') return Math.abs(Number(text)) < 32_768
  if (type === 'integer') return Math.abs(Number(text)) < 2 ** 31
  const most = /^character varying\((\d+)\)$/.exec(type)?.[1]
  if (most !== undefined) return [...text].length <= Number(most)
  const digits = /^numeric\((\d+),(\d+)\)$/.exec(type)
  if (digits !== null) return Math.abs(Number(text)) < 10 ** (Number(digits[1]) - Number(digits[2]))
  return true
}
