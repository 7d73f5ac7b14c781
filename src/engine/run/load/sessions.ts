/**
 * Divides the sessions that the server allows: one leads the run, some copy and verify, some build indexes at the same time. Invariant: no
 * more are opened at once than the server allows.
 */
import { availableParallelism } from 'node:os'
import type { Finding } from '../../model/finding.ts'
import type { TargetAddress } from '../../target/address/address.ts'
import { TargetError } from '../../target/connection/pg-errors.ts'
import { countSessions } from '../../target/connection/pooling.ts'

export type Sessions = {
  /** Workers that copy and verify, each with one session. */
  readonly jobs: number
  /** Whether the user gave their number. */
  readonly isGiven: boolean
  /** Sessions that build indexes; with 0, the run's own session builds them. */
  readonly indexers: number
  /** Sessions that build indexes of small tables beside those. */
  readonly furtherIndexers: number
  /** Reports that fewer sessions were available than wanted; null otherwise. */
  readonly finding: Finding | null
}

/** From this many tables on, the flushes that sessions of their own spare the small ones' indexes take longer than opening them. */
const WORTH_FURTHER_INDEXERS = 100

/**
 * `jobs`: the number of workers requested; null for one per core. `tables`: how many will get indexes. Throws `too-few-sessions` when fewer
 * than two are available.
 */
export async function shareSessions(
  address: TargetAddress,
  jobs: number | null,
  tables: number,
): Promise<Sessions> {
  const wanted = jobs ?? availableParallelism()
  const most = 1 + 2 * wanted
  const had = await countSessions(address, most + (tables < WORTH_FURTHER_INDEXERS ? 0 : wanted))
  const isGiven = jobs !== null
  if (had >= most)
    return { jobs: wanted, isGiven, indexers: wanted, furtherIndexers: had - most, finding: null }
  if (had < 2) throw tooFewSessions(address, had, 'a run needs two')
  const left = Math.max(1, Math.min(wanted, Math.floor((had - 1) / 2)))
  return {
    jobs: left,
    isGiven,
    indexers: Math.min(left, had - 1 - left),
    furtherIndexers: 0,
    finding: {
      severity: 'notice',
      code: 'few-sessions',
      message: `The target allows ${had} sessions at a time where ${most} were wanted: ${left === 1 ? 'one worker copies' : `${left} workers copy`}. --jobs ${left} says so from the start.`,
    },
  }
}

/**
 * Throws `too-few-sessions` unless `further` sessions can be open beside the `held` ones. `needed`: what cannot be done otherwise.
 */
export async function refuseFewSessions(
  address: TargetAddress,
  { held, further, needed }: { readonly held: number; readonly further: number; readonly needed: string },
): Promise<void> {
  const had = await countSessions(address, further)
  if (had < further) throw tooFewSessions(address, held + had, needed)
}

function tooFewSessions({ host, port, user }: TargetAddress, had: number, needed: string): TargetError {
  return new TargetError(
    'too-few-sessions',
    `${host}, port ${port} allows "${user}" ${had} session${had === 1 ? '' : 's'} at a time; ${needed}.`,
    {
      hint: 'Raise the size of the pool or the connection limit of the role or database, or name the server itself.',
    },
  )
}
