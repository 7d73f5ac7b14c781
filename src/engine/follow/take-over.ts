/**
 * Makes this process the owner of a run's following. Invariant: there is one owner, the last to raise the epoch, and the previous owner can
 * commit no further round.
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
  /** The token that lets rounds write to tables which accept no other writers; null when the tables accept all. */
  readonly pass: string | null
}

export type Ownership = {
  readonly connection: Connection
  readonly epoch: number
  readonly record: FollowRecord
}

/** How long to wait for another process's lock on the target, and how often to look up its owner meanwhile. */
const TAKE_OVER_MS = 10_000
const TAKE_OVER_TRY_MS = 300
/** A round that waits longer than this for a lock in the target is retried, which is reported. */
const LOCK_TIMEOUT_MS = 20_000

/**
 * `own`: the caller's epoch, 0 for a new process. Throws `follow-lost` when another process has become the owner since, and `another-run`.
 */
export async function takeOver(following: Following, own: number): Promise<Ownership> {
  const deadline = performance.now() + TAKE_OVER_MS
  for (;;) {
    try {
      return await attempt(following, own, deadline)
    } catch (error) {
      // Two processes that start at once end each other's connection; the other one may have been killed since.
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
    // Read again: the previous owner may have committed a last round meanwhile.
    return { connection, epoch, record: (await readFollow(connection, run))! }
  } catch (error) {
    await connection.end()
    throw error
  }
}

/**
 * Terminates the current owner's backend and takes the target's lock. The owner may reconnect and take the lock first: then its new backend
 * is terminated as well.
 */
async function lockAgainstOwner(
  connection: Connection,
  { run, own, deadline }: { readonly run: string; readonly own: number; readonly deadline: number },
): Promise<void> {
  for (;;) {
    const before = await readFollow(connection, run)
    if (before === null) throw new Error(`run ${run} is not followed`)
    // After the loss of our own connection: unless another process took over, the epoch is still ours.
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
