/**
 * A statement that writes, on rows that are made to tell the dialects apart: in SQLite on tables in memory, in PostgreSQL on temporary
 * tables of the tables' names, in a transaction that is rolled back. Invariant: no table, sequence or row of the target's own is touched.
 */
import { targetTableOf } from '../model/plan.ts'
import type { SourceValue } from '../rows/meaning/source-value.ts'
import type { SqliteDatabase } from '../source/base/sqlite.ts'
import { quoteIdentifier, quoteTable } from '../syntax/postgres-names.ts'
import { quoteSqlite } from '../syntax/sqlite-names.ts'
import { runForeign } from '../target/foreign-statement.ts'
import { compareRows, type KeyedRows } from './compare-outcomes.ts'
import type { JudgeGround, ReadCase } from './judge-ground.ts'
import type { KnownTable } from './known-tables.ts'
import type { ParameterList } from './parameters.ts'
import { runOn } from './sqlite-side.ts'
import type { BoundText } from './statement-text.ts'
import type { Trial } from './trial-rows.ts'
import { columnKeys } from './value-keys.ts'
import {
  type ComparedColumn,
  comparedColumns,
  differenceOfRows,
  typeOid,
  type WriteResult,
  writtenTable,
} from './write-results.ts'
import { hasReturning, writeForPostgres, writeForSqlite } from './write-statement.ts'

/** Each recreates the tables. */
const MOST_LISTS = 8

/** Of the made rows of one trial; `same` with no tries where they can't be had. */
export async function tryOnMadeRows(
  text: BoundText,
  one: ReadCase,
  { trial, lists }: ReadCase['trials'][number],
  ground: JudgeGround,
): Promise<WriteResult> {
  let tried = 0
  if (ground.plan.options.dataOnly === true) return { kind: 'same', tried }
  for (const list of lists.slice(0, MOST_LISTS)) {
    const here = runInMemory(one, trial, list, ground.zone)
    if (here === null) continue
    const there = await runOnTemporary(text, one, trial, list, ground)
    if (there.kind === 'unavailable') return { kind: 'same', tried }
    if (there.kind === 'refused') {
      if (here === 'refused' && there.sqlstate.startsWith('23')) {
        tried++
        continue
      }
      return { ...there, tried, isOnRealRows: false }
    }
    tried++
    if (here === 'refused') {
      return {
        kind: 'different',
        tried,
        list,
        what: 'SQLite refuses it, and PostgreSQL does not.',
        sqlite: 'error',
        postgres: 'rows written',
        isOnRealRows: false,
      }
    }
    const written = compareRows(here.written, there.written, { isOrdered: false, sortKeys: null })
    if (written !== null) {
      const shown = differenceOfRows(written, here.written, there.written)
      return { kind: 'different', tried, list, what: 'It writes other rows.', ...shown, isOnRealRows: false }
    }
    for (const [at, table] of one.tables.entries()) {
      const [left, right] = [here.tables[at]!, there.tables[at]!]
      const difference = compareRows(left, right, { isOrdered: false, sortKeys: null })
      if (difference === null) continue
      const what = `It leaves other rows in ${table.name}.`
      return {
        kind: 'different',
        tried,
        list,
        what,
        ...differenceOfRows(difference, left, right),
        isOnRealRows: false,
      }
    }
  }
  return { kind: 'same', tried }
}

/** The rows that were written, and those that are left in each table. */
type Left = { readonly written: KeyedRows; readonly tables: readonly KeyedRows[] }

/** Columns of the written table that both sides return; [] for a statement with a RETURNING of its own. */
function returnedColumns(one: ReadCase): readonly ComparedColumn[] {
  return hasReturning(one.sql) ? [] : comparedColumns(one, writtenTable(one))
}

/** The rows that are left in each table; null where SQLite can't carry it out for another reason than the values. */
function runInMemory(
  one: ReadCase,
  { db }: Trial,
  list: ParameterList,
  zone: string,
): Left | 'refused' | null {
  const columns = returnedColumns(one)
  const { sql, values } = writeForSqlite(one, list, columns)
  db.exec('savepoint made')
  try {
    const outcome = runOn(db, sql, values)
    if (outcome.kind === 'error') return /constraint failed/.test(outcome.message) ? 'refused' : null
    const keys = columns.map(({ type, conversion }) => columnKeys(typeOid(type), conversion, zone))
    return {
      written:
        keys.length === 0 ? [] : outcome.rows.map((row) => row.map((value, at) => keys[at]!.ofSqlite(value))),
      tables: one.tables.map((table) => rowsLeft(db, one, table, zone)),
    }
  } finally {
    db.exec('rollback to made; release made')
  }
}

