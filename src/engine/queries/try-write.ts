/**
 * Statements that write. Invariant: SQLite's side is carried out on a copy, PostgreSQL's in a transaction that is rolled back, and that
 * only with leave; without it the server only plans the statement.
 */
import type { SourceValue } from '../rows/meaning/source-value.ts'
import { quoteIdentifier } from '../syntax/postgres-names.ts'
import { quoteSqlite } from '../syntax/sqlite-names.ts'
import { runForeign } from '../target/foreign-statement.ts'
import { compareRows, type KeyedRows } from './compare-outcomes.ts'
import { holdInPostgres, holdInSqlite } from './held-clock.ts'
import type { JudgeGround, Judgement, ReadCase } from './judge-ground.ts'
import { columnNamed, type KnownTable } from './known-tables.ts'
import { type ParameterList, parameterText, shownParameter } from './parameters.ts'
import { reasonOfRefusal } from './refusals.ts'
import { rewriteParsedWrite } from './rewrite.ts'
import { rewriteWrite } from './rewrite-write.ts'
import { runOn } from './sqlite-side.ts'
import { tokensOf } from './statement-kind.ts'
import { type BoundText, postgresText, sqliteText } from './statement-text.ts'
import { tryOnMadeRows } from './try-made-write.ts'
import { columnKeys } from './value-keys.ts'
import {
  comparedColumns,
  differenceOfRows,
  typeOid,
  type WriteResult,
  writtenTable,
} from './write-results.ts'

const none = { time: null, example: null, rewrite: null } as const

/** A statement for PostgreSQL: for the target's tables, and for temporary ones of the same names. */
type WriteText = { readonly text: BoundText; readonly bare: BoundText }

export async function judgeWrite(one: ReadCase, ground: JudgeGround): Promise<Judgement> {
  const asItIs = postgresText(one.sql)
  const planned = await plan(asItIs, ground)
  if (ground.writes !== 'allowed') return judgeUntried(one, planned, ground)
  const result =
    planned === null
      ? await tryAll({ text: asItIs, bare: asItIs }, one, ground)
      : { ...planned, kind: 'refused' as const, tried: 0, isOnRealRows: true }
  const told =
    result.kind === 'same' ? judgementOfSame(result.tried, one, ground) : judgementOfWrite(result, one)
  if (told.verdict === 'same') return told
  for (const rewrite of rewritesOf(one, ground)) {
    if ((await plan(rewrite.text, ground)) !== null) continue
    const other = await tryAll(rewrite, one, ground)
    if (other.kind !== 'same' || other.tried === 0) continue
    return {
      ...told,
      verdict: 'rewritten',
      rewrite: rewrite.text.sql,
      parametersTried: other.tried,
      detail: `As it is, it ${told.verdict === 'fails' ? 'fails' : 'differs'}. ${told.detail}`,
    }
  }
  return told
}

/** What can be said of a statement that is only planned. */
async function judgeUntried(one: ReadCase, planned: Refusal | null, ground: JudgeGround): Promise<Judgement> {
  if (planned === null) {
    const reasons = ground.writes === 'others-connected' ? ['others-connected'] : ['writes']
    const detail =
      ground.writes === 'others-connected'
        ? 'It writes, and other clients are connected to the database: nothing is carried out beside them. On a copy of the target it is: --writes-on-copy.'
        : 'It writes, and PostgreSQL can plan it. It is carried out with --writes-on-copy, on a copy of the target, or with --writes, on the target itself, in a transaction that is rolled back.'
    return { ...none, verdict: 'not-judged', reasons, detail, parametersTried: 0 }
  }
  const { code, detail } = reasonOfRefusal(planned, one.hazards)
  let proposal = ''
  for (const { text } of rewritesOf(one, ground)) {
    if (proposal !== '' || (await plan(text, ground)) !== null) continue
    proposal = ` It might be: ${text.sql} (planned by PostgreSQL, not carried out).`
  }
  return { ...none, verdict: 'fails', reasons: [code], detail: `${detail}${proposal}`, parametersTried: 0 }
}

