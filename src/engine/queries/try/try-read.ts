/** Tries a reading statement on both sides with one list of parameters. Invariant: nothing is written on either side. */
import type { SourceValue } from '../../rows/meaning/source-value.ts'
import { runForeign } from '../../target/guards/foreign-statement.ts'
import { compareLong } from '../compare/compare-long.ts'
import { compareRows, type KeyedRows } from '../compare/compare-outcomes.ts'
import { conversionOf, readSortKeys } from '../compare/result-keys.ts'
import { cutsTie } from '../compare/tie-at-limit.ts'
import type { TryResult, TrySides, TryTexts } from '../compare/try-sides.ts'
import { columnKeys } from '../compare/value-keys.ts'
import { MOST_MS, runOn } from '../sides/sqlite-side.ts'
import { type BoundText, clausesOf, sqliteText, withoutLimit } from '../statement/statement-text.ts'
import { parameterText } from '../trial/parameter-text.ts'
import type { ParameterList } from '../trial/parameters.ts'

export async function tryRead(texts: TryTexts, list: ParameterList, sides: TrySides): Promise<TryResult> {
  const { sql, numbers } = sqliteText(texts.sqlite)
  const values = numbers.map((number) => list.get(number) ?? null)
  const sqlite = runOn(sides.db, sql, values)
  if (sqlite.kind === 'error') return { kind: 'no-answer', message: sqlite.message }
  if (sqlite.isCut) {
    return sqlite.ms >= MOST_MS
      ? { kind: 'no-answer', message: `it takes longer than ${MOST_MS / 1000} s` }
      : compareLong(texts, list, sides)
  }
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
  // Other rows could come first, so that the order of all trial rows says more than those that LIMIT leaves.
  if (
    difference === null &&
    isOrdered &&
    clauses.limit !== null &&
    sides.isTrial &&
    !isRecursive(texts.sqlite)
  ) {
    const whole = await compareWhole(texts, list, sides)
    if (whole?.kind === 'different') difference = whole.difference
  }
  if (difference === null && clauses.limit !== null && !sides.isTrial && !isSeries(texts.sqlite, sides)) {
    const isOpen = cutsTie(texts.sqlite, list, sides.db, (text, given, columns) =>
      readSortKeys(text, given, columns, sides),
    )
    if (isOpen) difference = { kind: 'count', sqlite: left.length, postgres: right.length, isCut: true }
  }
  return difference === null
    ? { kind: 'same', rows: left.length, renamed, ...times }
    : { kind: 'different', difference, ...times }
}

/** Whether the statement recurses, so that only its LIMIT may end it. */
function isRecursive(sql: string): boolean {
  return /\brecursive\b/i.test(sql)
}

/** Whether a recursion without tables generates the rows one by one, which both sides do in the same order. */
function isSeries(sql: string, { tables }: TrySides): boolean {
  const isGathered = /\bunion(?!\s+all\b)|\b(?:intersect|except|distinct|group\s+by)\b/i.test(sql)
  return isRecursive(sql) && tables.length === 0 && !isGathered
}

/** Tries the statement without its LIMIT; returns null when one side's text has none. */
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
  // When the server cannot infer a parameter's type, drivers send the value's.
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
