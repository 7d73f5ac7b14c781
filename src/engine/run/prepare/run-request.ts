/** What a run without questions is asked for. */

import type { MappingChoice, TargetChoice } from '../../model/options.ts'
import type { PlanOptions } from '../../model/plan.ts'
import type { VerifyLevel } from '../../model/report.ts'

export type RunRequest = {
  readonly sources: readonly string[]
  /** Which database of the mapping a file plays, by file name or path. */
  readonly as: Readonly<Record<string, string>>
  readonly mapping: MappingChoice
  /** A plan to run instead of making one; its options take the place of the command's. */
  readonly planFile?: string | null
  /** Whether SQL of a mapping or plan file outside of the closed list is taken. */
  readonly trustsMapping?: boolean
  readonly options: PlanOptions
  readonly target: TargetChoice
  /** Copy workers; null for one a core. */
  readonly jobs: number | null
  readonly verifyLevel: VerifyLevel
  readonly workFolder: string
  readonly keepDays: number
  /** The database's name, typed, to roll an unfinished run back instead of resuming it. */
  readonly startOver: string | null
  readonly salvage: boolean
  readonly keepRunning: boolean
  /** Continues with what is written to the sources after the run, until it is stopped. */
  readonly follow?: boolean
  /** Plan only; nothing is written to the target. */
  readonly dryRun: boolean
  /** Where to write the report besides the work folder; null for nowhere. */
  readonly reportFile: string | null
  /** The command that does the same without questions, for the report. */
  readonly command: string
  /** Options that name the target as the command did, '' when the environment does; missing: by its address. For the commands that the summary prints. */
  readonly targetOptions?: string | null
  /** Whether a command that is printed can ask, as in a terminal; otherwise it gets `--yes`. Missing: it can. */
  readonly canAsk?: boolean
  /** The database's name, typed, to empty the tables that are only filled. */
  readonly truncate?: string | null
}
