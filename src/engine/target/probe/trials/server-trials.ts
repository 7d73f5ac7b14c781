/** Trials of the server: its version, whether it accepts writes and every text, and how many sessions it opens. */

import { quoteIdentifier } from '../../../syntax/postgres-names.ts'
import type { Connection } from '../../connection/connection.ts'
import { isStandby } from '../../guards/standby.ts'
import { fallback, full, type Given, type Outcome, refused, type TrialSpec } from './trial-spec.ts'

export const serverTrials: readonly TrialSpec[] = [
  {
    name: 'server-version',
    tried: 'version',
    attempt: async ({ version }) => full(`PostgreSQL ${version}.`),
  },
  {
    name: 'writes',
    tried: 'whether it takes writes',
    attempt: async (connection, { takesWrites, database }) => {
      if (takesWrites) return full('The server takes writes.')
      return refused(
        'read-only-server',
        (await isStandby(connection))
          ? 'The server takes no writes: it is a standby.'
          : `The server takes no writes into "${database}".`,
        'Connect to the primary and not to a standby.',
      )
    },
  },
  {
    name: 'encoding',
    tried: 'encoding of the database',
    attempt: async (connection, { database }) => {
      const { encoding } = await connection.queryOne<{ encoding: string }>(
        `select current_setting('server_encoding') as encoding`,
      )
      // Only UTF8 can store every text and name that SQLite can (manual section 24.3).
      return encoding === 'UTF8'
        ? full('UTF8 holds every text.')
        : refused(
            'encoding-not-utf8',
            `The database "${database}" is in ${encoding}, which cannot hold every text.`,
            `Create one with: create database … encoding 'UTF8' template template0`,
          )
    },
  },
  { name: 'sessions', tried: 'limits of sessions', attempt: trySessions },
  { name: 'session-settings', tried: 'settings of the role and the database', attempt: trySettings },
]

/** A run needs one session and two for each worker; a pooler may allow fewer, which the run counts when it starts. */
async function trySessions(connection: Connection, { jobs, database }: Given): Promise<Outcome> {
  const wanted = 1 + 2 * jobs
  const limits = await connection.queryOne<{
    user: string
    of_role: number
    of_database: number
    of_server: number
  }>(
    `select r.rolname::text as user, r.rolconnlimit as of_role, d.datconnlimit as of_database,
            current_setting('max_connections')::int
              - case when r.rolsuper then 0 else current_setting('superuser_reserved_connections')::int end as of_server
       from pg_roles r, pg_database d
      where r.rolname = session_user and d.datname = current_database()`,
  )
  const [limit, whose, help] = (
    [
      [
        limits.of_role,
        `the role "${limits.user}"`,
        `alter role ${quoteIdentifier(limits.user)} connection limit ${wanted};`,
      ],
      [
        limits.of_database,
        'the database',
        `alter database ${quoteIdentifier(database)} connection limit ${wanted};`,
      ],
      [limits.of_server, 'the server', 'max_connections in postgresql.conf.'],
    ] as const
  )
    .filter(([most]) => most >= 0)
    .toSorted(([one], [other]) => one - other)[0] ?? [wanted, '', '']
  if (limit >= wanted)
    return full(`${wanted} sessions for ${jobs} ${jobs === 1 ? 'worker' : 'workers'} are allowed.`)
  if (limit < 2)
    return refused(
      'too-few-sessions',
      `${limit} session at a time is allowed to ${whose}; a run needs two.`,
      help,
    )
  const left = Math.max(1, Math.floor((limit - 1) / 2))
  return fallback(
    `${limit} sessions at a time are allowed to ${whose}, where ${wanted} are wanted: fewer workers copy (--jobs ${left}).`,
    `More sessions: ${help}`,
  )
}

/** Our sessions override most settings of a role, but not those that need a superuser. */
async function trySettings(connection: Connection): Promise<Outcome> {
  const { replication } = await connection.queryOne<{ replication: string }>(
    `select current_setting('session_replication_role') as replication`,
  )
  if (replication === 'origin') return full('Our sessions have settings of their own, and leave none behind.')
  return fallback(
    `session_replication_role is ${replication}: the triggers and foreign keys of tables that are filled do not act on what the run writes.`,
    'Unless that is wanted, take the setting away from the role, the database or the address.',
  )
}
