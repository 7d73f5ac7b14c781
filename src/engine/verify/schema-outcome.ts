/** What became of constraints, sequences and long indexes, in the forecast's terms. Reads only the server's catalog. */
import type { Forecast, LongIndex, SchemaOutcome, SequenceAtEnd } from '../model/forecast.ts'
import type { Plan } from '../model/plan.ts'
import type { TableName } from '../model/target-schema.ts'
import { quoteTable } from '../syntax/postgres-names.ts'
import type { Connection } from '../target/connection/connection.ts'
import { numberingSequence } from '../target/tables/numbering.ts'

export async function readSchemaOutcome(
  connection: Connection,
  { schema }: Plan,
  { sequencesAtEnd, longIndexes }: Forecast,
): Promise<SchemaOutcome> {
  const created = schema.tables.filter(({ existing }) => !existing)
  const { rows: unvalidated } = await connection.query<TableName & { name: string }>(
    `select distinct n.nspname::text as schema, c.relname::text as table, t.conname::text as name
       from pg_constraint t
       join pg_class own on own.oid = t.conrelid
       join pg_class c on c.oid = case when own.relispartition then pg_partition_root(own.oid)::oid else own.oid end
       join pg_namespace n on n.oid = c.relnamespace
      where not t.convalidated and t.contype in ('c', 'f') and c.oid = any ($1::regclass[]::oid[])
      order by 1, 2, 3`,
    [created.map(quoteTable)],
  )
  const next: SchemaOutcome['next'][number][] = []
  for (const sequence of sequencesAtEnd)
    next.push({ ...sequence, found: await nextNumber(connection, sequence) })
  const found: SchemaOutcome['longIndexes'][number][] = []
  for (const index of longIndexes) found.push({ ...index, found: await fateOf(connection, index) })
  return { unvalidated, next, longIndexes: found }
}

async function nextNumber(
  connection: Connection,
  { column, ...table }: SequenceAtEnd,
): Promise<string | null> {
  const { sequence } = await connection.queryOne<{ sequence: string | null }>(
    `select ${numberingSequence} as sequence`,
    [quoteTable(table), column],
  )
  if (sequence === null) return null
  const { next } = await connection.queryOne<{ next: string | null }>(
    `select case when s.is_called and s.last_value = q.seqmax then null
                 else (s.last_value + case when s.is_called then q.seqincrement else 0 end)::text end as next
       from ${sequence} s, pg_sequence q
      where q.seqrelid = to_regclass($1)`,
    [sequence],
  )
  return next
}

/** Determined by the index of that name: a hashed index is one over an expression. */
async function fateOf(
  connection: Connection,
  { name, ...table }: LongIndex,
): Promise<LongIndex['fate'] | 'created'> {
  const { rows } = await connection.query<{ isHashed: boolean }>(
    `select i.indisunique and i.indexprs is not null as "isHashed"
       from pg_index i
       join pg_class x on x.oid = i.indexrelid
      where i.indrelid = $1::regclass and x.relname = $2`,
    [quoteTable(table), name],
  )
  const [index] = rows
  if (index === undefined) return 'left-out'
  return index.isHashed ? 'hashed' : 'created'
}
