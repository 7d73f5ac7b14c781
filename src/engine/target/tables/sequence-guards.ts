import { quoteTable } from '../../syntax/postgres-names.ts'
import type { Connection } from '../connection/connection.ts'

/**
 * Statements that make sequence numbers transactional: after a rollback, the numbers that the transaction took are available again, because
 * a restarted sequence is a new one until the commit (manual, ALTER SEQUENCE). They lock the sequences, and only the owner may execute
 * them.
 */
export async function sequenceGuards(connection: Connection, schemas: readonly string[]): Promise<string[]> {
  const { rows } = await connection.query<{ schema: string; table: string; next: string }>(
    `select schemaname as schema, sequencename as "table",
            (case when last_value is null then start_value
                  when last_value + increment_by between min_value and max_value then last_value + increment_by
                  else last_value end)::text as next
       from pg_catalog.pg_sequences
      where schemaname = any($1)
      order by 1, 2`,
    [schemas],
  )
  return rows.map(
    ({ schema, table, next }) => `alter sequence ${quoteTable({ schema, table })} restart with ${next}`,
  )
}
