/** The request of `migrate`: a prepared plan, its target, and the options. */

import type { RunRecord } from '../../model/journal.ts'
import type { TargetAddress } from '../../target/address/address.ts'
import type { Prepared } from './prepare.ts'
import type { RunRequest } from './run-request.ts'

export type MigrateRequest = Pick<
  RunRequest,
  'jobs' | 'verifyLevel' | 'command' | 'targetOptions' | 'canAsk' | 'keepDays' | 'reportFile' | 'truncate'
> & {
  readonly prepared: Prepared
  readonly address: TargetAddress
  /** The journal's record of the unfinished run to resume; null for a new run. */
  readonly resumed: RunRecord | null
  /** The embedded server that is the target; null for any other. */
  readonly embedded: { readonly folder: string; readonly keepsRunning: boolean } | null
  /** ISO 8601 instant of the command's start. */
  readonly startedAt: string
}
