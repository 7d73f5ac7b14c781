/**
 * Translates a statement into PostgreSQL's SQL. Invariant: the translation is only a proposal; running it decides whether the rows are the
 * same.
 */
import type { Plan } from '../../model/plan.ts'
import { type StoredClasses, storageOf, tableRelation, wholeCopyOf } from '../../plan/views/table-relation.ts'
import type { SqliteDatabase } from '../../source/base/sqlite.ts'
import { parseSelect, parseView } from '../../sql/parse/parse-select.ts'
import { parseWrite } from '../../sql/parse/parse-write.ts'
import { printSelect } from '../../sql/select/print-select.ts'
import { printWrite } from '../../sql/select/print-write.ts'
import { relationOf } from '../../sql/select/selected-columns.ts'
import type { Relation } from '../../sql/tree/relation.ts'
import { Untranslatable } from '../../sql/tree/scope.ts'
import { quoteIdentifier } from '../../syntax/postgres-names.ts'
import { isSameName, quoteSqlite } from '../../syntax/sqlite-names.ts'
import { SqlSyntaxError } from '../../syntax/sqlite-tokens.ts'
import { plainNames } from '../statement/plain-names.ts'
import { type BoundText, compactParameters, numberedText } from '../statement/statement-text.ts'
import { gatheredRows, relationOfGathered } from '../tables/gathered-rows.ts'
import type { KnownDatabase, KnownTable } from '../tables/known-tables.ts'
import type { JudgeGround, ReadCase } from '../trial/judge-ground.ts'
import { conflictClause } from './rewrite-write.ts'

export type Rewrite =
  | {
      readonly kind: 'rewrite'
      /** For the application, with the schemas' names. */
      readonly postgres: BoundText
      /** Without schemas, for common or temporary tables of the same names. */
      readonly bare: BoundText
      /** What the rewrite relies on besides the columns' types, as a sentence; '' for nothing. */
      readonly reliance: string
    }
  /** `why`: what the translator does not support. */
  | { readonly kind: 'none'; readonly why: string }

export type RewriteGround = {
  readonly plan: Plan
  readonly database: KnownDatabase
  readonly db: SqliteDatabase
  /** Major version of the server. */
  readonly major: number
  readonly searchPath: readonly string[]
}

export function rewriteGroundOf(
  { database }: Pick<ReadCase, 'database'>,
  { plan, side, connection, session }: JudgeGround,
): RewriteGround {
  const db = side.at(database.database)
  return { plan, database, db, major: connection.major, searchPath: session.searchPath }
}

/** `assumed` collects what a rewrite infers from the existing values. */
type ReliantGround = RewriteGround & { readonly assumed: Set<string> }

export function rewriteRead(sql: string, ground: RewriteGround): Rewrite {
  return proposed(ground, (relation) => {
    const select = parseSelect(numberedText(sql))
    return printSelect(select, { major: ground.major, isOfSession: true, relation }).sql
  })
}

/** Translates a writing statement. */
export function rewriteParsedWrite(
  sql: string,
  tables: readonly KnownTable[],
  ground: RewriteGround,
): Rewrite {
  return proposed(ground, (relation) => {
    const statement = parseWrite(numberedText(sql))
    const written = tables.find(({ name }) => isSameName(name, statement.table))
    return printWrite(statement, {
      major: ground.major,
      isOfSession: true,
      relation,
      numbered: written?.catalog.key.kind === 'rowid' ? written.catalog.key.column : null,
      replacing: (columns) => (written === undefined ? null : conflictClause('REPLACE', written, columns)),
    })
  })
}

/** Returns the rewrites that `print` makes, with and without schemas; `none` with the reason when it cannot. */
function proposed(
  given: RewriteGround,
  print: (relation: (name: string) => Relation | undefined) => string,
): Rewrite {
  const ground = { ...given, assumed: new Set<string>() }
  const text = (isBare: boolean): BoundText =>
    compactParameters(plainNames(print((name) => relationNamed(name, isBare, ground))))
  try {
    const [postgres, bare] = [text(false), text(true)]
    return { kind: 'rewrite', postgres, bare, reliance: relianceOf(ground) }
  } catch (error) {
    if (error instanceof Untranslatable || error instanceof SqlSyntaxError)
      return { kind: 'none', why: error.message }
    throw error
  }
}

