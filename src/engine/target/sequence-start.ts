/**
 * Where a sequence goes on after rows with numbers of their own. Invariant: the next number is free; where the type's last number is
 * taken, it is the first one after the last gap, and a sequence without a free number stays at its end.
 */
import type { TableName } from '../model/target-schema.ts'
import { quoteIdentifier, quoteTable } from '../syntax/postgres-names.ts'
import type { Connection } from './connection.ts'
import { numberingSequence } from './numbering.ts'

/** `given`: the largest number that was given out before, as decimal text. */
export async function moveSequence(
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
    largest === last
      ? await lastBeforeGap(connection, table, column, last)
      : largerOf(largest, given !== null && BigInt(given) < BigInt(last) ? given : null)
  const isUsed = used !== null && BigInt(used) >= 1n
  if (!isOwn) {
    // Other columns may take numbers from it: it only goes forward.
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

/** The largest number whose successor is free; null when the first number is, and `last` when none is. */
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
