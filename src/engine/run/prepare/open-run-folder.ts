/** Creates the folder of a new run. Invariant: its name differs from that of every run which the work folder or the target knows. */
import type { RunSummary } from '../../model/answers.ts'
import type { Finding } from '../../model/finding.ts'
import { warnOfPermissions } from '../../own-files/ours.ts'
import { createRunFolder, pruneRuns } from '../../source/files/work-folder.ts'

/**
 * Removes the folders of old runs first. `runs`: the target's, which may come from other work folders. `findings`: warnings about the
 * folder's permissions.
 */
export function openRunFolder({
  workFolder,
  keepDays,
  runs,
}: {
  readonly workFolder: string
  readonly keepDays: number
  readonly runs: readonly Pick<RunSummary, 'run'>[]
}): { readonly run: string; readonly folder: string; readonly findings: readonly Finding[] } {
  pruneRuns(workFolder, keepDays)
  const permissions = warnOfPermissions(workFolder)
  const taken = new Set(runs.map(({ run }) => run))
  return { ...createRunFolder(workFolder, { taken }), findings: permissions === null ? [] : [permissions] }
}
