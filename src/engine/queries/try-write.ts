/**
 * Statements that write. Invariant: SQLite's side is carried out on a copy, PostgreSQL's in a transaction that is rolled back, and that
 * only with leave; without it the server only plans the statement.
 */
import type { SourceValue } from '../rows/meaning/source-value.ts'
import { quoteIdentifier } from '../syntax/postgres-names.ts'
import { isSameName, quoteSqlite } from '../syntax/sqlite-names.ts'
import { runForeign } from '../target/foreign-statement.ts'
import { compareRows, type KeyedRows, shownRow } from './compare-outcomes.ts'
import { withPlainTexts } from './double-quotes.ts'
import type { JudgeGround, Judgement, ReadCase } from './judge-ground.ts'
import { columnNamed, type KnownTable } from './known-tables.ts'
import { type ParameterList, parameterText, shownParameter } from './parameters.ts'
import { reasonOfRefusal } from './refusals.ts'
import { insertedColumns, rewriteWrite } from './rewrite-write.ts'
import { prepareOn, runOn } from './sqlite-side.ts'
import { tokensOf } from './statement-kind.ts'
import { type BoundText, postgresText, sqliteText } from './statement-text.ts'
import { columnKeys } from './value-keys.ts'

const none = { time: null, example: null, rewrite: null } as const

export async function judgeWrite(one: ReadCase, ground: JudgeGround): Promise<Judgement> {
  const planned = await plan(postgresText(one.sql), ground)
  if (planned !== null && ground.writes !== 'allowed') {
    const { code, detail } = reasonOfRefusal(planned, one.hazards)
    const rewrite = await plannedRewrite(one, ground)
    const proposal =
      rewrite === null ? '' : ` It might be: ${rewrite} (planned by PostgreSQL, not carried out).`
    return { ...none, verdict: 'fails', reasons: [code], detail: `${detail}${proposal}`, parametersTried: 0 }
  }
  if (ground.writes !== 'allowed') {
    const reasons = ground.writes === 'others-connected' ? ['others-connected'] : ['writes']
    const detail =
      ground.writes === 'others-connected'
        ? 'It writes, and other clients are connected to the database: nothing is carried out beside them. On a copy of the target it is: --writes-on-copy.'
        : 'It writes, and PostgreSQL can plan it. It is carried out with --writes-on-copy, on a copy of the target, or with --writes, on the target itself, in a transaction that is rolled back.'
    return { ...none, verdict: 'not-judged', reasons, detail, parametersTried: 0 }
  }
  const asItIs =
    planned === null
      ? await tryWrites(postgresText(one.sql), one, ground)
      : { ...planned, kind: 'refused' as const, tried: 0 }
  if (asItIs.kind === 'same') {
    return { ...none, verdict: 'same', reasons: [], detail: '', parametersTried: asItIs.tried }
  }
  const told = judgementOfWrite(asItIs, one)
  const rewrite = rewriteWrite(one.sql, one.tables)
  if (rewrite === null) return told
  const other = await tryWrites(postgresText(rewrite), one, ground)
  if (other.kind !== 'same' || other.tried === 0) return told
  return {
    ...told,
    verdict: 'rewritten',
    rewrite: postgresText(rewrite).sql,
    parametersTried: other.tried,
    detail: `As it is, it ${told.verdict === 'fails' ? 'fails' : 'differs'}. ${told.detail}`,
  }
}

type Refusal = { readonly sqlstate: string; readonly message: string }

/** Null when the server can plan the statement. */
async function plan({ sql, numbers }: BoundText, { writing, session }: JudgeGround): Promise<Refusal | null> {
  const [outcome] = await runForeign(
    writing,
    [{ sql: `explain ${sql}`, parameters: numbers.map(() => null) }],
    { ...session, isReadOnly: true },
  )
  return outcome?.kind === 'error' ? outcome : null
}

async function plannedRewrite(one: ReadCase, ground: JudgeGround): Promise<string | null> {
  const rewrite = rewriteWrite(one.sql, one.tables)
  if (rewrite === null) return null
  const text = postgresText(rewrite)
  return (await plan(text, ground)) === null ? text.sql : null
}

type WriteResult =
  | { readonly kind: 'same'; readonly tried: number }
  | ({ readonly kind: 'refused'; readonly tried: number } & Refusal)
  | {
      readonly kind: 'different'
      readonly tried: number
      readonly list: ParameterList
      readonly what: string
      readonly sqlite: string
      readonly postgres: string
    }