function rowsLeft(db: SqliteDatabase, one: ReadCase, table: KnownTable, zone: string): KeyedRows {
  const columns = comparedColumns(one, table)
  if (columns.length === 0) return []
  const keys = columns.map(({ type, conversion }) => columnKeys(typeOid(type), conversion, zone))
  const rows = db
    .prepare(
      `select ${columns.map(({ source }) => quoteSqlite(source)).join(', ')} from ${quoteSqlite(table.name)}`,
    )
    .raw()
    .safeIntegers()
    .all() as SourceValue[][]
  return rows.map((row) => row.map((value, at) => keys[at]!.ofSqlite(value)))
}

/** Sequences start beyond the made rows, and none is the target's: a copied default would take numbers from it. */
function numbersOfItsOwn({ copied }: KnownTable, { plan }: JudgeGround): string[] {
  const { target } = copied!
  return targetTableOf(plan, target).columns.flatMap(({ name, sequence }) => {
    const altered = `alter table pg_temp.${quoteIdentifier(target.table)} alter column ${quoteIdentifier(name)}`
    if (sequence === null) return []
    if (sequence === 'identity') return [`${altered} restart with ${FIRST_NUMBER}`]
    return [
      `${altered} drop default`,
      `${altered} add generated by default as identity (start with ${FIRST_NUMBER})`,
    ]
  })
}

const FIRST_NUMBER = 1_000_000

type Temporary =
  | ({ readonly kind: 'rows' } & Left)
  | { readonly kind: 'refused'; readonly sqlstate: string; readonly message: string }
  | { readonly kind: 'unavailable' }

async function runOnTemporary(
  text: BoundText,
  one: ReadCase,
  trial: Trial,
  list: ParameterList,
  ground: JudgeGround,
): Promise<Temporary> {
  const bare = (sql: string) => ({ sql, parameters: [] })
  const made = one.tables.flatMap((table, at) => {
    const { target } = table.copied!
    const { columns, select } = trial.given[at]!
    const name = quoteIdentifier(target.table)
    return [
      bare(`create temporary table ${name} (like ${quoteTable(target)} including all)`),
      ...numbersOfItsOwn(table, ground).map(bare),
      bare(
        `insert into pg_temp.${name} (${columns.map(quoteIdentifier).join(', ')}) overriding system value ${select}`,
      ),
    ]
  })
  const returned = returnedColumns(one)
  const statement = writeForPostgres(text, one, list, returned)
  const left = one.tables.map((table) => {
    const columns = comparedColumns(one, table)
    const named = columns.map(({ target }) => quoteIdentifier(target)).join(', ')
    return bare(`select ${named} from pg_temp.${quoteIdentifier(table.copied!.target.table)}`)
  })
  const outcomes = await runForeign(ground.writing, [...made, statement, ...left], {
    ...ground.session,
    timeoutMs: ground.patience.ms,
    isReadOnly: false,
  })
  if (outcomes.length <= made.length) return { kind: 'unavailable' }
  const outcome = outcomes[made.length]!
  if (outcome.kind === 'error')
    return { kind: 'refused', sqlstate: outcome.sqlstate, message: outcome.message }
  const tables = one.tables.map((table, at): KeyedRows => {
    const rows = outcomes[made.length + 1 + at]
    if (rows?.kind !== 'rows') return []
    const keys = comparedColumns(one, table).map(({ conversion }, index) =>
      columnKeys(rows.columns[index]!.type, conversion, ground.zone),
    )
    return rows.rows.map((row) => row.map((cell, index) => keys[index]!.ofPostgres(cell)))
  })
  const writtenKeys = returned.map(({ conversion }, at) =>
    columnKeys(outcome.columns[at]!.type, conversion, ground.zone),
  )
  const written =
    returned.length === 0
      ? []
      : outcome.rows.map((row) => row.map((cell, at) => writtenKeys[at]!.ofPostgres(cell)))
  return { kind: 'rows', written, tables }
}
