/**
 * A transaction that sees tables as they are at one moment, whatever is done to them meanwhile. Invariant: none of them is rewritten or
 * truncated after its snapshot was taken: to a snapshot of before, such a table is empty (manual section 13.6).
 */
import type { TableName } from '../../model/target-schema.ts'
import { quoteTable } from '../../syntax/postgres-names.ts'
import type { Connection } from './connection.ts'

/** Begins it. Tables that are not there are left out: who reads them will say so. Waits for whoever is altering one. */
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
    // LOCK takes no snapshot itself.
    await connection.execute(`lock table ${rows.map(({ name }) => name).join(', ')} in access share mode`)
  } catch (error) {
    if (connection.lost === null) await connection.execute('rollback').catch(() => undefined)
    throw error
  }
}
