/**
 * What a run leaves in the target, its quarantine and its archive, without what differs from run to run: equal states mean equal outcomes.
 */
import pg from 'pg'
import type { FreshDatabase } from './databases.ts'
import { dumpTarget } from './dump.ts'

export type JournalState = {
  readonly dump: Record<string, string>
  readonly quarantine: readonly unknown[]
  readonly archive: readonly unknown[]
}

export async function stateOf(database: FreshDatabase): Promise<JournalState> {
  const client = new pg.Client({ connectionString: database.url })
  await client.connect()
  try {
    const { rows: quarantine } = await client.query(
      `select table_id, block, ordinal, key::text, cells::text, "column", code, reason from gpt_migrate.quarantine
        order by table_id, ordinal`,
    )
    const { rows: archive } = await client.query(
      `select table_id, block, ordinal, key::text, kind, rows::text, target_row from gpt_migrate.archive
        order by table_id, ordinal`,
    )
    return { dump: await dumpTarget(database.address), quarantine, archive }
  } finally {
    await client.end()
  }
}
