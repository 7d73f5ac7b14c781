/** Settles a cut-over that was interrupted after its command had been started: a person says which side the application uses. */

import { readFollow } from '../journal/follow.ts'
import type { SettledCutOver } from '../model/answers.ts'
import { MigrateError } from '../model/errors.ts'
import { reopenFollowing } from './follow.ts'
import { addForeignKeys, dropForeignKeys, validateForeignKeys } from './foreign-keys.ts'
import { chosenRun, type LaterRequest, onTarget } from './past-runs.ts'

export async function settleCutOver(
  request: LaterRequest & { readonly keep: 'sqlite' | 'postgres' },
): Promise<SettledCutOver> {
  return onTarget(request.target, async (connection) => {
    const record = await chosenRun(connection, request.run)
    const { run, plan } = record
    const known = await readFollow(connection, run)
    if (known === null || known.state !== 'switching') {
      throw new MigrateError(
        'copy',
        'nothing-to-settle',
        `Run ${run} is ${known?.state ?? 'not followed'}: there is no interrupted cut-over to settle.`,
        { hint: 'gpt-migrate status shows its state.' },
      )
    }
    if (request.keep === 'sqlite') {
      await reopenFollowing(connection, record)
      return { run, state: 'following' }
    }
    await connection.transaction(async () => {
      await dropForeignKeys(connection, plan)
      await addForeignKeys(connection, plan)
      await connection.query(
        `update gpt_migrate.follow set state = 'cut-over', epoch = epoch + 1 where run = $1`,
        [run],
      )
    })
    await validateForeignKeys(connection, plan)
    return { run, state: 'cut-over' }
  })
}
