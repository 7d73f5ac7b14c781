/** Runs checks. Invariant: a check that could not run is a failed check, with the reason as its detail. */
import type { VerifyCheck } from '../model/report.ts'
import type { Connection } from '../target/connection/connection.ts'
import { isTransient } from '../target/connection/pg-errors.ts'

/** What is wrong, in sentences; empty when all is well. */
export type Complaints = readonly string[]

/**
 * Runs a check. `fine`: the detail of a check without complaints, evaluated after the check. Throws only errors that do not depend on the
 * target: a lost connection, a transient failure of the server.
 */
export async function attemptCheck(
  connection: Connection,
  name: string,
  fine: string | (() => string),
  check: () => Promise<Complaints>,
): Promise<VerifyCheck> {
  try {
    const complaints = await check()
    if (complaints.length === 0) return { name, ok: true, detail: typeof fine === 'string' ? fine : fine() }
    return { name, ok: false, detail: complaints.join(' ') }
  } catch (error) {
    if (connection.lost !== null || isTransient(error)) throw error
    const message = error instanceof Error ? error.message : String(error)
    return { name, ok: false, detail: `This could not be checked: ${message}` }
  }
}

/** Returns the result of `work`, or null when it failed because of the target's contents. Throws as `attemptCheck` does. */
export async function unlessFailed<T>(connection: Connection, work: () => Promise<T>): Promise<T | null> {
  try {
    return await work()
  } catch (error) {
    if (connection.lost !== null || isTransient(error)) throw error
    return null
  }
}

/** Runs `work` in a transaction that is always rolled back. */
export async function inRolledBack<T>(connection: Connection, work: () => Promise<T>): Promise<T> {
  await connection.execute('begin')
  try {
    return await work()
  } finally {
    if (connection.lost === null) await connection.execute('rollback')
  }
}
