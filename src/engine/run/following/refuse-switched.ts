/** Refuses what would change rows that are the application's own by now. */
import { readFollow } from '../../journal/follow.ts'
import { MigrateError } from '../../model/errors.ts'
import type { Connection } from '../../target/connection/connection.ts'

/** Throws `switched` when the application may already use the target: `what` would change the application's own rows. */
export async function refuseSwitched(connection: Connection, run: string, what: string): Promise<void> {
  const follow = await readFollow(connection, run)
  if (follow === null || follow.state === 'following') return
  throw new MigrateError(
    'target',
    'switched',
    `Run ${run} is ${follow.state}: the application may be using the target, so there is no ${what} any more.`,
    { hint: 'gpt-migrate status shows its state; the way back is gpt-migrate fallback.' },
  )
}
