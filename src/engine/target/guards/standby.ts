/** What only the primary can answer. Invariant: a standby is refused before anything is compared. */
import type { Connection } from '../connection/connection.ts'
import { TargetError } from '../connection/pg-errors.ts'

export async function isStandby(connection: Connection): Promise<boolean> {
  const { standby } = await connection.queryOne<{ standby: boolean }>('select pg_is_in_recovery() as standby')
  return standby
}

/** Refuses a standby, on which the verification could read all rows, but not try writes or compare tables with temporary twins. */
export async function refuseStandby(connection: Connection): Promise<void> {
  if (!(await isStandby(connection))) return
  throw new TargetError(
    'read-only-server',
    `The server at ${connection.address.host} is a standby, on which no writes can be tried: a verification tries an insert into every table, and rolls it back.`,
    { hint: 'Connect to the primary and not to a standby.' },
  )
}
