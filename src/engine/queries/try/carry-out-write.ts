/**
 * Executes a writing statement on both sides, and compares the rows that it writes and leaves. Invariant: in SQLite it runs on a copy or in
 * memory, and is rolled back; in PostgreSQL the transaction is rolled back, with its sequences.
 */
import type { SourceValue } from '../../rows/meaning/source-value.ts'
import type { SqliteDatabase } from '../../source/base/sqlite.ts'
import { quoteIdentifier } from '../../syntax/postgres-names.ts'
import { quoteSqlite } from '../../syntax/sqlite-names.ts'
import { runForeign } from '../../target/guards/foreign-statement.ts'
import { compareRows, type KeyedRows } from '../compare/compare-outcomes.ts'
import { columnKeys, oidOfType } from '../compare/value-keys.ts'
import type { Refusal } from '../differences/refusals.ts'
import { runOn } from '../sides/sqlite-side.ts'
import type { BoundText } from '../statement/statement-text.ts'
import { columnNamed, type KnownTable } from '../tables/known-tables.ts'
import { writtenTable } from '../tables/written-table.ts'
import type { JudgeGround, ReadCase } from '../trial/judge-ground.ts'
import type { ParameterList } from '../trial/parameters.ts'
import { type ComparedColumn, comparedColumns, differenceOfRows, type WriteResult } from './write-results.ts'
import { hasReturning, writeForPostgres, writeForSqlite } from './write-statement.ts'

/** Where the statement is executed: on the existing rows, or on trial rows. */
export type WritePlace = {
  readonly isOnRealRows: boolean
  readonly db: SqliteDatabase
  /** Statements that PostgreSQL executes first, in the same transaction. */
  readonly before: readonly string[]
  /** The tables whose rows are compared afterwards; `from`: the table's name in PostgreSQL's SQL. */
  readonly tables: readonly { readonly table: KnownTable; readonly from: string }[]
  readonly lists: readonly ParameterList[]
}

/** A table with more rows is not compared row by row: more than LARGE with the first list of parameters, more than SMALL with others. */
const SMALL = 2_000
const LARGE = 100_000

/** What the statement leaves in a table. `rows`: [] when there are too many to compare. */
type Left = { readonly count: number; readonly rows: KeyedRows }

type Written =
  | { readonly kind: 'rows'; readonly rows: KeyedRows; readonly left: readonly Left[] }
  | ({ readonly kind: 'refused' } & Refusal)

/** Compares the rows written and left with each list of parameters. */
export async function tryWrites(
  text: BoundText,
  one: ReadCase,
  place: WritePlace,
  ground: JudgeGround,
): Promise<WriteResult> {
  const { isOnRealRows } = place
  let tried = 0
  const startedAt = performance.now()
  for (const list of place.lists) {
    if (isOnRealRows && tried > 0 && performance.now() - startedAt > ground.patience.ms) break
    const most = tried === 0 ? LARGE : SMALL
    const sqlite = runInSqlite(one, place, list, most, ground)
    if (sqlite === null) continue
    const postgres = await runInPostgres(text, one, place, list, most, ground)
    if (postgres === null) break
    if (postgres.kind === 'refused') {
      // Both sides refuse a duplicate key or a null.
      const isRefusedByBoth =
        sqlite.kind === 'refused' &&
        postgres.sqlstate.startsWith('23') &&
        (ground.enforcesForeignKeys || !isReferredTo(postgres))
      if (!isRefusedByBoth) return { ...postgres, tried, isOnRealRows }
      tried++
      continue
    }
    tried++
    const difference = differenceBetween(sqlite, postgres, place)
    if (difference !== null) return { kind: 'different', tried, list, ...difference, isOnRealRows }
  }
  return { kind: 'same', tried }
}

/** Whether a referenced row was changed or deleted, which SQLite refuses only when it enforces foreign keys. */
function isReferredTo({ sqlstate, message }: Refusal): boolean {
  return sqlstate === '23503' && /^update or delete on table/.test(message)
}

type Shown = { readonly what: string; readonly sqlite: string; readonly postgres: string }

function differenceBetween(
  sqlite: Written,
  postgres: Exclude<Written, { kind: 'refused' }>,
  { tables }: WritePlace,
): Shown | null {
  if (sqlite.kind === 'refused') {
    return {
      what: 'SQLite refuses it, and PostgreSQL does not.',
      sqlite: `error: ${sqlite.message}`,
      postgres: `${postgres.rows.length} rows written`,
    }
  }
  const compared = (what: string, here: KeyedRows, there: KeyedRows): Shown | null => {
    const difference = compareRows(here, there, { isOrdered: false, sortKeys: null })
    return difference === null ? null : { what, ...differenceOfRows(difference, here, there) }
  }
  const written = compared('It writes other rows.', sqlite.rows, postgres.rows)
  if (written !== null) return written
  for (const [at, { table }] of tables.entries()) {
    const [here, there] = [sqlite.left[at]!, postgres.left[at]!]
    const left = compared(`It leaves other rows in ${table.name}.`, here.rows, there.rows)
    if (left !== null) return left
    if (here.count !== there.count) {
      const what = `It leaves another number of rows in ${table.name}.`
      return { what, sqlite: `${here.count} rows`, postgres: `${there.count} rows` }
    }
  }
  return null
}

