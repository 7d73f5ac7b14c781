/**
 * The options of the command line and the library, with their defaults. Invariant: an option has one name everywhere (`--on-reject` is
 * `onReject`) and one default, defined here.
 */

import type { EpochUnit } from './conversion.ts'
import type { PlanOptions } from './plan.ts'
import type { VerifyLevel } from './report.ts'

/** Null: GPT-Trader's mapping if one of its files is found, else the automatic one. `file`: path of a mapping file. */
export type MappingChoice = 'gpt-trader' | 'auto' | null | { readonly file: string }

export type Environment = Readonly<Record<string, string | undefined>>

export type TargetChoice = {
  /** `--target`; null to use DATABASE_URL or the PG* variables. */
  readonly target: string | null
  readonly env: Environment
  /** The folder of an embedded server without a folder of its own. */
  readonly workFolder: string
  readonly port: number | null
  /** The role for everything in the target; null or absent for the connecting role. */
  readonly role?: string | null
}

/** The options that select a target. */
export type TargetOptions = {
  /** `postgres://…`, or `embedded[:DIR]`; null to use DATABASE_URL or the PG* variables of the environment. */
  readonly target: string | null
  /** The role for everything in the target; null for the connecting role. */
  readonly role: string | null
  /** The folder for snapshots and reports. */
  readonly workFolder: string
  /** Port of the embedded server; null for a free one. */
  readonly port: number | null
}

/** The options that determine a plan. `docs/command-line.md` explains each. */
export type PlanningOptions = Pick<
  PlanOptions,
  'timezone' | 'orphans' | 'unmapped' | 'onOverflow' | 'onReject' | 'exact' | 'allowMissing' | 'schema'
> &
  Pick<PlanOptions, 'identifiers' | 'strictTypes' | 'int4WhenFits' | 'timeseries' | 'exclude'> & {
    /** Database files, or folders to search. */
    readonly source: readonly string[]
    readonly as: Readonly<Record<string, string>>
    readonly mapping: MappingChoice
    /** A plan file to run instead of making a plan; null otherwise. */
    readonly plan: string | null
    /** Accepts SQL in the mapping or plan file that is outside of the closed list of functions. */
    readonly trustMapping: boolean
    readonly views: boolean
    readonly salvage: boolean
    /** Makes columns for full-text search where SQLite had full-text tables. */
    readonly search: boolean
    /** A text search configuration of the server, such as `english`. */
    readonly searchLanguage: string
    readonly into: 'one' | null
    /** Age at which chunks go into the columnstore, such as `7 days`; null for no columnstore. */
    readonly columnstore: string | null
    /** Age at which rows of hypertables are deleted; null for never. */
    readonly retention: string | null
    readonly dataOnly: boolean
    readonly append: boolean
    readonly jsonText: 'string' | null
    /** Null to follow the mapping. */
    readonly distribute: 'auto' | 'none' | null
    /** Units of columns whose numbers are times, by `table.column` or `database/table.column`. */
    readonly epoch: Readonly<Record<string, EpochUnit>>
    readonly keepDays: number
  }

/** Further options of a run. */
export type RunningOptions = {
  readonly truncate: string | null
  /** Follows the sources after the run, until it is stopped. */
  readonly follow: boolean
  readonly keepRunning: boolean
  /** The database's name, typed to confirm that an unfinished run may be rolled back. */
  readonly startOver: string | null
  readonly verify: VerifyLevel
  /** Number of workers; null for the number of cores. */
  readonly jobs: number | null
  /** File for an additional copy of the report. */
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

/** Seconds: `within` to try to take the fence, `fence` to hold it before the start, `hold` after it while others have the files open. */
export const cutOverDefaults = { within: 10, fence: 5, hold: 60 }
