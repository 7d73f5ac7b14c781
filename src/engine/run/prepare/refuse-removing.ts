import { MigrateError } from '../../model/errors.ts'
import type { RunRecord } from '../../model/journal.ts'

/** Throws `run-removing` when a rollback of the run was interrupted: some of its tables are gone. */
export function refuseRemoving({ run, status }: Pick<RunRecord, 'run' | 'status'>): void {
  if (status !== 'removing') return
  throw new MigrateError(
    'target',
    'run-removing',
    `Run ${run} is being rolled back: some of its tables are gone.`,
    {
      hint: `gpt-migrate rollback --run ${run} removes the rest; a new run does so with --start-over and the name of the target database.`,
    },
  )
}
