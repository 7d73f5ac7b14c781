/** What `migrate` is asked to do: a prepared plan, where it goes, and how. */
import type { RunRecord } from '../model/journal.ts'
import type { VerifyLevel } from '../model/report.ts'
import type { TargetAddress } from '../target/address.ts'
import type { Prepared } from './prepare.ts'

export type MigrateRequest = {
  readonly prepared: Prepared
  readonly address: TargetAddress
  /** Copy workers; null for one a core. */
  readonly jobs: number | null
  readonly verifyLevel: VerifyLevel
  /** The journal's record of the unfinished run that this one continues with. */
  readonly resumed: RunRecord | null
  /** The embedded server that is the target; null for any other. */
  readonly embedded: { readonly folder: string; readonly keepsRunning: boolean } | null
  /** The command that does the same without questions, for the report. */
  readonly command: string
  /** As in RunRequest; missing: by its address. */
  readonly targetOptions?: string | null
  /** Whether commands that are printed can ask; missing: they can. */
  readonly canAsk?: boolean
  readonly keepDays: number
  readonly reportFile: string | null
  /** The database's name, typed, to empty the tables that are only filled. */
  readonly truncate?: string | null
  /** ISO 8601 instant of the command's start. */
  readonly startedAt: string
}
