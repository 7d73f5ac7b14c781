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

/** Returns the items in their order, as many to a group as fit into the room; an item that is larger than it is alone. */
export function groupByLocks<T>(
  items: readonly T[],
  locks: (item: T) => number,
  room: number,
): readonly (readonly T[])[] {
  const groups: T[][] = []
  let left = 0
  for (const item of items) {
    const wanted = locks(item)
    if (groups.length === 0 || wanted > left) {
      groups.push([])
      left = room
    }
    groups.at(-1)!.push(item)
    left -= wanted
  }
  return groups
}
