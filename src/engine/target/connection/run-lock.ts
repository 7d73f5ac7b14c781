/**
 * Allows one run at a time on a target, by a session-level advisory lock, which the server releases however the connection ends (manual
 * section 13.3.5). Invariant: the lock is held as long as the connection that took it.
 */
import { setTimeout } from 'node:timers/promises'
import { MigrateError } from '../../model/errors.ts'
import type { Connection } from './connection.ts'

/** 'GPTM' and 'RUN1' as numbers; advisory locks are local to a database. */
const LOCK = [0x4750544d, 0x52554e31] as const

/** The server may take a moment to notice that a killed run's connection is gone. */
const PATIENCE_MS = 5_000
const BETWEEN_TRIES_MS = 20

/** Takes the lock, or throws `another-run` with its holder. */
export async function lockTarget(
  connection: Connection,
  { patienceMs = PATIENCE_MS }: { readonly patienceMs?: number } = {},
): Promise<void> {
  const deadline = performance.now() + patienceMs
  for (;;) {
    const { taken } = await connection.queryOne<{ taken: boolean }>(
      'select pg_try_advisory_lock($1, $2) as taken',
      LOCK,
    )
    if (taken) return
    if (performance.now() >= deadline) break
    await setTimeout(BETWEEN_TRIES_MS)
  }
  const { rows } = await connection.query<{ pid: number; started: string | null; client: string | null }>(
    `select l.pid, to_char(a.backend_start at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS') as started,
            host(a.client_addr) as client
       from pg_locks l
       left join pg_stat_activity a on a.pid = l.pid
      where l.locktype = 'advisory' and l.granted and l.objsubid = 2
        and l.classid = $1::bigint::oid and l.objid = $2::bigint::oid
        and l.database = (select oid from pg_database where datname = current_database())`,
    LOCK,
  )
  const holder = rows[0]
  const who = holder === undefined ? '' : `: server process ${holder.pid}`
  const since = holder?.started ? `, since ${holder.started} UTC` : ''
  const from = holder?.client ? `, from ${holder.client}` : ''
  throw new MigrateError(
    'target',
    'another-run',
    `Another run of gpt-migrate is working on this database${who}${since}${from}.`,
    {
      hint: 'Wait for it, or stop it there; a run whose machine has died is let go by the server in a few minutes.',
    },
  )
}

/** Releases the lock before the connection ends. */
export async function unlockTarget(connection: Connection): Promise<void> {
  await connection.query('select pg_advisory_unlock($1, $2)', LOCK)
}
