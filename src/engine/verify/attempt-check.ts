/** Running a check. Invariant: a check that could not run is a failed check, with the reason as its detail. */
import type { VerifyCheck } from '../model/report.ts'
import type { Connection } from '../target/connection/connection.ts'
import { isPassing } from '../target/connection/pg-errors.ts'

/** What is wrong, in sentences; none when all is well. */
export type Complaints = readonly string[]

/** `fine` is the detail of a check without complaints, asked for once it is done. Throws only what says nothing of the target: that the connection is lost, or the server's disk full. */
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
    if (connection.lost !== null || isPassing(error)) throw error
    const message = error instanceof Error ? error.message : String(error)
    return { name, ok: false, detail: `This could not be checked: ${message}` }
  }
}

/** What `work` returns; null when it failed for what is in the target. Throws only what says nothing of it, as `attemptCheck` does. */
export async function unlessFailed<T>(connection: Connection, work: () => Promise<T>): Promise<T | null> {
  try {
    return await work()
  } catch (error) {
    if (connection.lost !== null || isPassing(error)) throw error
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
