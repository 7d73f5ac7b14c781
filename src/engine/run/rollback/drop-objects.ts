/** Drops objects of a run. Invariant: never with `cascade`, so that what others made stays. */

import { MigrateError } from '../../model/errors.ts'
import type { CreatedObject } from '../../model/journal.ts'
import type { TableName } from '../../model/target-schema.ts'
import type { Connection } from '../../target/connection/connection.ts'
import { TargetError } from '../../target/connection/pg-errors.ts'
import { refusalOf } from '../../target/connection/savepoint.ts'

export function toTable(object: CreatedObject): TableName {
  return { schema: object.schema ?? '', table: object.name }
}

const DEPENDENT_OBJECTS_STILL_EXIST = '2BP01'

/** Throws `others-depend` when objects of others depend on what `sql` drops. */
export async function dropOrRefuse(connection: Connection, sql: string): Promise<void> {
  try {
    await connection.execute(sql)
  } catch (error) {
    if (!hasDependents(error)) throw error
    throw othersDependOn(oneLine(error.detail), error)
  }
}

export function othersDependOn(what: string, cause?: unknown): MigrateError {
  return new MigrateError(
    'target',
    'others-depend',
    `Objects that the run did not create depend on what it created: ${what}.`,
    {
      hint: 'Drop or change them first; rollback never removes what the run did not create.',
      ...(cause === undefined ? {} : { cause }),
    },
  )
}

/** Returns null when the object was dropped, else the reason why not. */
export async function dropOrKeep(connection: Connection, sql: string): Promise<string | null> {
  const refusal = await refusalOf(connection, hasDependents, () => connection.execute(sql))
  return refusal === null ? null : oneLine(refusal.detail)
}

const hasDependents = (error: unknown): error is TargetError =>
  error instanceof TargetError && error.sqlstate === DEPENDENT_OBJECTS_STILL_EXIST

function oneLine(detail: string | null): string {
  return (detail ?? 'others use it').trim().split('\n').join('; ')
}
