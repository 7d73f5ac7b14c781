/** The captured changes that the transaction's snapshot shows. */
import type { TableName } from '../model/target-schema.ts'
import type { Connection } from '../target/connection/connection.ts'
import { type ChangeCapture, withChangeCapture } from './change-capture.ts'

type NotedChanges = { readonly capture: number; readonly entries: number; readonly whole: boolean }

/** Returns the number of captured changes by table. */
export async function countChanges(connection: Connection): Promise<readonly NotedChanges[]> {
  const { rows } = await connection.query<NotedChanges>(
    `select capture, count(*)::float8 as entries, bool_or(key is null) as whole
       from gpt_migrate.changed
      group by capture
      order by capture`,
  )
  return rows
}

/** Returns the changes by table name, with the keys of the first `most` rows. Rows without a key count as one. */
export async function nameChanges(
  connection: Connection,
  most: number,
): Promise<readonly (TableName & { readonly rows: number; readonly keys: readonly string[] })[]> {
  const { rows } = await connection.query<TableName & { rows: number; keys: readonly string[] }>(
    `select c.schema, c."table", count(*)::float8 as rows,
            array(select jsonb_array_elements_text(k.key)
                    from (select distinct key from gpt_migrate.changed
                           where capture = c.number and key is not null order by key limit $1) k) as keys
       from (select distinct capture, key from gpt_migrate.changed) d
       join gpt_migrate.capture c on c.number = d.capture
      group by c.number, c.schema, c."table"
      order by c.number`,
    [most],
  )
  return rows
}

/** Removes the changes that the transaction's snapshot shows; those that commit meanwhile stay. */
export async function forgetChanges(connection: Connection): Promise<void> {
  await connection.execute('delete from gpt_migrate.changed')
}

export type PendingChanges = {
  readonly changes: number
  readonly tables: readonly { readonly target: string; readonly changes: number }[]
}

/** Returns the captured changes that were not brought back. While the barrier is up these got past it, when its triggers were disabled. */
export async function countPending(connection: Connection): Promise<PendingChanges> {
  const { rows } = await connection.query<{ target: string; changes: number }>(
    `select quote_ident(t.schema) || '.' || quote_ident(t."table") as target, count(*)::float8 as changes
       from gpt_migrate.changed c
       join gpt_migrate.capture t on t.number = c.capture
      group by 1
      order by 1`,
  )
  return { changes: rows.reduce((sum, { changes }) => sum + changes, 0), tables: rows }
}

/** Returns the capture with its changes that were not brought back; null without a capture. Outside a transaction. */
export function readPending(
  connection: Connection,
): Promise<(PendingChanges & { readonly capture: ChangeCapture }) | null> {
  return withChangeCapture(connection, async (capture) => ({ ...(await countPending(connection)), capture }))
}