/** Returns the written table's columns that both sides return when the statement has no RETURNING. */
function returnedColumns(one: ReadCase): readonly ComparedColumn[] {
  return comparedColumns(one, writtenTable(one))
}

/** Whether written rows are compared: not for RETURNING on trial rows, which may return generated numbers. */
function isWrittenCompared(one: ReadCase, { isOnRealRows }: WritePlace): boolean {
  return isOnRealRows || !hasReturning(one.sql)
}

/** Returns null when SQLite fails for another reason than a constraint. */
function runInSqlite(
  one: ReadCase,
  place: WritePlace,
  list: ParameterList,
  most: number,
  { zone }: JudgeGround,
): Written | null {
  const { db } = place
  const written = writtenTable(one)
  const { sql, values } = writeForSqlite(one, list, returnedColumns(one))
  db.exec('savepoint tried')
  try {
    const outcome = runOn(db, sql, values)
    if (outcome.kind === 'error') {
      return /constraint failed/.test(outcome.message)
        ? { kind: 'refused', sqlstate: '23000', message: outcome.message }
        : null
    }
    const keys = outcome.columns.map(({ origin, name }) => {
      const target = written === null ? null : columnNamed(written, origin?.column ?? name)?.target
      return columnKeys(oidOfType(target?.type), target?.conversion ?? null, zone)
    })
    const rows = isWrittenCompared(one, place)
      ? outcome.rows.map((row) => row.map((value, at) => keys[at]!.ofSqlite(value)))
      : []
    return {
      kind: 'rows',
      rows,
      left: place.tables.map(({ table }) => leftInSqlite(db, one, table, most, zone)),
    }
  } finally {
    db.exec('rollback to tried; release tried')
  }
}

function leftInSqlite(
  db: SqliteDatabase,
  one: ReadCase,
  table: KnownTable,
  most: number,
  zone: string,
): Left {
  const from = `from ${quoteSqlite(table.name)}`
  const { rows: count } = db.prepare(`select count(*) as rows ${from}`).get() as { rows: number }
  const columns = comparedColumns(one, table)
  if (columns.length === 0 || count > most) return { count, rows: [] }
  const keys = columns.map(({ type, conversion }) => columnKeys(oidOfType(type), conversion, zone))
  const named = columns.map(({ source }) => quoteSqlite(source)).join(', ')
  const rows = db.prepare(`select ${named} ${from}`).raw().safeIntegers().all() as SourceValue[][]
  return { count, rows: rows.map((row) => row.map((value, at) => keys[at]!.ofSqlite(value))) }
}

/** Returns null when the trial rows cannot be created. */
async function runInPostgres(
  text: BoundText,
  one: ReadCase,
  place: WritePlace,
  list: ParameterList,
  most: number,
  { writing, session, patience, zone }: JudgeGround,
): Promise<Written | null> {
  const written = writtenTable(one)
  const bare = (sql: string) => ({ sql, parameters: [] })
  const after = place.tables.flatMap(({ table, from }) => {
    const named = comparedColumns(one, table).map(({ target }) => quoteIdentifier(target))
    const isWithin = `(select count(*) from ${from}) <= ${most}`
    return [`select count(*) from ${from}`, `select ${named.join(', ')} from ${from} where ${isWithin}`]
  })
  const outcomes = await runForeign(
    writing,
    [...place.before.map(bare), writeForPostgres(text, one, list, returnedColumns(one)), ...after.map(bare)],
    { ...session, timeoutMs: patience.ms, isReadOnly: false },
  )
  const isReached = outcomes.length > place.before.length
  if (!isReached && !place.isOnRealRows) return null
  const [outcome, ...left] = isReached ? outcomes.slice(place.before.length) : outcomes.slice(-1)
  if (outcome === undefined || outcome.kind === 'error')
    return { kind: 'refused', sqlstate: outcome?.sqlstate ?? '', message: outcome?.message ?? '' }
  const keyed = (
    rows: readonly (readonly (string | null)[])[],
    keys: readonly ReturnType<typeof columnKeys>[],
  ) => rows.map((row) => row.map((cell, at) => keys[at]!.ofPostgres(cell)))
  const keys = outcome.columns.map(({ type, name }) => {
    const column = written?.columns.find(({ target }) => target?.name === name)
    return columnKeys(type, column?.target?.conversion ?? null, zone)
  })
  return {
    kind: 'rows',
    rows: isWrittenCompared(one, place) ? keyed(outcome.rows, keys) : [],
    left: place.tables.map(({ table }, at) => {
      const [counted, rows] = [left[2 * at], left[2 * at + 1]]
      const columns = comparedColumns(one, table)
      return {
        count: counted?.kind === 'rows' ? Number(counted.rows[0]?.[0]) : 0,
        rows:
          rows?.kind === 'rows' && columns.length > 0
            ? keyed(
                rows.rows,
                columns.map(({ conversion }, index) =>
                  columnKeys(rows.columns[index]!.type, conversion, zone),
                ),
              )
            : [],
      }
    }),
  }
}
