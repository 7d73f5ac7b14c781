/**
 * A statement that writes, carried out on both sides, and what it writes and leaves there compared. Invariant: SQLite's side is a copy or
 * a database in memory, on which it is undone; PostgreSQL's is in a transaction that is rolled back, with its sequences.
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

/** Where it is carried out: on the rows that are there, or on made ones. */
export type WritePlace = {
  readonly isOnRealRows: boolean
  readonly db: SqliteDatabase
  /** What PostgreSQL carries out first, in the same transaction. */
  readonly before: readonly string[]
  /** The tables whose rows are compared afterwards, with PostgreSQL's SQL of each. */
  readonly tables: readonly { readonly table: KnownTable; readonly from: string }[]
  readonly lists: readonly ParameterList[]
}

/** Up to so many rows all that is left in a table is compared, and with the first list of parameters up to the other number. */
const SMALL = 2_000
const LARGE = 100_000

/** What is left in a table. `rows`: none of a table with more than are compared. */
type Left = { readonly count: number; readonly rows: KeyedRows }

type Written =
  | { readonly kind: 'rows'; readonly rows: KeyedRows; readonly left: readonly Left[] }
  | ({ readonly kind: 'refused' } & Refusal)

/** The rows that each list of parameters writes, and those that are left. */
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
      // A key that is taken, a null that may not be: refused here and there.
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

/** The row is one that others refer to, which SQLite lets go unless it is asked to enforce foreign keys. */
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

/** Columns of the written table that both sides return, for a statement without a RETURNING of its own. */
function returnedColumns(one: ReadCase): readonly ComparedColumn[] {
  return comparedColumns(one, writtenTable(one))
}

/** What a statement's own RETURNING gives of made rows may be numbers that each side makes by itself. */
function isWrittenCompared(one: ReadCase, { isOnRealRows }: WritePlace): boolean {
  return isOnRealRows || !hasReturning(one.sql)
}

/** Null where SQLite can't carry it out for another reason than the values. */
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

/** Null where made rows can't be had. */
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
