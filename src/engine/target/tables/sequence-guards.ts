import { quoteTable } from '../../syntax/postgres-names.ts'
import type { Connection } from '../connection/connection.ts'

/**
 * Statements that make the numbers that a transaction takes from the schemas' sequences go back when it is rolled back: a sequence that is
 * restarted is a new one until then (manual, ALTER SEQUENCE). They lock the sequences, and need their owner.
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
