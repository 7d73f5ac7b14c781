/**
 * Files to which an application was moved back, and which are followed since then instead of the run's sources. Invariant: a record here was
 * committed together with the rows that made the target equal to the files.
 */
import type { Forward } from '../model/follow.ts'
import type { RunRecord } from '../model/journal.ts'
import type { Connection } from '../target/connection/connection.ts'
import { hasJournalTable } from './schema.ts'

/** Returns the newest first; empty for a run whose application was never moved back and forward again. */
export async function readForwards(connection: Connection, run: string): Promise<readonly Forward[]> {
  if (!(await hasJournalTable(connection, 'forward'))) return []
  const { rows } = await connection.query<Forward>(
    `select number, folder, first_round::float8 as "firstRound", pass, snapshots
       from gpt_migrate.forward
      where run = $1
      order by number desc`,
    [run],
  )
  return rows
}

export async function addForward(
  connection: Connection,
  run: string,
  { number, folder, firstRound, pass, snapshots }: Forward,
): Promise<void> {
  await connection.query(
    `insert into gpt_migrate.forward (run, number, folder, first_round, pass, snapshots) values ($1, $2, $3, $4, $5, $6)`,
    [run, number, folder, firstRound, pass, JSON.stringify(snapshots)],
  )
}

/** Returns the run with its present sources: the files on which the application works now. */
export async function withPresentSources(connection: Connection, record: RunRecord): Promise<RunRecord> {
  const [last] = await readForwards(connection, record.run)
  return last === undefined ? record : { ...record, snapshots: last.snapshots }
}

/** Lets this session write to tables that are followed from an application's files. */
export async function showPass(connection: Connection, pass: string): Promise<void> {
  await connection.query(`select set_config('gpt_migrate.pass', $1, false)`, [pass])
}
