/**
 * Sets sequences after rows that brought their own numbers. Invariant: the next number is free; when the type's last number is taken, it is
 * the first after the last gap, and a sequence without a free number stays at its end.
 */
import type { TableName, TargetTable } from '../../model/target-schema.ts'
import { quoteIdentifier, quoteLiteral, quoteTable } from '../../syntax/postgres-names.ts'
import type { Connection } from '../connection/connection.ts'
import { readHeld } from '../guards/foreign-names.ts'
import { readLargest, readMaxima, readNumberedColumns } from './numbered-columns.ts'
import { numberingSequence } from './numbering.ts'

/** The largest number that the source has ever given to a column, as decimal text; null when unknown. */
type GivenOut = (table: TargetTable, column: string) => string | null

/** The number of tables in one query. */
const TABLES_AT_ONCE = 100

/** Moves the sequences of the tables' columns past the largest number present and the largest ever given. */
export async function moveSequencesOf(
  connection: Connection,
  tables: readonly TargetTable[],
  givenOut: GivenOut,
): Promise<void> {
  for (let at = 0; at < tables.length; at += TABLES_AT_ONCE) {
    const together = tables.slice(at, at + TABLES_AT_ONCE)
    await readHeld(connection, together, async () => {
      // Citus cannot join a sequence with a table on other nodes.
      const plain = together.filter(({ distribution }) => distribution === undefined)
      const moved = await moveTogether(connection, plain, givenOut)
      for (const table of together) {
        for (const { name, sequence } of table.columns) {
          if (sequence === null || moved.has(keyOf(table, name))) continue
          await moveSequence(connection, table, name, givenOut(table, name))
        }
      }
    })
  }
}

const keyOf = (table: TableName, column: string): string => JSON.stringify([quoteTable(table), column])

/** Moves the sequences that their columns own and that have numbers left; returns the keys of those columns. */
async function moveTogether(
  connection: Connection,
  tables: readonly TargetTable[],
  givenOut: GivenOut,
): Promise<ReadonlySet<string>> {
  const columns = await readNumberedColumns(connection, tables)
  const largest = await readLargest(connection, columns)
  const maxima = await readMaxima(connection, columns)
  const moved = new Set<string>()
  const moves = columns.flatMap(({ table, column, sequence, isOwn }, at) => {
    const most = largest[at] ?? null
    const last = maxima[at]!
    if (!isOwn || most === last) return []
    moved.add(keyOf(table, column))
    const used = usedOf(most, givenOut(table, column), last)
    return `select setval(${quoteLiteral(sequence)}, ${used ?? 1}, ${used !== null})`
  })
  if (moves.length > 0) await connection.query(moves.join(' union all '))
  return moved
}

/** The number that the sequence continues after; null when it starts from the beginning. */
function usedOf(largest: string | null, given: string | null, last: string): string | null {
  const used = largerOf(largest, given !== null && BigInt(given) < BigInt(last) ? given : null)
  return used !== null && BigInt(used) >= 1n ? used : null
}

async function moveSequence(
  connection: Connection,
  table: TableName,
  column: string,
  given: string | null,
): Promise<void> {
  const name = quoteIdentifier(column)
  const { sequence, last, largest, isOwn } = await connection.queryOne<
    Record<'sequence' | 'last', string> & { largest: string | null; isOwn: boolean }
  >(
    `select q.seqrelid::regclass::text as sequence, q.seqmax::text as last,
            (select max(${name})::text from ${quoteTable(table)}) as largest,
            pg_get_serial_sequence($1, $2) is not null as "isOwn"
       from pg_sequence q
      where q.seqrelid = (${numberingSequence})::regclass`,
    [quoteTable(table), column],
  )
  const used =
    largest === last ? await lastBeforeGap(connection, table, column, last) : usedOf(largest, given, last)
  const isUsed = used !== null && BigInt(used) >= 1n
  if (!isOwn) {
    // Other columns may use the sequence, so it only moves forward.
    if (isUsed)
      await connection.query(
        `select setval($1::regclass, $2::bigint) from ${sequence} where last_value < $2::bigint or not is_called`,
        [sequence, used],
      )
    return
  }
  await connection.query('select setval($1::regclass, $2::bigint, $3)', [
    sequence,
    isUsed ? used : '1',
    isUsed,
  ])
}

/** Returns the largest number whose successor is free; null when the first number is free, and `last` when none is. */
export async function lastBeforeGap(
  connection: Connection,
  table: TableName,
  column: string,
  last: string,
): Promise<string | null> {
  const name = quoteIdentifier(column)
  const { before, begins } = await connection.queryOne<{ before: string | null; begins: boolean }>(
    `select (select max(t.${name})::text from ${quoteTable(table)} t
              where t.${name} between 1 and $1::bigint - 1
                and not exists (select from ${quoteTable(table)} n where n.${name} = t.${name} + 1)) as before,
            exists (select from ${quoteTable(table)} where ${name} = 1) as begins`,
    [last],
  )
  return before ?? (begins ? last : null)
}

function largerOf(one: string | null, other: string | null): string | null {
  if (one === null || other === null) return one ?? other
  return BigInt(one) > BigInt(other) ? one : other
}
