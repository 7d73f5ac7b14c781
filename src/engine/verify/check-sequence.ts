/**
 * Whether sequences continue past the numbers in use. Invariant: a sequence is read after the numbers of its column: it only advances, so
 * rows inserted meanwhile have numbers below its next one.
 */
import type { TargetColumn, TargetTable } from '../model/target-schema.ts'
import { quoteIdentifier, quoteTable } from '../syntax/postgres-names.ts'
import type { Connection } from '../target/connection/connection.ts'
import { readHeld } from '../target/guards/foreign-names.ts'
import { readLargest, readNumberedColumns, readSequenceStates } from '../target/tables/numbered-columns.ts'
import { numberingSequence } from '../target/tables/numbering.ts'
import { lastBeforeGap } from '../target/tables/sequence-start.ts'
import { type Complaints, unlessFailed } from './attempt-check.ts'

/** Number of tables in one query. */
const TABLES_AT_ONCE = 100

/** Returns the tables whose sequences all continue past the numbers in use; each of the other tables has to be checked separately. */
export async function findContinuing(
  connection: Connection,
  tables: readonly TargetTable[],
): Promise<ReadonlySet<TargetTable>> {
  const continuing = new Set<TargetTable>()
  // Citus cannot join a sequence with a table on other nodes.
  const plain = tables.filter(({ distribution }) => distribution === undefined)
  for (let at = 0; at < plain.length; at += TABLES_AT_ONCE) {
    const together = plain.slice(at, at + TABLES_AT_ONCE)
    const left = await unlessFailed(connection, () =>
      readHeld(connection, together, () => findNotContinuing(connection, together)),
    )
    if (left !== null) for (const table of together) if (!left.has(table)) continuing.add(table)
  }
  return continuing
}

async function findNotContinuing(
  connection: Connection,
  tables: readonly TargetTable[],
): Promise<ReadonlySet<TargetTable>> {
  const columns = await readNumberedColumns(connection, tables)
  const largest = await readLargest(connection, columns)
  const states = await readSequenceStates(connection, columns)
  const left = new Set(
    tables.filter(
      (table) =>
        table.columns.filter(({ sequence }) => sequence !== null).length >
        columns.filter((column) => column.table === table).length,
    ),
  )
  for (const [at, { table }] of columns.entries()) {
    const { lastValue, isCalled, increment, last } = states[at]!
    const next = BigInt(lastValue) + (isCalled ? BigInt(increment) : 0n)
    const most = largest[at] ?? null
    if (next > BigInt(last) || (most !== null && next <= BigInt(most))) left.add(table)
  }
  return left
}

export async function checkSequence(
  connection: Connection,
  table: TargetTable,
  { name }: TargetColumn,
): Promise<Complaints> {
  const { sequence } = await connection.queryOne<{ sequence: string | null }>(
    `select ${numberingSequence} as sequence`,
    [quoteTable(table), name],
  )
  if (sequence === null) return [`No sequence numbers the column ${name}.`]
  const column = quoteIdentifier(name)
  // Citus cannot join a sequence with a table on other nodes.
  const { largest } = await connection.queryOne<{ largest: string | null }>(
    `select max(${column})::text as largest from ${quoteTable(table)}`,
  )
  const { next, last } = await readSequence(connection, sequence)
  const isSpent = BigInt(next) > BigInt(last)
  if (largest === last) {
    // The last number is in use: the sequence continues after a gap, or is spent.
    const free = await lastBeforeGap(connection, table, name, last)
    if (isSpent)
      return free === last ? [] : [`The sequence of ${name} has no number left, and others are free.`]
    const { isTaken } = await connection.queryOne<{ isTaken: boolean }>(
      `select exists (select from ${quoteTable(table)} where ${column} = $1) as "isTaken"`,
      [next],
    )
    const isStill = (await readSequence(connection, sequence)).next === next
    return isTaken && isStill ? [`The next number of ${name} is ${next}, which is taken.`] : []
  }
  if (largest !== null && BigInt(next) <= BigInt(largest)) {
    return [`The next number of ${name} is ${next}, but ${largest} is there already.`]
  }
  return isSpent ? [`The sequence of ${name} has no number left.`] : []
}

/** Returns the sequence's next and last number as decimal text; `sequence` is SQL. */
async function readSequence(
  connection: Connection,
  sequence: string,
): Promise<Record<'next' | 'last', string>> {
  return connection.queryOne(
    `select (s.last_value::numeric + case when s.is_called then q.seqincrement else 0 end)::text as next, q.seqmax::text as last
       from ${sequence} s, pg_sequence q
      where q.seqrelid = to_regclass($1)`,
    [sequence],
  )
}
