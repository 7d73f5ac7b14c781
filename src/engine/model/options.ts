/**
 * The options of the command line and of the library, with their defaults. Invariant: an option has one name everywhere
 * (`--on-reject` is `onReject`) and one default, defined here.
 */

import type { EpochUnit } from './conversion.ts'
import type { PlanOptions } from './plan.ts'
import type { VerifyLevel } from './report.ts'

/** Null: GPT-Trader's when one of its files is there, else the automatic one. `file`: path of a mapping file. */
export type MappingChoice = 'gpt-trader' | 'auto' | null | { readonly file: string }

export type Environment = Readonly<Record<string, string | undefined>>

export type TargetChoice = {
  /** `--target`; null takes DATABASE_URL or the PG* variables. */
  readonly target: string | null
  readonly env: Environment
  /** Where an embedded server without a folder of its own is kept. */
  readonly workFolder: string
  readonly port: number | null
  /** The role as which everything in the target is done; null or absent for the user's own. */
  readonly role?: string | null
}

/** What names a target. */
export type TargetOptions = {
  /** `postgres://…`, or `embedded[:DIR]`; null takes DATABASE_URL or the PG* variables of the environment. */
  readonly target: string | null
  /** Do everything in the target as this role; null as the role that connects. */
  readonly role: string | null
  /** Where snapshots and reports are kept. */
  readonly workFolder: string
  /** Port of the embedded server; null takes a free one. */
  readonly port: number | null
}

/** What decides a plan. `docs/command-line.md` says what each means. */
export type PlanningOptions = Pick<
  PlanOptions,
  'timezone' | 'orphans' | 'unmapped' | 'onOverflow' | 'onReject' | 'exact' | 'allowMissing' | 'schema'
> &
  Pick<PlanOptions, 'identifiers' | 'strictTypes' | 'int4WhenFits' | 'timeseries' | 'exclude'> & {
    /** Database files, or folders to search. */
    readonly source: readonly string[]
    readonly as: Readonly<Record<string, string>>
    readonly mapping: MappingChoice
    /** A plan file to run instead of making a plan. */
    readonly plan: string | null
    /** Take SQL of the mapping or plan file that the closed list of functions does not have. */
    readonly trustMapping: boolean
    readonly views: boolean
    readonly salvage: boolean
    /** Make columns for full-text search where SQLite had full-text tables. */
    readonly search: boolean
    /** Text search configuration of the server's, such as `english`. */
    readonly searchLanguage: string
    readonly into: 'one' | null
    /** How old chunks must be to go into the columnstore, such as `7 days`. */
    readonly columnstore: string | null
    /** After which time rows of hypertables are deleted. */
    readonly retention: string | null
    readonly dataOnly: boolean
    readonly append: boolean
    readonly jsonText: 'string' | null
    /** Null: as the mapping says. */
    readonly distribute: 'auto' | 'none' | null
    /** Units of columns whose numbers are times, by `table.column` or `database/table.column`. */
    readonly epoch: Readonly<Record<string, EpochUnit>>
    readonly keepDays: number
  }

/** What a run takes besides. */
export type RunningOptions = {
  readonly truncate: string | null
  /** Continue with what is written to the sources after the run, until it is stopped. */
  readonly follow: boolean
  readonly keepRunning: boolean
  /** The database's name, typed, when an unfinished run may be rolled back. */
  readonly startOver: string | null
  readonly verify: VerifyLevel
  /** Workers; null takes the number of cores. */
  readonly jobs: number | null
  /** File of a further copy of the report. */
  readonly report: string | null
}

export const targetDefaults: TargetOptions = {
  target: null,
  role: null,
  workFolder: '.gpt-migrate',
  port: null,
}

export const planningDefaults: PlanningOptions = {
  source: ['.'],
  as: {},
  mapping: null,
  plan: null,
  trustMapping: false,
  exclude: [],
  allowMissing: false,
  views: false,
  salvage: false,
  schema: null,
  into: null,
  dataOnly: false,
  append: false,
  jsonText: null,
  epoch: {},
  timezone: 'UTC',
  orphans: 'keep',
  unmapped: 'add',
  onOverflow: 'widen',
  onReject: 'quarantine',
  identifiers: 'keep',
  timeseries: 'auto',
  distribute: null,
  search: false,
  searchLanguage: 'simple',
  columnstore: null,
  retention: null,
  strictTypes: false,
  int4WhenFits: false,
  exact: false,
  keepDays: 14,
}

export const runningDefaults: RunningOptions = {
  truncate: null,
  follow: false,
  keepRunning: false,
  startOver: null,
  verify: 'checksum',
  jobs: null,
  report: null,
}

/** Seconds: how long the fence is tried for, may be held before the start, and stays after it while others have the files open. */
export const cutOverDefaults = { within: 10, fence: 5, hold: 60 }
