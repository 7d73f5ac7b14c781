/**
 * Makes this process the one that follows a run. Invariant: there is one owner, the last to raise the epoch; the previous owner can
 * write no further round.
 */
import { hostname } from 'node:os'
import { followLost, raiseEpoch, readFollow } from '../journal/follow.ts'
import { showPass } from '../journal/forward.ts'
import { MigrateError } from '../model/errors.ts'
import type { FollowRecord } from '../model/follow.ts'
import type { TargetAddress } from '../target/address/address.ts'
import { type Connection, connect } from '../target/connection/connection.ts'
import { lockTarget } from '../target/connection/run-lock.ts'

export type Following = {
  readonly run: string
  readonly address: TargetAddress
  /** What lets rounds write to tables that take no other writes; null where they take any. */
  readonly pass: string | null
}

export type Ownership = {
  readonly connection: Connection
  readonly epoch: number
  readonly record: FollowRecord
}

/** How long another process's lock on the target is waited for, and after how long its owner is looked up again. */
const TAKE_OVER_MS = 10_000
const TAKE_OVER_TRY_MS = 300
/** A round that waits longer for a lock in the target is tried again, which is said. */
const LOCK_TIMEOUT_MS = 20_000

/**
 * `own`: the caller's epoch so far, 0 for a new process. Throws `follow-lost` when another process has become the owner since, and
 * `another-run`.
 */
export async function takeOver(following: Following, own: number): Promise<Ownership> {
  const deadline = performance.now() + TAKE_OVER_MS
  for (;;) {
    try {
      return await attempt(following, own, deadline)
    } catch (error) {
      // Of two that start at once each ends the other's connection, also one whose program was killed a moment ago.
      const isLost = error instanceof MigrateError && error.code === 'connection-lost'
      if (!isLost || performance.now() >= deadline) throw error
    }
  }
}

async function attempt(following: Following, own: number, deadline: number): Promise<Ownership> {
  const { run, address, pass } = following
  const connection = await connect(address, { lockTimeoutMs: LOCK_TIMEOUT_MS })
  try {
    await lockAgainstOwner(connection, { run, own, deadline })
    if (pass !== null) await showPass(connection, pass)
    const { started } = await connection.queryOne<{ started: string }>(
      'select backend_start::text as started from pg_stat_activity where pid = pg_backend_pid()',
    )
    const owner = {
      process: process.pid,
      host: hostname(),
      backend: connection.processId,
      backendStartedAt: started,
    }
    const epoch = await connection.transaction(
      () => raiseEpoch(connection, run, owner, own === 0 ? null : own),
      { durably: true },
    )
    // The previous owner may have committed a last round meanwhile.
    return { connection, epoch, record: (await readFollow(connection, run))! }
  } catch (error) {
    await connection.end()
    throw error
  }
}

/**
 * Terminates the current owner's backend and takes the target's lock. The owner may reconnect and take the lock first: its new backend
 * is then terminated as well.
 */
async function lockAgainstOwner(
  connection: Connection,
  { run, own, deadline }: { readonly run: string; readonly own: number; readonly deadline: number },
): Promise<void> {
  for (;;) {
    const before = await readFollow(connection, run)
    if (before === null) throw new Error(`run ${run} is not followed`)
    // Our own connection was lost, and nobody has taken the following over: the epoch is ours as before.
    if (own > 0 && before.epoch !== own) throw followLost(run)
    if (before.owner !== null) {
      const { backend, backendStartedAt } = before.owner
      await connection.query(
        `select pg_terminate_backend(pid) from pg_stat_activity
          where pid = $1 and pid <> pg_backend_pid() and backend_start::text = $2`,
        [backend, backendStartedAt],
      )
    }
    try {
      return await lockTarget(connection, { patienceMs: TAKE_OVER_TRY_MS })
    } catch (error) {
      const isTaken = error instanceof MigrateError && error.code === 'another-run'
      if (!isTaken || performance.now() >= deadline) throw error
    }
  }
}
