/** A statement that reads, on both sides, with one list of parameters. Invariant: nothing is written on either side. */
import type { Conversion } from '../model/conversion.ts'
import type { SourceValue } from '../rows/meaning/source-value.ts'
import type { SqliteDatabase } from '../source/base/sqlite.ts'
import type { Connection } from '../target/connection.ts'
import { type ForeignSession, runForeign } from '../target/foreign-statement.ts'
import { compareRows, type KeyedRows, type RowDifference, sortKey } from './compare-outcomes.ts'
import type { KnownTable } from './known-tables.ts'
import { columnNamed } from './known-tables.ts'
import { type ParameterList, parameterText } from './parameters.ts'
import { withSortKeys } from './sort-keys.ts'
import { MOST_MS, runOn, type SqliteColumn } from './sqlite-side.ts'
import { type BoundText, clausesOf, sqliteText, withoutLimit } from './statement-text.ts'
import { cutsTie } from './tie-at-limit.ts'
import { columnKeys } from './value-keys.ts'

export type TryResult =
  | {
      readonly kind: 'same'
      readonly rows: number
      readonly sqliteMs: number
      readonly postgresMs: number
      /** Names of the result's columns that come in other letters. */
      readonly renamed: readonly string[]
    }
  | {
      readonly kind: 'different'
      readonly difference: RowDifference
      readonly sqliteMs: number
      readonly postgresMs: number
    }
  | {
      readonly kind: 'refused'
      readonly sqlstate: string
      readonly message: string
      readonly sqliteRows: number
    }
  /** SQLite itself has no answer. */
  | { readonly kind: 'no-answer'; readonly message: string }

export type TrySides = {
  readonly db: SqliteDatabase
  readonly connection: Connection
  readonly session: ForeignSession
  readonly tables: readonly KnownTable[]
  /** What is put before the statement for PostgreSQL. */
  readonly decorate: (sql: string) => string
  readonly zone: string
  /** Rows that are made up: which of equal ones a LIMIT cuts off says nothing. */
  readonly isTrial: boolean
}

export type TryTexts = { readonly sqlite: string; readonly postgres: BoundText }

export async function tryRead(texts: TryTexts, list: ParameterList, sides: TrySides): Promise<TryResult> {
  const { sql, numbers } = sqliteText(texts.sqlite)
  const values = numbers.map((number) => list.get(number) ?? null)
  const sqlite = runOn(sides.db, sql, values)
  if (sqlite.kind === 'error') return { kind: 'no-answer', message: sqlite.message }
  if (sqlite.isCut) return compareLong(texts, list, sides, sqlite.ms)
  const postgres = await runPostgres(texts.postgres, list, sides)
  if (postgres.kind === 'error') {
    const { sqlstate, message } = postgres
    return { kind: 'refused', sqlstate, message, sqliteRows: sqlite.rows.length }
  }
  const times = { sqliteMs: sqlite.ms, postgresMs: postgres.ms }
  if (sqlite.columns.length !== postgres.columns.length) {
    const difference = {
      kind: 'columns',
      sqlite: sqlite.columns.length,
      postgres: postgres.columns.length,
    } as const
    return { kind: 'different', difference, ...times }
  }
  const renamed = sqlite.columns.flatMap(({ name }, at) => {
    const there = postgres.columns[at]!.name
    return name !== there && name.toLowerCase() === there ? [name] : []
  })
  const keys = postgres.columns.map(({ type }, at) =>
    columnKeys(type, conversionOf(sqlite.columns[at]!, sides.tables), sides.zone, !sides.isTrial),
  )
  const left: KeyedRows = sqlite.rows.map((row) => row.map((value, at) => keys[at]!.ofSqlite(value)))
  const right: KeyedRows = postgres.rows.map((row) => row.map((text, at) => keys[at]!.ofPostgres(text)))
  const clauses = clausesOf(texts.sqlite)
  const isOrdered = clauses.orderBy !== null
  let difference = compareRows(left, right, { isOrdered, sortKeys: null })
  if (difference !== null && difference.kind === 'order') {
    const sortKeys = readSortKeys(texts.sqlite, values, sqlite.columns, sides)
    difference = compareRows(left, right, { isOrdered, sortKeys })
  }
  if (
    difference !== null &&
    clauses.limit !== null &&
    (difference.kind === 'rows' || difference.kind === 'order')
  ) {
    const whole = await compareWhole(texts, list, sides)
    if (whole?.kind === 'same') {
      if (sides.isTrial) return { kind: 'same', rows: left.length, renamed, ...times }
      if (difference.kind === 'rows')
        difference = { kind: 'count', sqlite: left.length, postgres: right.length, isCut: true }
    }
  }
  if (difference === null && clauses.limit !== null && !sides.isTrial) {
    const isOpen = cutsTie(texts.sqlite, list, sides.db, (text, given, columns) =>
      readSortKeys(text, given, columns, sides),
    )
    if (isOpen) difference = { kind: 'count', sqlite: left.length, postgres: right.length, isCut: true }
  }
  return difference === null
    ? { kind: 'same', rows: left.length, renamed, ...times }
    : { kind: 'different', difference, ...times }
}

