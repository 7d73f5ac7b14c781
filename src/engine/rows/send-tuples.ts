/** Sends rows from memory to the server by COPY. */
import type { CopyPlan } from '../model/plan.ts'
import { quoteIdentifier, quoteTable } from '../syntax/postgres-names.ts'
import type { Connection } from '../target/connection/connection.ts'
import { TargetError } from '../target/connection/pg-errors.ts'
import { COPY_HEADER, COPY_TRAILER } from '../target/copy/copy-binary.ts'
import { copyIn } from '../target/copy/copy-in.ts'

/** A row as it is sent, with the ordinal of its source row or of one row of its group. */
export type Tuple = { readonly ordinal: number; readonly bytes: Buffer }

const ROWS_AT_ONCE = 1000

/** `into`: another table with the same columns, quoted. */
export function copyStatement(copy: CopyPlan, into = quoteTable(copy.target)): string {
  const columns = copy.columns.map((column) => quoteIdentifier(column.target)).join(', ')
  return `copy ${into} (${columns}) from stdin (format binary)`
}

/** Throws a row refusal when a trigger of the table skips a row. */
export async function sendTuples(
  connection: Connection,
  statement: string,
  tuples: readonly Tuple[],
): Promise<void> {
  const stream = copyIn(connection, statement)
  await stream.write(COPY_HEADER)
  for (let at = 0; at < tuples.length; at += ROWS_AT_ONCE) {
    await stream.write(Buffer.concat(tuples.slice(at, at + ROWS_AT_ONCE).map(({ bytes }) => bytes)))
  }
  await stream.write(COPY_TRAILER)
  if ((await stream.finish()) < tuples.length) throw leftOut()
}

/** A `before` trigger returned no row, which only shows in the server's count of rows. */
export function leftOut(): TargetError {
  return new TargetError('row-left-out', 'A trigger of the table left the row out.', { sqlstate: '23000' })
}
