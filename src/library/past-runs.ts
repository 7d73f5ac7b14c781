/**
 * What can be done with an earlier run: shown, verified, exported, rolled back; its rejects listed and retried; its partitions extended.
 */
import type {
  Exported,
  ExtendedPartitions,
  ListedRejects,
  RetriedRejects,
  RollbackPreview,
  RolledBack,
  RunStatusAnswer,
  VerifyAnswer,
} from '../engine/model/answers.ts'
import type { VerifyLevel } from '../engine/model/report.ts'
import { call } from './call.ts'
import type { Watching } from './engine.ts'
import { checked, choiceOf, type RunChoice, runChoiceNames, type Target, targetNames } from './options.ts'

export type VerifyOptions = RunChoice &
  Watching & {
    readonly level?: Exclude<VerifyLevel, 'none'> | undefined
    /** Reload the blocks that differ, then compare again. */
    readonly repair?: boolean | undefined
    /** With `repair`: only name what would be reloaded, in `reloadable`. */
    readonly dryRun?: boolean | undefined
    readonly jobs?: number | null | undefined
  }
/** `force`: the database's name, to confirm that changed rows may be lost. */
export type RollbackOptions = RunChoice & Watching & { readonly force?: string | null | undefined }
/** `toSqlite`: a folder that is empty or does not exist yet. */
export type ExportOptions = RunChoice & Watching & { readonly toSqlite: string }
export type RejectsOptions = RunChoice & Watching
/** `file`: rejects that were exported and edited; without it, all are retried unchanged. */
export type RetryRejectsOptions = RejectsOptions & { readonly file?: string | null | undefined }
export type PartitionsOptions = RunChoice &
  Watching & {
    /** Months after the present one; 12 by default. */
    readonly ahead?: number | undefined
    readonly partman?: boolean | undefined
    readonly dryRun?: boolean | undefined
  }

/** Returns the target's runs, the last one first, and how far following has come in each. Throws MigrateError `target`. */
export async function status(options: Target & Watching): Promise<readonly RunStatusAnswer[]> {
  const given = checked('status', options, targetNames)
  return call('describeRuns', { target: choiceOf(given).target }, given)
}

/** Compares the target of an earlier run with its snapshots. Returns what differs, row by row at level `full`. Throws MigrateError. */
export async function verify(options: VerifyOptions): Promise<VerifyAnswer> {
  const given = checked('verify', options, [...runChoiceNames, 'level', 'repair', 'dryRun', 'jobs'])
  const { level = 'checksum', repair = false, dryRun = false, jobs = null } = given
  return call('verifyAgain', { ...choiceOf(given), level, repair: repair && !dryRun, jobs }, given)
}

/** Removes what a run created, in one transaction. Returns the objects removed and kept. Throws MigrateError when rows have changed. */
export async function rollback(options: RollbackOptions): Promise<RolledBack & { readonly run: string }> {
  const given = checked('rollback', options, [...runChoiceNames, 'force'])
  return call('rollBack', { ...choiceOf(given), force: given.force ?? null }, given)
}

/** Returns what `rollback` would remove, and the rows that have changed since the run. Changes nothing. Throws MigrateError. */
export async function previewRollback(
  options: RollbackOptions,
): Promise<RollbackPreview & { readonly database: string }> {
  const given = checked('previewRollback', options, [...runChoiceNames, 'force'])
  return call('previewRollback', { ...choiceOf(given), force: given.force ?? null }, given)
}

/**
 * Writes SQLite databases in the old layout, from the target alone. Returns what was written and what could not be. Throws MigrateError.
 */
export async function exportTo(options: ExportOptions): Promise<Exported & { readonly run: string }> {
  const given = checked('exportTo', options, [...runChoiceNames, 'toSqlite'], ['toSqlite'])
  return call('exportToSqlite', { ...choiceOf(given), folder: given.toSqlite }, given)
}

/** Returns the rows in quarantine, each with its reason. Throws MigrateError `target`. */
export async function rejects(options: RejectsOptions): Promise<ListedRejects> {
  const given = checked('rejects', options, runChoiceNames)
  return call('listRejects', choiceOf(given), given)
}

/** Loads quarantined rows again. Returns how many were loaded, and those that are still refused. Throws MigrateError. */
export async function retryRejects(
  options: RetryRejectsOptions,
): Promise<RetriedRejects & { readonly run: string }> {
  const given = checked('retryRejects', options, [...runChoiceNames, 'file'])
  return call('retryRejects', { ...choiceOf(given), file: given.file ?? null }, given)
}

/** Makes missing monthly partitions. Returns those made, or with `dryRun` those missing. Throws MigrateError `target`. */
export async function partitions(options: PartitionsOptions): Promise<ExtendedPartitions> {
  const given = checked('partitions', options, [...runChoiceNames, 'ahead', 'partman', 'dryRun'])
  const { ahead = 12, partman = false, dryRun = false } = given
  return call('extendPartitions', { ...choiceOf(given), ahead, partman, dryRun }, given)
}
