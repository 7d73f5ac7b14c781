/** The request of a run without questions. */

import type { MappingChoice, TargetChoice } from '../../model/options.ts'
import type { PlanOptions } from '../../model/plan.ts'
import type { VerifyLevel } from '../../model/report.ts'

export type RunRequest = {
  readonly sources: readonly string[]
  /** The role that a file plays in the mapping, by file name or path. */
  readonly as: Readonly<Record<string, string>>
  readonly mapping: MappingChoice
  /** A plan to run instead of making one; its options replace the command's. */
  readonly planFile?: string | null
  /** Whether SQL outside of the closed list is accepted from a mapping or plan file. */
  readonly trustsMapping?: boolean
  readonly options: PlanOptions
  readonly target: TargetChoice
  /** Copy workers; null for one per core. */
  readonly jobs: number | null
  readonly verifyLevel: VerifyLevel
  readonly workFolder: string
  readonly keepDays: number
  /** The database's name, typed to confirm that an unfinished run is rolled back instead of resumed. */
  readonly startOver: string | null
  readonly salvage: boolean
  readonly keepRunning: boolean
  /** Follows the sources after the run, until it is stopped. */
  readonly follow?: boolean
  /** Only plans; nothing is written to the target. */
  readonly dryRun: boolean
  /** Where to write the report besides the work folder; null for no other place. */
  readonly reportFile: string | null
  /** The equivalent command without questions, for the report. */
  readonly command: string
  /** The command's target options, for the commands in the summary: '' when the environment names the target, missing to use its address. */
  readonly targetOptions?: string | null
  /** Whether the printed commands can ask, as in a terminal; otherwise they get `--yes`. Missing: true. */
  readonly canAsk?: boolean
  /** The database's name, typed to confirm that existing tables are emptied. */
  readonly truncate?: string | null
}