/** Results too long to be held: their rows are counted. */
async function compareLong(
  texts: TryTexts,
  list: ParameterList,
  sides: TrySides,
  ms: number,
): Promise<TryResult> {
  if (ms >= MOST_MS) return { kind: 'no-answer', message: `it takes longer than ${MOST_MS / 1000} s` }
  const counted = (sql: string): string => `select count(*) from (${sql.trim().replace(/;$/, '')}) as counted`
  const { sqlite, postgres } = texts
  const result = await tryRead(
    { sqlite: counted(sqlite), postgres: { ...postgres, sql: counted(postgres.sql) } },
    list,
    sides,
  )
  if (result.kind !== 'different' || result.difference.kind !== 'rows') return result
  const [one, other] = [result.difference.sqlite, result.difference.postgres].map((row) =>
    Number(row[0]!.slice(2)),
  )
  return { ...result, difference: { kind: 'count', sqlite: one!, postgres: other!, isCut: false } }
}

/** The statement without its LIMIT; null when that can't be run. */
async function compareWhole(
  texts: TryTexts,
  list: ParameterList,
  sides: TrySides,
): Promise<TryResult | null> {
  const sqlite = withoutLimit(texts.sqlite)
  const postgres = withoutLimit(texts.postgres.sql)
  if (sqlite === texts.sqlite || postgres === texts.postgres.sql) return null
  const used = [...postgres.matchAll(/\$(\d+)/g)].map(([, digits]) => Number(digits))
  const numbers = texts.postgres.numbers.slice(0, Math.max(0, ...used))
  const result = await tryRead({ sqlite, postgres: { sql: postgres, numbers } }, list, sides)
  return result
}

async function runPostgres(
  { sql, numbers }: BoundText,
  list: ParameterList,
  { connection, session, decorate }: TrySides,
): Promise<Awaited<ReturnType<typeof runForeign>>[number]> {
  const parameters = numbers.map((number) => parameterText(list.get(number) ?? null))
  const [outcome] = await runForeign(connection, [{ sql: decorate(sql), parameters }], session)
  const untyped =
    outcome?.kind === 'error' && outcome.sqlstate === '42P18'
      ? /\$(\d+)/.exec(outcome.message)?.[1]
      : undefined
  if (untyped === undefined) return outcome!
  // Where the server can't tell a parameter's type, a driver says that of the value.
  const value = list.get(numbers[Number(untyped) - 1]!) ?? null
  const typed = sql.replaceAll(new RegExp(`\\$${untyped}(?!\\d)`, 'g'), `$${untyped}::${typeOf(value)}`)
  return typed === sql
    ? outcome!
    : runPostgres({ sql: typed, numbers }, list, { connection, session, decorate } as TrySides)
}

function typeOf(value: SourceValue): string {
  if (typeof value === 'bigint') return 'bigint'
  if (typeof value === 'number') return 'double precision'
  return value === null || typeof value === 'string' ? 'text' : 'bytea'
}

function conversionOf({ origin }: SqliteColumn, tables: readonly KnownTable[]): Conversion | null {
  if (origin === null) return null
  const table = tables.find(({ name }) => name === origin.table)
  return table === undefined ? null : (columnNamed(table, origin.column)?.target?.conversion ?? null)
}

/** Whether the column that is ordered by takes letters of either case for the same. */
function isFoldedTerm(
  term: number | string,
  columns: readonly SqliteColumn[],
  tables: readonly KnownTable[],
): boolean {
  const name = typeof term === 'number' ? columns[term]?.origin?.column : term.replace(/^\w+\./, '')
  if (name === undefined) return false
  return tables.some((table) => columnNamed(table, name)?.collation === 'NOCASE')
}

function readSortKeys(
  sql: string,
  values: readonly SourceValue[],
  columns: readonly SqliteColumn[],
  { db, tables }: Pick<TrySides, 'db' | 'tables'>,
): KeyedRows | null {
  const keyed = withSortKeys(
    sql,
    columns.map(({ name }) => name),
    (term) => isFoldedTerm(term, columns, tables),
  )
  if (keyed === null) return null
  const { sql: text, numbers } = sqliteText(keyed.sql)
  if (numbers.length !== values.length) return null
  const outcome = runOn(db, text, values)
  if (outcome.kind === 'error') return null
  return outcome.rows.map((row) =>
    keyed.keys.map((key, at) =>
      sortKey('result' in key ? row[key.result]! : row[columns.length + key.added]!, keyed.isFolded[at]!),
    ),
  )
}
