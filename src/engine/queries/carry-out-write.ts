/**
 * A statement that writes, carried out once on each side. Invariant: SQLite's side is a copy, on which it is undone; PostgreSQL's is in a
 * transaction that is rolled back, with its sequences.
 */
import type { SourceValue } from '../rows/meaning/source-value.ts'
import { quoteIdentifier } from '../syntax/postgres-names.ts'
import { quoteSqlite } from '../syntax/sqlite-names.ts'
import { runForeign } from '../target/foreign-statement.ts'
import type { KeyedRows } from './compare-outcomes.ts'
import type { JudgeGround, ReadCase } from './judge-ground.ts'
import { columnNamed, type KnownTable } from './known-tables.ts'
import type { ParameterList } from './parameters.ts'
import type { Refusal } from './refusals.ts'
import { runOn } from './sqlite-side.ts'
import type { BoundText } from './statement-text.ts'
import { columnKeys } from './value-keys.ts'
import { comparedColumns, typeOid } from './write-results.ts'
import { writeForPostgres, writeForSqlite } from './write-statement.ts'

export type Written =
  /** `rows`: what was written; `left`: the whole table then, of one that is small. */
  | { readonly kind: 'rows'; readonly rows: KeyedRows; readonly left: KeyedRows; readonly count: string }
  | ({ readonly kind: 'refused' } & Refusal)

/** `most`: rows of a table up to which all of them are read. */
export type WriteTry = {
  readonly table: KnownTable | null
  readonly list: ParameterList
  readonly most: number
}

/** Null where SQLite can't carry it out on the copy for another reason than the values. */
export function runOnCopy(
  one: ReadCase,
  { table, list, most }: WriteTry,
  { copies, zone }: JudgeGround,
): Written | null {
  const db = copies.at(one.database.database)
  const columns = comparedColumns(one, table)
  const named = columns.map(({ source }) => quoteSqlite(source)).join(', ')
  const { sql, values } = writeForSqlite(one, list, columns)
  db.exec('savepoint tried')
  try {
    const outcome = runOn(db, sql, values)
    if (outcome.kind === 'error') {
      return /constraint failed/.test(outcome.message)
        ? { kind: 'refused', sqlstate: '23000', message: outcome.message }
        : null
    }
    const from = table === null ? '' : `from ${quoteSqlite(table.name)}`
    const count =
      table === null ? 0 : (db.prepare(`select count(*) as rows ${from}`).get() as { rows: number }).rows
    const whole =
      named === '' || count > most
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

export async function runRolledBack(
  text: BoundText,
  one: ReadCase,
  { table, list, most }: WriteTry,
  ground: JudgeGround,
): Promise<Written> {
  const columns = comparedColumns(one, table)
  const named = columns.map(({ target }) => quoteIdentifier(target)).join(', ')
  const statement = writeForPostgres(text, one, list, columns)
  const bare = (sql: string) => ({ sql, parameters: [] })
  const from = table === null ? '' : `from ${quoteIdentifier(table.copied?.target.table ?? table.name)}`
  const after =
    table === null
      ? []
      : [
          bare(`select count(*) ${from}`),
          ...(named === ''
            ? []
            : [bare(`select ${named} ${from} where (select count(*) ${from}) <= ${most}`)]),
        ]
  // A constraint that waits for the commit would never be asked.
  const before = [...ground.sequenceGuards.map(bare), bare('set constraints all immediate')]
  const outcomes = await runForeign(ground.writing, [...before, statement, ...after], {
    ...ground.session,
    timeoutMs: ground.patience.ms,
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
