/** Creates the folder of a new run. Invariant: its name differs from that of every run which the work folder or the target knows. */
import { listRuns } from '../../journal/journal.ts'
import type { Finding } from '../../model/finding.ts'
import { warnOfPermissions } from '../../own-files/ours.ts'
import { createRunFolder, pruneRuns } from '../../source/files/work-folder.ts'
import type { TargetAddress } from '../../target/address/address.ts'
import { connect } from '../../target/connection/connection.ts'

/** Removes the folders of old runs first. `findings`: warnings about the folder's permissions. */
export async function openRunFolder({
  workFolder,
  keepDays,
  address,
}: {
  readonly workFolder: string
  readonly keepDays: number
  readonly address: TargetAddress | null
}): Promise<{ readonly run: string; readonly folder: string; readonly findings: readonly Finding[] }> {
  pruneRuns(workFolder, keepDays)
  const permissions = warnOfPermissions(workFolder)
  const taken = address === null ? new Set<string>() : await runsOf(address)
  return { ...createRunFolder(workFolder, { taken }), findings: permissions === null ? [] : [permissions] }
}

/** Returns the target's runs, which may come from other work folders. */
async function runsOf(address: TargetAddress): Promise<ReadonlySet<string>> {
  await using connection = await connect(address)
  const runs = await listRuns(connection)
  return new Set(runs.map(({ run }) => run))
}
