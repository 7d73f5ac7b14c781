/**
 * The write test of many tables in one transaction, for the usual case that each accepts a row. Invariant: it succeeds only when all of them
 * do, and never waits: when a table is locked or refuses its row, each table is tested separately.
 */
import type { TargetTable } from '../model/target-schema.ts'
import { quoteIdentifier, quoteLiteral, quoteTable } from '../syntax/postgres-names.ts'
import type { Connection } from '../target/connection/connection.ts'
import { refuseForeignObjects } from '../target/guards/ownership.ts'
import {
  type NumberedColumn,
  readNumberedColumns,
  readSequenceStates,
  type SequenceState,
} from '../target/tables/numbered-columns.ts'
import { inRolledBack, unlessFailed } from './attempt-check.ts'
import { type TrialRow, trialRows } from './trial-rows.ts'

/** A limit because each table takes entries of the server's lock table, and its writers wait for the others' test. */
const TABLES_AT_ONCE = 50

/** Returns the tables that accepted a row with defaults and free numbers, which was rolled back. The others have to be tested separately. */
export async function writeTogether(
  connection: Connection,
  tables: readonly TargetTable[],
): Promise<ReadonlySet<TargetTable>> {
  // Existing tables have the application's rules and search path, and Citus handles locks differently.
  const plain = tables.filter(({ existing, distribution }) => !existing && distribution === undefined)
  const taken = new Set<TargetTable>()
  for (let at = 0; at < plain.length; at += TABLES_AT_ONCE) {
    const together = plain.slice(at, at + TABLES_AT_ONCE)
    if (together.length < 2) break
    const isGood = await unlessFailed(connection, () => tryTogether(connection, together))
    if (isGood === true) for (const table of together) taken.add(table)
  }
  return taken
}

type Numbered = NumberedColumn & SequenceState

async function tryTogether(connection: Connection, tables: readonly TargetTable[]): Promise<boolean> {
  return inRolledBack(connection, async () => {
    // Locked until the transaction ends, without waiting for writers, which may wait for another of the tables.
    await connection.execute(
      `lock table ${tables.map(quoteTable).join(', ')} in share row exclusive mode nowait`,
    )
    await refuseForeignObjects(connection, tables)
    const columns = await readNumberedColumns(connection, tables)
    const wanted = tables.flatMap((table) => table.columns.filter(({ sequence }) => sequence !== null))
    if (columns.length < wanted.length) return false
    const states = await readSequenceStates(connection, columns)
    const numbered = columns.map((column, at): Numbered => ({ ...column, ...states[at]! }))
    await connection.execute('savepoint trial')
    const isGood = await unlessFailed(connection, async () => {
      const numbers = await insertEach(connection, tables, numbered)
      return areFree(connection, numbered, numbers)
    })
    if (isGood === null) await connection.execute('rollback to savepoint trial')
    await resetSequences(connection, numbered)
    return isGood === true
  })
}

/** Inserts a row into each table in one statement. Returns their numbers in the order of the columns. */
async function insertEach(
  connection: Connection,
  tables: readonly TargetTable[],
  numbered: readonly Numbered[],
): Promise<string[]> {
  const inserts = tables.map((table, at) => {
    const own = numbered.filter((column) => column.table === table)
    return `row_${at} as (${insertion(table, trialRows(table)[0]!, own)})`
  })
  const { numbers } = await connection.queryOne<{ numbers: (string[] | null)[] }>(
    `with ${inserts.join(', ')}
     select json_build_array(${tables.map((_, at) => `(select numbers from row_${at})`).join(', ')}) as numbers`,
  )
  return numbers.flatMap((own) => {
    if (own === null) throw new Error('there was no row to take values from')
    return own
  })
}

function insertion(
  table: TargetTable,
  { columns, values, from }: TrialRow,
  numbered: readonly Numbered[],
): string {
  const returned = numbered.map(({ column }) => `${quoteIdentifier(column)}::text`)
  const names = columns.map(quoteIdentifier).join(', ')
  const row = columns.length === 0 ? 'default values' : `(${names}) select ${values.join(', ')} ${from}`
  return `insert into ${quoteTable(table)} ${row} returning json_build_array(${returned.join(', ')}) as numbers`
}

/** Whether no other row has the same number. */
async function areFree(
  connection: Connection,
  numbered: readonly Numbered[],
  numbers: readonly string[],
): Promise<boolean> {
  if (numbered.length === 0) return true
  const each = numbered.map(
    ({ table, column }, at) =>
      `(select count(*) = 1 from ${quoteTable(table)} where ${quoteIdentifier(column)} = ${quoteLiteral(numbers[at]!)})`,
  )
  const { areFree } = await connection.queryOne<{ areFree: boolean }>(
    `select ${each.join(' and ')} as "areFree"`,
  )
  return areFree
}

/** Sets the sequences back, which a rollback does not (PostgreSQL manual section 9.17), unless other sessions took numbers, too. */
async function resetSequences(connection: Connection, numbered: readonly Numbered[]): Promise<void> {
  if (numbered.length === 0) return
  const bySequence = Map.groupBy(numbered, ({ sequence }) => sequence)
  const each = Array.from(bySequence, ([sequence, columns]) => {
    const { lastValue, isCalled, increment } = columns[0]!
    return `select setval(${quoteLiteral(sequence)}, ${lastValue}, ${isCalled})
              from ${sequence}
             where (last_value - ${lastValue}::numeric) / ${increment} between 0 and ${columns.length}`
  })
  await connection.query(each.join(' union all '))
}
