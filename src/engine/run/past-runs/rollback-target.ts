/** Takes a run of a target back, or tells what that would remove. */

import type { RollbackPreview, RolledBack } from '../../model/answers.ts'
import { MigrateError } from '../../model/errors.ts'
import type { TargetAddress } from '../../target/address/address.ts'
import { type LaterRequest, onTarget, removableRun } from '../connect/choose-run.ts'
import { refuseSwitched } from '../following/refuse-switched.ts'
import { previewRollback, rollBackRun } from '../rollback/rollback.ts'

export async function rollBackTarget(
  request: LaterRequest & { readonly force: string | null },
): Promise<RolledBack & { readonly run: string }> {
  return onTarget(request.target, async (connection, address) => {
    refuseOtherName(request.force, address)
    const { run } = await removableRun(connection, request.run)
    await refuseSwitched(connection, run, 'rollback')
    return { run, ...(await rollBackRun(connection, run, { force: request.force !== null })) }
  })
}

/** Returns what `rollBackTarget` would remove, or throws its errors. Changes nothing. */
export async function previewRollbackOfTarget(
  request: LaterRequest & { readonly force: string | null },
): Promise<RollbackPreview & { readonly database: string }> {
  return onTarget(request.target, async (connection, address) => {
    refuseOtherName(request.force, address)
    const { run } = await removableRun(connection, request.run)
    await refuseSwitched(connection, run, 'rollback')
    return { database: address.database, ...(await previewRollback(connection, run)) }
  })
}

/** Throws `force-name-differs`: the name of another database is no confirmation. */
function refuseOtherName(force: string | null, { database }: TargetAddress): void {
  if (force === null || force === database) return
  throw new MigrateError(
    'usage',
    'force-name-differs',
    `--force names "${force}", but the target is "${database}".`,
    { hint: 'Type the name of the database whose changed rows may be lost.' },
  )
}
