/** How many locks one transaction may take. Invariant: the server's other sessions are left as many. */
import type { Connection } from './connection.ts'

/**
 * Returns half of what the server promises to all its sessions together (manual section 20.12): a transaction that takes more fails with
 * `out of shared memory`.
 */
export async function readLockRoom(connection: Connection): Promise<number> {
  const { room } = await connection.queryOne<{ room: number }>(
    `select current_setting('max_locks_per_transaction')::float8
            * (current_setting('max_connections')::float8 + current_setting('max_prepared_transactions')::float8) / 2 as room`,
  )
  return room
}
