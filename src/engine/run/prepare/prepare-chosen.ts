/** Prepares the databases that the user chose: a folder for the run, then snapshots, inspection and plan. */

import type { RunContext } from '../../events/run-context.ts'
import { listRuns } from '../../journal/journal.ts'
import type { RunSummary } from '../../model/answers.ts'
import type { RunRecord } from '../../model/journal.ts'
import type { TargetAddress } from '../../target/address/address.ts'
import { connect } from '../../target/connection/connection.ts'
import { openRunFolder } from './open-run-folder.ts'
import { type Prepared, type PrepareRequest, prepare } from './prepare.ts'
import { resumePrepared } from './resume.ts'

type PrepareChosenRequest = Omit<PrepareRequest, 'run' | 'folder'> & {
  readonly workFolder: string
  readonly keepDays: number
}

export async function prepareChosen(request: PrepareChosenRequest, context: RunContext): Promise<Prepared> {
  const { workFolder, keepDays, ...rest } = request
  const runs = rest.address === null ? [] : await runsOf(rest.address)
  const { findings, ...place } = openRunFolder({ workFolder, keepDays, runs })
  return prepare({ ...rest, ...place, findings: [...findings, ...rest.findings] }, context)
}

/** Returns what an unfinished run had prepared. Throws when one of its snapshots is gone or changed. */
export async function prepareResumed(request: { readonly record: RunRecord }): Promise<Prepared> {
  return resumePrepared(request.record, null)
}

/** Returns the target's runs as they are now: a person took time to choose. */
async function runsOf(address: TargetAddress): Promise<readonly RunSummary[]> {
  await using connection = await connect(address)
  return await listRuns(connection)
}
