/** Resumes an unfinished run, or refuses and says why. */

import { dirname, resolve } from 'node:path'
import { MigrateError } from '../../model/errors.ts'
import type { RunRecord } from '../../model/journal.ts'
import type { PlanOptions } from '../../model/plan.ts'
import { refuseForeignFolder, refuseUnsafePlace } from '../../own-files/ours.ts'
import { isWithin } from '../../own-files/within.ts'
import { planHash } from '../../plan/base/plan-hash.ts'
import { settleOrphans } from '../../plan/base/settle-orphans.ts'
import { mappingName } from '../../plan-files/choose-mapping.ts'
import { planOfFile, readPlanFile } from '../../plan-files/plan-file.ts'
import { verifySnapshot } from '../../source/snapshot/snapshot.ts'
import { findOrphans } from '../../source/staging/orphans.ts'
import type { Prepared } from './prepare.ts'
import { refuseRemoving } from './refuse-removing.ts'
import type { RunRequest } from './run-request.ts'

/** The options of a command that determine its plan. */
type PlanWords = Pick<RunRequest, 'sources' | 'as' | 'mapping' | 'options' | 'planFile' | 'trustsMapping'>

/**
 * Returns what the interrupted run had prepared, from the journal and its snapshots. Throws when the command asks for a different plan, or
 * when a snapshot is gone or changed: the rest of the copy would not fit the rows that are already in the target.
 */
export async function resumePrepared(record: RunRecord, words: PlanWords | null): Promise<Prepared> {
  refuseRemoving(record)
  if (words !== null) refuseOtherPlan(record, words)
  await verifySnapshots(record)
  return {
    run: record.run,
    folder: folderOf(record),
    snapshots: record.snapshots,
    catalogs: record.catalogs,
    censuses: [],
    lost: [],
    plan: record.plan,
    orphans: findOrphans(record.plan, record.snapshots),
  }
}

/** Throws when a snapshot is gone or changed, or when its folder is writable by others. */
export async function verifySnapshots({ snapshots }: RunRecord): Promise<void> {
  for (const { file } of snapshots) {
    refuseUnsafePlace(file, 'work-folder')
    refuseForeignFolder(dirname(file), 'work-folder')
  }
  for (const snapshot of snapshots) await verifySnapshot(snapshot)
}

/** Returns the run's folder, from the path of its snapshots. */
export function folderOf(record: RunRecord): string {
  const [first] = record.snapshots
  if (first !== undefined) return dirname(dirname(first.file))
  throw new MigrateError('plan', 'snapshot-changed', `Run ${record.run} has no snapshots to resume from.`, {
    hint: 'To roll it back and begin again: --start-over and the name of the target database.',
  })
}

function refuseOtherPlan(record: RunRecord, words: PlanWords): void {
  const difference = differenceOf(record, words)
  if (difference === null) return
  throw new MigrateError(
    'target',
    'plan-changed',
    `The target holds the unfinished run ${record.run} of another plan: ${difference}.`,
    {
      hint: 'Give the same options as before to resume it, or --start-over and the name of the target database to roll it back and begin again.',
    },
  )
}

/** Returns how the command differs from the run under way, in a few words; null when it does not. */
function differenceOf({ plan, snapshots, catalogs }: RunRecord, words: PlanWords): string | null {
  const isTrusted = words.trustsMapping === true
  if (words.planFile != null) {
    const asked = planOfFile(readPlanFile(words.planFile, isTrusted), { catalogs, censuses: [], snapshots })
    const orphans = findOrphans(asked, snapshots)
    if (planHash(settleOrphans(asked, orphans)) !== planHash(plan))
      return `it is not what ${words.planFile} says`
    return sourceDifference(snapshots, words)
  }
  const mapping = mappingName(words.mapping, isTrusted)
  if (mapping !== null && mapping !== plan.mapping) return `its mapping is ${plan.mapping}`
  const names = new Set([...Object.keys(plan.options), ...Object.keys(words.options)])
  for (const name of names as Set<keyof PlanOptions>) {
    const then = JSON.stringify(plan.options[name])
    if (then !== JSON.stringify(words.options[name])) return `its option ${name} was ${then}`
  }
  for (const [file, role] of Object.entries(words.as)) {
    if (!plan.sources.some((source) => source.role === role)) return `${file} did not play ${role} in it`
  }
  return sourceDifference(snapshots, words)
}

function sourceDifference(snapshots: RunRecord['snapshots'], words: PlanWords): string | null {
  for (const { path } of snapshots) {
    if (!words.sources.some((source) => isWithin(resolve(source), path))) return `it reads ${path}`
  }
  return null
}