/** The rows that each list of parameters writes, and how many the table has then. */
async function tryWrites(text: BoundText, one: ReadCase, ground: JudgeGround): Promise<WriteResult> {
  let tried = 0
  const table = writtenTable(one)
  for (const list of one.lists) {
    const sqlite = runOnCopy(one, table, list, ground)
    if (sqlite === null) continue
    const postgres = await runRolledBack(text, one, table, list, ground)
    if (postgres.kind === 'refused') {
      // A key that is taken, a null that may not be: refused here and there.
      if (sqlite.kind === 'refused' && postgres.sqlstate.startsWith('23')) {
        tried++
        continue
      }
      return { ...postgres, tried }
    }
    tried++
    if (sqlite.kind === 'refused') {
      return {
        kind: 'different',
        tried,
        list,
        what: 'SQLite refuses it, and PostgreSQL does not.',
        sqlite: `error: ${sqlite.message}`,
        postgres: `${postgres.rows.length} rows written`,
      }
    }
    const difference = compareRows(sqlite.rows, postgres.rows, { isOrdered: false, sortKeys: null })
    if (difference !== null) {
      const shown =
        difference.kind === 'rows'
          ? [shownRow(difference.sqlite), shownRow(difference.postgres)]
          : [`${sqlite.rows.length} rows`, `${postgres.rows.length} rows`]
      return {
        kind: 'different',
        tried,
        list,
        what: 'It writes other rows.',
        sqlite: shown[0]!,
        postgres: shown[1]!,
      }
    }
    if (sqlite.count !== postgres.count) {
      return {
        kind: 'different',
        tried,
        list,
        what: 'It leaves another number of rows.',
        sqlite: `${sqlite.count} rows`,
        postgres: `${postgres.count} rows`,
      }
    }
  }
  return { kind: 'same', tried }
}

function judgementOfWrite(result: Exclude<WriteResult, { kind: 'same' }>, one: ReadCase): Judgement {
  const { hazards } = one
  if (result.kind === 'refused') {
    const { code, detail } = missingDefault(result, one) ?? reasonOfRefusal(result, hazards)
    return { ...none, verdict: 'fails', reasons: [code], detail, parametersTried: result.tried }
  }
  const parameters = [...result.list].sort(([a], [b]) => a - b).map(([, value]) => shownParameter(value))
  const codes = hazards.filter(({ code }) => code !== 'insert-or').map(({ code }) => code)
  return {
    ...none,
    verdict: 'differs',
    reasons: codes.length > 0 ? codes : ['writes-differ'],
    detail: result.what,
    parametersTried: result.tried,
    example: { parameters, isOnRealRows: true, sqlite: result.sqlite, postgres: result.postgres },
  }
}

/** A column that its default fills in SQLite, and nothing here. */
function missingDefault(
  { sqlstate, message }: Refusal,
  one: ReadCase,
): { code: string; detail: string } | null {
  if (sqlstate !== '23502') return null
  const name = /column "([^"]+)"/.exec(message)?.[1]
  const table = writtenTable(one)
  const source = table?.columns.find(({ target }) => target?.name === name)?.name
  const standard = table?.catalog.columns.find((column) => column.name === source)?.default ?? null
  if (standard === null) return null
  return {
    code: 'default-missing',
    detail: `SQLite fills ${source} with its default ${standard}, which the column does not have in the target: set one (alter table … alter column … set default …), or give a value.`,
  }
}

/** The table after INTO, UPDATE or DELETE FROM. */
function writtenTable({ sql, tables }: ReadCase): KnownTable | null {
  const tokens = tokensOf(sql)
  const at = tokens.findIndex(({ kind, text }, index) => {
    if (kind !== 'word') return false
    const word = text.toUpperCase()
    return (
      word === 'INTO' ||
      (word === 'FROM' && tokens[index - 1]?.text.toUpperCase() === 'DELETE') ||
      (word === 'UPDATE' && index <= 1)
    )
  })
  const name =
    at < 0
      ? ''
      : (tokens.slice(at + 1).find(({ text }) => tables.some((table) => isSameName(table.name, text)))
          ?.text ?? '')
  return tables.find((table) => isSameName(table.name, name)) ?? null
}

type Written =
  | { readonly kind: 'rows'; readonly rows: KeyedRows; readonly count: string }
  | ({ readonly kind: 'refused' } & Refusal)

function hasReturning(sql: string): boolean {
  return tokensOf(sql).some(({ kind, text }) => kind === 'word' && text.toUpperCase() === 'RETURNING')
}

/** Columns whose values both sides hold, but for numbers and times that each of them makes by itself. */
function comparedColumns(
  { sql }: ReadCase,
  table: KnownTable | null,
): readonly { source: string; target: string }[] {
  if (table === null) return []
  const given = insertedColumns(sql, table)
  const { key, columns: declared } = table.catalog
  return table.columns.flatMap(({ name, target }) => {
    if (target === null) return []
    const isGiven = given === null || given.includes(name)
    const standard = declared.find((column) => column.name === name)?.default ?? ''
    const isMade =
      (key.kind === 'rowid' && key.column === name) ||
      /now|current_|random|strftime|date|time/i.test(standard)
    return isGiven || !isMade ? [{ source: name, target: target.name }] : []
  })
}

