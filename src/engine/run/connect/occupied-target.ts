/** Refuses a target that already has relations or types with the names that a run creates. Invariant: the target is only read. */
import { isDeepStrictEqual } from 'node:util'
import { listRuns, readRun } from '../../journal/journal.ts'
import type { RunSummary } from '../../model/answers.ts'
import { MigrateError } from '../../model/errors.ts'
import type { Plan } from '../../model/plan.ts'
import type { TargetProbe } from '../../model/target-probe.ts'
import {
  occupiedMessage,
  TARGET_NOT_EMPTY,
  takenNames,
  takenText,
  waysOut,
} from '../../plan/checks/occupied.ts'
import { mappingName } from '../../plan-files/choose-mapping.ts'
import type { Connection } from '../../target/connection/connection.ts'
import { readOtherNames, readTableNames } from '../../target/tables/other-names.ts'
import { readsSources } from '../prepare/reads-sources.ts'
import type { RunRequest } from '../prepare/run-request.ts'

/**
 * Refuses to repeat the last run with the same request before anything is copied or inspected. Throws `target-not-empty`. A request that
 * differs from the last run's is not judged here: `refuseOccupied` checks its plan.
 */
export async function refuseRepeated(
  connection: Connection,
  request: RunRequest,
  { existing }: TargetProbe,
): Promise<void> {
  const { options, mapping, planFile = null, trustsMapping = false } = request
  const [last] = await listRuns(connection)
  if (last === undefined || planFile !== null) return
  const { plan, snapshots } = (await readRun(connection, last.run))!
  const name = mappingName(mapping, trustsMapping)
  const isRepeated =
    (name === null || name === plan.mapping) &&
    isDeepStrictEqual(options, plan.options) &&
    readsSources(request.sources, snapshots)
  if (!isRepeated) return
  const there = new Set(existing.map(({ schema, table }) => `${schema}.${table}`))
  const created = plan.schema.tables.filter((table) => !table.existing)
  const names = created.map(({ schema, table }) => `${schema}.${table}`).filter((table) => there.has(table))
  if (names.length > 0) throw occupied(names, last)
}

/** Throws `target-not-empty` or `name-taken` when the target already has a name that the plan would create. */
export async function refuseOccupied(connection: Connection, { schema }: Plan): Promise<void> {
  const names = { existing: await readTableNames(connection), otherNames: await readOtherNames(connection) }
  const taken = takenNames(schema, names)
  if (taken.length === 0) return
  if (taken.every(({ kind }) => kind === 'type')) {
    const message = `The target has ${taken.length === 1 ? 'the type' : 'the types'} ${taken.map(({ name }) => name).join(', ')}: a table of that name would need the name for a type of its own.`
    throw new MigrateError('target', 'name-taken', message, {
      hint: 'To create the tables elsewhere: --schema NAME. To leave one out: --exclude TABLE.',
    })
  }
  const [last] = await listRuns(connection)
  throw occupied(taken.map(takenText), last)
}

/** Returns the error; its hint names the last run when that run has finished. */
function occupied(names: readonly string[], last: RunSummary | undefined): MigrateError {
  const done =
    last?.finishedAt == null
      ? ''
      : `Run ${last.run} ${last.status} here at ${last.finishedAt}: gpt-migrate verify compares it with its sources, and gpt-migrate rollback removes it. `
  return new MigrateError('target', TARGET_NOT_EMPTY, occupiedMessage(names), { hint: `${done}${waysOut}` })
}