/** With as few changes as may do, and by our translator. */
function rewritesOf(one: ReadCase, ground: JudgeGround): WriteText[] {
  const changed = rewriteWrite(one.sql, one.tables)
  const { plan: planned, session, connection, side } = ground
  const parsed = rewriteParsedWrite(one.sqliteSql, one.tables, {
    plan: planned,
    database: one.database,
    db: side.at(one.database.database),
    major: connection.major,
    searchPath: session.searchPath,
  })
  const texts: WriteText[] =
    changed === null ? [] : [{ text: postgresText(changed), bare: postgresText(changed) }]
  return parsed.kind === 'none' ? texts : [...texts, { text: parsed.postgres, bare: parsed.bare }]
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

/** On the rows that are there, then on rows that are made. */
async function tryAll({ text, bare }: WriteText, one: ReadCase, ground: JudgeGround): Promise<WriteResult> {
  let result = await tryWrites(text, one, ground)
  for (const trial of one.trials) {
    if (result.kind !== 'same') return result
    const made = await tryOnMadeRows(bare, one, trial, ground)
    result = made.kind === 'same' ? { kind: 'same', tried: result.tried + made.tried } : made
  }
  return result
}

/** The rows that each list of parameters writes, and those that are left. */
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
      return { ...postgres, tried, isOnRealRows: true }
    }
    tried++
    const different = (what: string, here: string, there: string): WriteResult => ({
      kind: 'different',
      tried,
      list,
      what,
      sqlite: here,
      postgres: there,
      isOnRealRows: true,
    })
    if (sqlite.kind === 'refused') {
      return different(
        'SQLite refuses it, and PostgreSQL does not.',
        `error: ${sqlite.message}`,
        `${postgres.rows.length} rows written`,
      )
    }
    const difference = compareRows(sqlite.rows, postgres.rows, { isOrdered: false, sortKeys: null })
    if (difference !== null) {
      const shown = differenceOfRows(difference, sqlite.rows, postgres.rows)
      return different('It writes other rows.', shown.sqlite, shown.postgres)
    }
    const left = compareRows(sqlite.left, postgres.left, { isOrdered: false, sortKeys: null })
    if (left !== null) {
      const shown = differenceOfRows(left, sqlite.left, postgres.left)
      return different('It leaves other rows.', shown.sqlite, shown.postgres)
    }
    if (sqlite.count !== postgres.count) {
      return different('It leaves another number of rows.', `${sqlite.count} rows`, `${postgres.count} rows`)
    }
  }
  return { kind: 'same', tried }
}

/** On a copy whose text has another order, what depends on the target's can't be seen. */
function judgementOfSame(tried: number, { hazards }: ReadCase, { isOrderTold }: JudgeGround): Judgement {
  const certain = isOrderTold
    ? []
    : hazards.filter(({ code, isCertain }) => code === 'text-order' && isCertain)
  if (certain.length === 0)
    return { ...none, verdict: 'same', reasons: [], detail: '', parametersTried: tried }
  return {
    ...none,
    verdict: 'differs',
    reasons: certain.map(({ code }) => code),
    detail: `It leaves the same rows on the copy, whose text is ordered by its bytes, but ${certain.map(({ detail }) => detail).join('; ')}.`,
    parametersTried: tried,
  }
}