/** Null where SQLite can't carry it out on the copy for another reason than the values. */
function runOnCopy(
  one: ReadCase,
  table: KnownTable | null,
  list: ParameterList,
  { copies, zone }: JudgeGround,
): Written | null {
  const db = copies.at(one.database.database)
  const { sql: plain } = withPlainTexts(one.sql, (text) => prepareOn(db, text))
  const columns = comparedColumns(one, table)
  const returning =
    hasReturning(plain) || columns.length === 0
      ? ''
      : ` returning ${columns.map(({ source }) => quoteSqlite(source)).join(', ')}`
  const { sql, numbers } = sqliteText(`${plain.trim().replace(/;$/, '')}${returning}`)
  db.exec('savepoint tried')
  try {
    const outcome = runOn(
      db,
      sql,
      numbers.map((number) => list.get(number) ?? null),
    )
    if (outcome.kind === 'error') {
      return /constraint failed/.test(outcome.message)
        ? { kind: 'refused', sqlstate: '23000', message: outcome.message }
        : null
    }
    const count =
      table === null
        ? ''
        : String(
            (db.prepare(`select count(*) as rows from ${quoteSqlite(table.name)}`).get() as { rows: number })
              .rows,
          )
    const keys = outcome.columns.map(({ origin, name }) => {
      const column = table === null ? undefined : columnNamed(table, origin?.column ?? name)
      return columnKeys(typeOid(column?.target?.type), column?.target?.conversion ?? null, zone)
    })
    return {
      kind: 'rows',
      count,
      rows: outcome.rows.map((row) => row.map((value: SourceValue, at: number) => keys[at]!.ofSqlite(value))),
    }
  } finally {
    db.exec('rollback to tried; release tried')
  }
}

async function runRolledBack(
  text: BoundText,
  one: ReadCase,
  table: KnownTable | null,
  list: ParameterList,
  ground: JudgeGround,
): Promise<Written> {
  const columns = comparedColumns(one, table)
  const returning =
    hasReturning(text.sql) || columns.length === 0
      ? ''
      : ` returning ${columns.map(({ target }) => quoteIdentifier(target)).join(', ')}`
  const statement = {
    sql: `${text.sql.trim().replace(/;$/, '')}${returning}`,
    parameters: text.numbers.map((number) => parameterText(list.get(number) ?? null)),
  }
  const count =
    table === null
      ? []
      : [
          {
            sql: `select count(*) from ${quoteIdentifier(table.copied?.target.table ?? table.name)}`,
            parameters: [],
          },
        ]
  const guards = ground.sequenceGuards.map((sql) => ({ sql, parameters: [] }))
  // A constraint that waits for the commit would never be asked.
  const before = [...guards, { sql: 'set constraints all immediate', parameters: [] }]
  const outcomes = await runForeign(ground.writing, [...before, statement, ...count], {
    ...ground.session,
    isReadOnly: false,
  })
  const [outcome, counted] =
    outcomes.length > before.length ? outcomes.slice(before.length) : [outcomes.at(-1)]
  if (outcome === undefined || outcome.kind === 'error')
    return { kind: 'refused', sqlstate: outcome?.sqlstate ?? '', message: outcome?.message ?? '' }
  const keys = outcome.columns.map(({ type, name }) => {
    const column = table?.columns.find(({ target }) => target?.name === name)
    return columnKeys(type, column?.target?.conversion ?? null, ground.zone)
  })
  const rows = outcome.rows.map((row) => row.map((cell, at) => keys[at]!.ofPostgres(cell)))
  return { kind: 'rows', rows, count: counted?.kind === 'rows' ? (counted.rows[0]?.[0] ?? '') : '' }
}

const oids: readonly (readonly [RegExp, number])[] = [
  [/^boolean$/, 16],
  [/^bytea$/, 17],
  [/^bigint$/, 20],
  [/^smallint$/, 21],
  [/^integer$/, 23],
  [/^json$/, 114],
  [/^double precision$/, 701],
  [/^date$/, 1082],
  [/^timestamp without/, 1114],
  [/^timestamp with/, 1184],
  [/^numeric/, 1700],
  [/^uuid$/, 2950],
  [/^jsonb$/, 3802],
]

function typeOid(type: string | undefined): number {
  return oids.find(([pattern]) => pattern.test(type ?? ''))?.[1] ?? 25
}
