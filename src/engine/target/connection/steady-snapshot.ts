/**
 * Begins a transaction that sees tables as of one moment, whatever happens to them meanwhile. Invariant: none of them is rewritten or
 * truncated after the snapshot was taken, since an older snapshot would see such a table as empty (manual section 13.6).
 */
import type { TableName } from '../../model/target-schema.ts'
import { quoteTable } from '../../syntax/postgres-names.ts'
import type { Connection } from './connection.ts'

/** Begins the transaction. Missing tables are skipped; reading one fails later. Waits for sessions that alter a table. */
export async function beginSteadySnapshot(
  connection: Connection,
  tables: readonly TableName[],
  access: 'read write' | 'read only',
): Promise<void> {
  const { rows } = await connection.query<{ name: string }>(
    'select distinct name from unnest($1::text[]) as w (name) where to_regclass(name) is not null',
    [tables.map(quoteTable)],
  )
  await connection.execute(`begin isolation level repeatable read ${access}`)
  if (rows.length === 0) return
  try {
    // LOCK takes no snapshot.
    await connection.execute(`lock table ${rows.map(({ name }) => name).join(', ')} in access share mode`)
  } catch (error) {
    if (connection.lost === null) await connection.execute('rollback').catch(() => undefined)
    throw error
  }
}