function judgementOfWrite(result: Exclude<WriteResult, { kind: 'same' }>, one: ReadCase): Judgement {
  const { hazards } = one
  const where = result.isOnRealRows ? '' : ' The rows of today do not show it; others do.'
  if (result.kind === 'refused') {
    const { code, detail } = missingDefault(result, one) ?? reasonOfRefusal(result, hazards)
    return {
      ...none,
      verdict: 'fails',
      reasons: [code],
      detail: `${detail}${where}`,
      parametersTried: result.tried,
    }
  }
  const parameters = [...result.list].sort(([a], [b]) => a - b).map(([, value]) => shownParameter(value))
  const codes = hazards.filter(({ code }) => code !== 'insert-or').map(({ code }) => code)
  return {
    ...none,
    verdict: 'differs',
    reasons: codes.length > 0 ? codes : ['writes-differ'],
    detail: `${result.what}${where}`,
    parametersTried: result.tried,
    example: {
      parameters,
      isOnRealRows: result.isOnRealRows,
      sqlite: result.sqlite,
      postgres: result.postgres,
    },
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

type Written =
  /** `rows`: what was written; `left`: the whole table then, of one that is small. */
  | { readonly kind: 'rows'; readonly rows: KeyedRows; readonly left: KeyedRows; readonly count: string }
  | ({ readonly kind: 'refused' } & Refusal)

/** Up to here the whole table is compared. */
const SMALL = 2000

function hasReturning(sql: string): boolean {
  return tokensOf(sql).some(({ kind, text }) => kind === 'word' && text.toUpperCase() === 'RETURNING')
}

/** Null where SQLite can't carry it out on the copy for another reason than the values. */
function runOnCopy(
  one: ReadCase,
  table: KnownTable | null,
  list: ParameterList,
  { copies, zone }: JudgeGround,
): Written | null {
  const db = copies.at(one.database.database)
  const plain = one.heldAt === null ? one.sqliteSql : holdInSqlite(one.sqliteSql, one.heldAt)
  const columns = comparedColumns(one, table)
  const named = columns.map(({ source }) => quoteSqlite(source)).join(', ')
  const returning = hasReturning(plain) || columns.length === 0 ? '' : ` returning ${named}`
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
    const from = table === null ? '' : `from ${quoteSqlite(table.name)}`
    const count =
      table === null ? 0 : (db.prepare(`select count(*) as rows ${from}`).get() as { rows: number }).rows
    const whole =
      named === '' || count > SMALL
        ? []
        : (db.prepare(`select ${named} ${from}`).raw().safeIntegers().all() as SourceValue[][])
    const keys = outcome.columns.map(({ origin, name }) => {
      const column = table === null ? undefined : columnNamed(table, origin?.column ?? name)
      return columnKeys(typeOid(column?.target?.type), column?.target?.conversion ?? null, zone)
    })
    const wholeKeys = columns.map(({ type, conversion }) => columnKeys(typeOid(type), conversion, zone))
    return {
      kind: 'rows',
      count: table === null ? '' : String(count),
      rows: outcome.rows.map((row) => row.map((value: SourceValue, at: number) => keys[at]!.ofSqlite(value))),
      left: whole.map((row) => row.map((value, at) => wholeKeys[at]!.ofSqlite(value))),
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
  const named = columns.map(({ target }) => quoteIdentifier(target)).join(', ')
  const returning = hasReturning(text.sql) || columns.length === 0 ? '' : ` returning ${named}`
  const held = one.heldAt === null ? text.sql : holdInPostgres(text.sql, one.heldAt)
  const statement = {
    sql: `${held.trim().replace(/;$/, '')}${returning}`,
    parameters: text.numbers.map((number) => parameterText(list.get(number) ?? null)),
  }
  const bare = (sql: string) => ({ sql, parameters: [] })
  const from = table === null ? '' : `from ${quoteIdentifier(table.copied?.target.table ?? table.name)}`
  const after =
    table === null
      ? []
      : [
          bare(`select count(*) ${from}`),
          ...(named === ''
            ? []
            : [bare(`select ${named} ${from} where (select count(*) ${from}) <= ${SMALL}`)]),
        ]
  // A constraint that waits for the commit would never be asked.
  const before = [...ground.sequenceGuards.map(bare), bare('set constraints all immediate')]
  const outcomes = await runForeign(ground.writing, [...before, statement, ...after], {
    ...ground.session,
    isReadOnly: false,
  })
  const [outcome, counted, whole] =
    outcomes.length > before.length ? outcomes.slice(before.length) : [outcomes.at(-1)]
  if (outcome === undefined || outcome.kind === 'error')
    return { kind: 'refused', sqlstate: outcome?.sqlstate ?? '', message: outcome?.message ?? '' }
  const keys = outcome.columns.map(({ type, name }) => {
    const column = table?.columns.find(({ target }) => target?.name === name)
    return columnKeys(type, column?.target?.conversion ?? null, ground.zone)
  })
  const keyed = (rows: readonly (readonly (string | null)[])[], of: typeof keys): KeyedRows =>
    rows.map((row) => row.map((cell, at) => of[at]!.ofPostgres(cell)))
  const left =
    whole?.kind !== 'rows'
      ? []
      : keyed(
          whole.rows,
          columns.map(({ conversion }, at) => columnKeys(whole.columns[at]!.type, conversion, ground.zone)),
        )
  return {
    kind: 'rows',
    rows: keyed(outcome.rows, keys),
    left,
    count: counted?.kind === 'rows' ? (counted.rows[0]?.[0] ?? '') : '',
  }
}
