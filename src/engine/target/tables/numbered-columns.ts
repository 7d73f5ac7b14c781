/**
 * Reads the sequences of many tables in few round trips. Invariant: for each column, the queries run in the order in which they would for
 * that column alone; columns without a sequence are left out.
 */
import type { TargetTable } from '../../model/target-schema.ts'
import { quoteIdentifier, quoteLiteral, quoteTable } from '../../syntax/postgres-names.ts'
import type { Connection } from '../connection/connection.ts'
import { numberingSequenceOf } from './numbering.ts'

export type NumberedColumn = {
  readonly table: TargetTable
  readonly column: string
  /** The sequence's name, as SQL. */
  readonly sequence: string
  /** Whether the column owns the sequence; one that it does not own may number other columns too. */
  readonly isOwn: boolean
}

export type SequenceState = {
  readonly lastValue: string
  readonly isCalled: boolean
  readonly increment: string
  /** The sequence's maximum. */
  readonly last: string
}

export async function readNumberedColumns(
  connection: Connection,
  tables: readonly TargetTable[],
): Promise<readonly NumberedColumn[]> {
  const columns = tables.flatMap((table) =>
    table.columns.flatMap(({ name, sequence }) => (sequence === null ? [] : [{ table, column: name }])),
  )
  if (columns.length === 0) return []
  const { rows } = await connection.query<{ sequence: string | null; isOwn: boolean }>(
    `select ${numberingSequenceOf('w.place', 'w.name')} as sequence,
            pg_get_serial_sequence(w.place, w.name) is not null as "isOwn"
       from unnest($1::text[], $2::text[]) with ordinality as w (place, name, at)
      order by w.at`,
    [columns.map(({ table }) => quoteTable(table)), columns.map(({ column }) => column)],
  )
  return columns.flatMap((column, at) => {
    const { sequence = null, isOwn = false } = rows[at] ?? {}
    return sequence === null ? [] : [{ ...column, sequence, isOwn }]
  })
}

/**
 * Returns the states in the order of the columns. One function call tells the last value of a sequence that has given out a number (manual
 * section 9.17); the others are read one by one, in a query of a part for each, which takes the server longer to plan than to execute.
 */
export async function readSequenceStates(
  connection: Connection,
  columns: readonly NumberedColumn[],
): Promise<readonly SequenceState[]> {
  if (columns.length === 0) return []
  const { rows } = await connection.query<{ [part in keyof SequenceState]: SequenceState[part] | null }>(
    `select pg_sequence_last_value(q.seqrelid)::text as "lastValue", true as "isCalled",
            q.seqincrement::text as increment, q.seqmax::text as last
       from unnest($1::text[]) with ordinality as w (name, at)
       left join pg_sequence q on q.seqrelid = to_regclass(w.name)
      order by w.at`,
    [columns.map(({ sequence }) => sequence)],
  )
  const read = await readEachState(
    connection,
    columns.filter((_, at) => rows[at]!.lastValue === null),
  )
  return rows.map((row) => (row.lastValue === null ? read.shift()! : (row as SequenceState)))
}

async function readEachState(
  connection: Connection,
  columns: readonly NumberedColumn[],
): Promise<SequenceState[]> {
  if (columns.length === 0) return []
  const each = columns.map(
    ({ sequence }, at) =>
      `select ${at} as at, s.last_value::text as "lastValue", s.is_called as "isCalled",
              q.seqincrement::text as increment, q.seqmax::text as last
         from ${sequence} s, pg_sequence q
        where q.seqrelid = to_regclass(${quoteLiteral(sequence)})`,
  )
  const { rows } = await connection.query<SequenceState>(`${each.join(' union all ')} order by at`)
  return [...rows]
}

/** Returns the maxima of the sequences, in the order of the columns. */
export async function readMaxima(
  connection: Connection,
  columns: readonly NumberedColumn[],
): Promise<readonly string[]> {
  if (columns.length === 0) return []
  const { rows } = await connection.query<{ last: string }>(
    `select (select q.seqmax::text from pg_sequence q where q.seqrelid = w.name::regclass) as last
       from unnest($1::text[]) with ordinality as w (name, at)
      order by w.at`,
    [columns.map(({ sequence }) => sequence)],
  )
  return rows.map(({ last }) => last)
}

/** Returns each column's largest number as decimal text, null when there is none, in the order of the columns. */
export async function readLargest(
  connection: Connection,
  columns: readonly NumberedColumn[],
): Promise<readonly (string | null)[]> {
  if (columns.length === 0) return []
  const each = columns.map(
    ({ table, column }) => `(select max(${quoteIdentifier(column)})::text from ${quoteTable(table)})`,
  )
  const { largest } = await connection.queryOne<{ largest: (string | null)[] }>(
    `select array[${each.join(', ')}] as largest`,
  )
  return largest
}
