/** The record of runs, and of the steps after the load. Invariant: what the journal records as being in the target is there. */
import type { RunSummary } from '../model/answers.ts'
import type { CreatedObject, RunRecord, RunStatus } from '../model/journal.ts'
import { quoteLiteral } from '../syntax/postgres-names.ts'
import type { Connection } from '../target/connection/connection.ts'
import { TargetError } from '../target/connection/pg-errors.ts'
import { type CreatedTable, createdTables } from '../target/guards/created-tables.ts'
import { JOURNAL_TABLES } from './ddl.ts'
import { hasJournal } from './schema.ts'

export async function beginRun(connection: Connection, record: RunRecord): Promise<void> {
  await connection.query(
    `insert into gpt_migrate.run
       (run, format_version, program_version, plan_hash, plan, catalogs, snapshots, created, status, started_at, finished_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
    [
      record.run,
      record.formatVersion,
      record.programVersion,
      record.planHash,
      JSON.stringify(record.plan),
      JSON.stringify(record.catalogs),
      JSON.stringify(record.snapshots),
      JSON.stringify(record.created),
      record.status,
      record.startedAt,
      record.finishedAt,
    ],
  )
}

/** Returns the latest run that can be resumed or whose rollback can, or null. Throws the errors of `hasJournal`. */
export async function findUnfinishedRun(connection: Connection): Promise<RunRecord | null> {
  if (!(await hasJournal(connection))) return null
  return (await selectRuns(connection, `where status not in ('finished', 'failed')`))[0] ?? null
}

export async function readRun(connection: Connection, run: string): Promise<RunRecord | null> {
  return (await selectRuns(connection, 'where run = $1', [run]))[0] ?? null
}

/** Returns all runs, latest first; empty without a journal. Throws the errors of `hasJournal`. */
export async function listRuns(connection: Connection): Promise<readonly RunSummary[]> {
  if (!(await hasJournal(connection))) return []
  const { rows } = await connection.query<RunSummary>(
    `select run, program_version as "programVersion", plan_hash as "planHash", status,
            ${iso('started_at')} as "startedAt", ${iso('finished_at')} as "finishedAt"
       from gpt_migrate.run
      order by started_at desc, run desc`,
  )
  return rows
}

export async function setStatus(connection: Connection, run: string, status: RunStatus): Promise<void> {
  await connection.query('update gpt_migrate.run set status = $2 where run = $1', [run, status])
}

/** When this returns, the whole run is flushed to the server's disk. */
export async function finishRun(
  connection: Connection,
  run: string,
  status: 'finished' | 'failed',
  finishedAt: string,
): Promise<void> {
  await connection.commitDurably(() =>
    connection.query('update gpt_migrate.run set status = $2, finished_at = $3 where run = $1', [
      run,
      status,
      finishedAt,
    ]),
  )
}

/** Adds to the objects that the run created, in the transaction that creates them. */
export async function recordCreated(
  connection: Connection,
  run: string,
  objects: readonly CreatedObject[],
): Promise<void> {
  await connection.query(
    `update gpt_migrate.run set created = (created::jsonb || $2::jsonb)::json where run = $1`,
    [run, JSON.stringify(objects)],
  )
}

/** Records what a rollback has left of what the run created, in the transaction that removes the rest. */
export async function recordRemoving(
  connection: Connection,
  run: string,
  left: readonly CreatedObject[],
): Promise<void> {
  await connection.query(`update gpt_migrate.run set status = 'removing', created = $2 where run = $1`, [
    run,
    JSON.stringify(left),
  ])
}

/** Replaces the plan of a run whose tables were recreated, in the transaction that creates them. */
export async function replacePlan(
  connection: Connection,
  run: string,
  { plan, planHash, catalogs }: Pick<RunRecord, 'plan' | 'planHash' | 'catalogs'>,
  made: readonly CreatedObject[],
): Promise<void> {
  const { created } = (await readRun(connection, run))!
  const isMade = ({ kind, schema, name }: CreatedObject): boolean =>
    made.some((one) => one.kind === kind && one.schema === schema && one.name === name)
  await connection.query(
    'update gpt_migrate.run set plan = $2, catalogs = $3, created = $4, plan_hash = $5 where run = $1',
    [
      run,
      JSON.stringify(plan),
      JSON.stringify(catalogs),
      JSON.stringify([...created.filter((one) => !isMade(one)), ...made]),
      planHash,
    ],
  )
}

/** Removes the journal's entries of the tables: by default those in quarantine and archive, and edits of their rows. */
export async function forgetEntries(
  connection: Connection,
  run: string,
  tableIds: readonly string[],
  kinds: readonly ('quarantine' | 'archive' | 'mended')[] = ['quarantine', 'archive', 'mended'],
): Promise<void> {
  for (const table of kinds)
    await connection.query(`delete from gpt_migrate.${table} where run = $1 and table_id = any($2::text[])`, [
      run,
      tableIds,
    ])
}

export async function readCreatedTables(
  connection: Connection,
  run: string,
): Promise<readonly CreatedTable[]> {
  const { rows } = await connection.query<{ created: readonly CreatedObject[] }>(
    'select created from gpt_migrate.run where run = $1',
    [run],
  )
  return createdTables(rows[0]?.created ?? [])
}

/** Records that statement `number` after the load was executed, in that statement's transaction. */
export async function recordStep(connection: Connection, run: string, number: number): Promise<void> {
  await connection.execute(recordingSteps(run, [number]))
}

export function recordingSteps(run: string, numbers: readonly number[]): string {
  const rows = numbers.map((number) => `(${quoteLiteral(run)}, ${number})`)
  return `insert into gpt_migrate.step (run, number) values ${rows.join(', ')}`
}

/** Returns the numbers of the executed statements after the load. */
export async function readSteps(connection: Connection, run: string): Promise<ReadonlySet<number>> {
  const { rows } = await connection.query<{ number: number }>(
    'select number from gpt_migrate.step where run = $1',
    [run],
  )
  return new Set(rows.map((row) => row.number))
}

/** Returns the ordinals of rows that the server itself refused, by block (`refusalKey`). */
export async function readServerRefusals(
  connection: Connection,
  run: string,
): Promise<Map<string, number[]>> {
  const { rows } = await connection.query<{ table_id: string; block: number; ordinals: string[] }>(
    `select table_id, block, array_agg(ordinal) as ordinals
       from gpt_migrate.quarantine
      where run = $1 and code = 'refused-by-server'
      group by table_id, block`,
    [run],
  )
  return new Map(rows.map((row) => [refusalKey(row.table_id, row.block), row.ordinals.map(Number)]))
}

export const refusalKey = (tableId: string, block: number): string => `${block} ${tableId}`

/** Removes all rows of the run from the journal, in the transaction that removes what the run created. */
export async function removeRun(connection: Connection, run: string): Promise<void> {
  for (const table of await journalTables(connection)) {
    if (table !== 'version') await connection.query(`delete from gpt_migrate.${table} where run = $1`, [run])
  }
}

/** Returns the journal's tables that exist: an older journal lacks some. */
async function journalTables(connection: Connection): Promise<readonly string[]> {
  const { rows } = await connection.query<{ name: string }>(
    `select name from unnest($1::text[]) with ordinality as t (name, position)
      where to_regclass('gpt_migrate.' || name) is not null
      order by position`,
    [[...JOURNAL_TABLES]],
  )
  return rows.map(({ name }) => name)
}

async function selectRuns(
  connection: Connection,
  where: string,
  values: readonly unknown[] = [],
): Promise<readonly RunRecord[]> {
  const { rows } = await connection.query<RunRecord>(
    `select run, format_version as "formatVersion", program_version as "programVersion", plan_hash as "planHash",
            plan, catalogs, snapshots, created, status,
            ${iso('started_at')} as "startedAt", ${iso('finished_at')} as "finishedAt"
       from gpt_migrate.run
      ${where}
      order by started_at desc, run desc
      limit 1`,
    values,
  )
  const damaged = rows.find((record) => !hasAllParts(record))
  if (damaged === undefined) return rows
  throw new TargetError(
    'journal-damaged',
    `What the journal holds of run ${damaged.run} (gpt_migrate.run) is not what a run writes there: it was changed since.`,
    { hint: 'Bring that row back from a backup of the database; without it nothing is known of the run.' },
  )
}

/** Whether the record has the parts that are read of it; it may have been edited by hand. */
function hasAllParts({ plan, catalogs, snapshots, created }: RunRecord): boolean {
  const lists = [plan?.tables, plan?.schema?.tables, catalogs, snapshots, created]
  return lists.every(Array.isArray)
}

/** Returns SQL that prints a timestamptz as an ISO 8601 instant, as JavaScript does. */
export function iso(column: string): string {
  return `to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`
}