function relianceOf({ assumed }: ReliantGround): string {
  if (assumed.size === 0) return ''
  return ` The rewrite relies on values of one type, as in every row today: ${[...assumed].join(', ')}.`
}

function relationNamed(name: string, isBare: boolean, ground: ReliantGround): Relation | undefined {
  const { plan, database } = ground
  const table = database.tables.find((one) => isSameName(one.name, name))
  if (table === undefined) return viewNamed(name, isBare, ground)
  const gathered = gatheredRows(plan, table, (column) => storedClasses(ground, table, column))
  if (gathered !== null) return relationOfGathered(gathered)
  const { copy } = wholeCopyOf(plan, table.plan)
  const relation = tableRelation(plan, copy, (column, type) => ({
    ...storageOf(type, storedClasses(ground, table, column)),
    jsonTypes: (path, where) => {
      const types = jsonTypes(ground, table, column, path, where)
      if (types !== undefined)
        ground.assumed.add(`${table.name}.${column} at ${path}${where === 'in' ? '[…]' : ''}`)
      return types
    },
  }))
  const { schema } = copy.target
  const isOnPath = ground.searchPath.includes(schema)
  return isBare || isOnPath ? { ...relation, sql: quoteIdentifier(copy.target.table) } : relation
}

/** Returns a sentence on where the rows of a folded or pivoted table are, with a query for them; null for any other table. */
export function whereRowsAre(table: KnownTable, ground: RewriteGround): string | null {
  const gathered = gatheredRows(ground.plan, table, (column) => storedClasses(ground, table, column))
  return gathered === null ? null : `${gathered.place} This query returns them: ${plainNames(gathered.sql)}`
}

/** Returns a view as a subquery of what it selects, since it may not be in the target. */
function viewNamed(name: string, isBare: boolean, ground: ReliantGround): Relation | undefined {
  const view = ground.database.catalog.views.find((one) => isSameName(one.name, name))
  if (view === undefined) return undefined
  const printed = printSelect(parseView(view.sql), {
    major: ground.major,
    relation: (other) => relationNamed(other, isBare, ground),
  })
  return relationOf(`(${printed.sql})`, printed.columns, view.columns)
}

const cachedRows = new WeakMap<SqliteDatabase, Map<string, unknown>>()

/** Runs a query once per snapshot and caches its rows. Returns undefined when SQLite refuses it. */
function rowsOnce<Row>(db: SqliteDatabase, sql: string, ...values: readonly string[]): Row[] | undefined {
  const known = cachedRows.get(db) ?? new Map<string, unknown>()
  cachedRows.set(db, known)
  const question = JSON.stringify([sql, values])
  if (!known.has(question)) known.set(question, readRows(db, sql, values))
  return known.get(question) as Row[] | undefined
}

function readRows(db: SqliteDatabase, sql: string, values: readonly string[]): unknown[] | undefined {
  try {
    return db.prepare<unknown[]>(sql).all(...values)
  } catch {
    return undefined
  }
}

/** Returns the JSON types that the snapshot's values have at the path, or their members with `in`; undefined when a value is not JSON. */
function jsonTypes(
  { db }: RewriteGround,
  table: KnownTable,
  column: string,
  path: string,
  where: 'at' | 'in',
): ReadonlySet<string> | undefined {
  const of = quoteSqlite(column)
  const from = `from ${quoteSqlite(table.name)}`
  const sql =
    where === 'at'
      ? `select distinct json_type(${of}, ?) as type ${from}`
      : `select distinct member.type as type ${from}, json_each(${of}, ?) as member`
  const rows = rowsOnce<{ type: string | null }>(db, sql, path)
  return rows && new Set(rows.flatMap(({ type }) => (type === null ? [] : [type])))
}

/** Returns the number of the column's values per storage class in the snapshot; null for a table that SQLite cannot read here. */
function storedClasses({ db }: RewriteGround, { name }: KnownTable, column: string): StoredClasses | null {
  const sql = `select typeof(${quoteSqlite(column)}) as class, count(*) as values_ from ${quoteSqlite(name)} group by 1`
  const rows = rowsOnce<{ class: string; values_: number }>(db, sql)
  if (rows === undefined) return null
  const of = (one: string) => rows.find((row) => row.class === one)?.values_ ?? 0
  return { integers: of('integer'), reals: of('real'), texts: of('text'), blobs: of('blob') }
}
