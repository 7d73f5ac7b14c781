/** The schema `gpt_migrate`. Invariant: nothing is read from it before it is known to be ours. */
import { MigrateError } from '../model/errors.ts'
import type { Connection } from '../target/connection/connection.ts'
import { refuseForeignEventTriggers } from '../target/guards/foreign-names.ts'
import {
  refuseForeignJournal,
  revokeWriting,
  turnRowSecurityOff,
} from '../target/guards/journal-ownership.ts'
import {
  CAPTURE_TABLES,
  JOURNAL_DDL,
  JOURNAL_TABLES,
  JOURNAL_UPGRADE,
  JOURNAL_VERSION,
  OLDEST_JOURNAL,
} from './ddl.ts'

/**
 * Whether the target has a journal that this program can read and trust. Call before reading anything else of the journal. Throws
 * `journal-newer`, `journal-foreign`, `journal-of-another-role` or `journal-not-ordinary`.
 */
export async function hasJournal(connection: Connection): Promise<boolean> {
  await refuseForeignEventTriggers(connection)
  const { schema } = await connection.queryOne<{ schema: boolean }>(
    `select to_regnamespace('gpt_migrate') is not null as schema`,
  )
  if (!schema) return false
  await refuseForeignJournal(connection, 'gpt_migrate', [...JOURNAL_TABLES, ...CAPTURE_TABLES])
  const number = (await hasJournalTable(connection, 'version'))
    ? (await connection.query<{ number: number }>('select number from gpt_migrate.version')).rows[0]?.number
    : undefined
  if (number !== undefined && number >= OLDEST_JOURNAL && number <= JOURNAL_VERSION) return true
  if (number !== undefined && number > JOURNAL_VERSION) {
    throw new MigrateError(
      'target',
      'journal-newer',
      `The journal in schema gpt_migrate was written by a newer gpt-migrate (its version is ${number}).`,
      { hint: 'Use that version: npx gpt-migrate@latest.' },
    )
  }
  throw new MigrateError(
    'target',
    'journal-foreign',
    'The target has a schema gpt_migrate that is no journal of ours.',
    { hint: 'Rename or drop it, or name another database.' },
  )
}

/** Whether the journal has the table: older journals lack some, and those of change capture exist only at times. */
export async function hasJournalTable(connection: Connection, name: string): Promise<boolean> {
  const { isThere } = await connection.queryOne<{ isThere: boolean }>(
    `select to_regclass('gpt_migrate.' || $1) is not null as "isThere"`,
    [name],
  )
  return isThere
}

/** Creates the journal, or upgrades an older one. In the caller's transaction. */
export async function createJournal(connection: Connection): Promise<void> {
  if (await hasJournal(connection)) {
    const { number } = await connection.queryOne<{ number: number }>('select number from gpt_migrate.version')
    if (number === JOURNAL_VERSION) return
    await connection.execute(JOURNAL_UPGRADE)
  } else {
    await connection.execute(JOURNAL_DDL)
  }
  await restrictToOwner(connection)
}

/** Call after creating tables of the journal: default privileges or an event trigger may have granted rights or enabled row security. */
export async function restrictToOwner(connection: Connection): Promise<void> {
  await revokeWriting(connection, 'gpt_migrate')
  await turnRowSecurityOff(connection, 'gpt_migrate')
}

/** Drops the journal's tables, and its schema unless it contains other objects. In the caller's transaction. */
export async function dropJournal(connection: Connection): Promise<void> {
  for (const table of JOURNAL_TABLES) await connection.execute(`drop table if exists gpt_migrate.${table}`)
  const { rows } = await connection.query(
    `select 1 from pg_depend where refclassid = 'pg_namespace'::regclass and refobjid = to_regnamespace('gpt_migrate')`,
  )
  if (rows.length === 0) await connection.execute('drop schema gpt_migrate')
}
