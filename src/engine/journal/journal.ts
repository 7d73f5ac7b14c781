/**
 * The record of runs and their blocks. Invariant: a block's outcome is written in the transaction of its rows, once; what the
 * journal says is in the target is in the target.
 */
import type { RunSummary } from '../model/answers.ts'
import type { Block, BlockOutcome } from '../model/block.ts'
import { MigrateError } from '../model/errors.ts'
import type {
  ArchiveEntry,
  BlockRecord,
  CreatedObject,
  QuarantineEntry,
  RunRecord,
  RunStatus,
} from '../model/journal.ts'
import type { Connection } from '../target/connection.ts'
import {
  type CreatedTable,
  createdTables,
  refuseForeignJournal,
  revokeTriggers,
  turnRowSecurityOff,
} from '../target/ownership.ts'
import { JOURNAL_DDL, JOURNAL_TABLES, JOURNAL_UPGRADE, JOURNAL_VERSION, OLDEST_JOURNAL } from './ddl.ts'
import { writeArchive, writeQuarantine } from './entries.ts'

/**
 * Whether the target has a journal that this program can read, and may trust: nothing of the journal is read before this. Throws
 * `journal-newer`, `journal-foreign`, `journal-of-another-role` or `journal-not-ordinary` when it can't.
 */
export async function hasJournal(connection: Connection): Promise<boolean> {
  await refuseForeignJournal(connection, 'gpt_migrate', JOURNAL_TABLES)
  const { schema, version } = await connection.queryOne<{ schema: boolean; version: boolean }>(
    `select to_regnamespace('gpt_migrate') is not null as schema, to_regclass('gpt_migrate.version') is not null as version`,
  )
  if (!schema) return false
  const number = version
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
    {
      hint: 'Rename or drop it, or name another database.',
    },
  )
}

/** Creates the journal where there is none, and makes an older one current. In the caller's transaction. */
export async function createJournal(connection: Connection): Promise<void> {
  if (await hasJournal(connection)) {
    const { number } = await connection.queryOne<{ number: number }>('select number from gpt_migrate.version')
    if (number === JOURNAL_VERSION) return
    await connection.execute(JOURNAL_UPGRADE)
  } else {
    await connection.execute(JOURNAL_DDL)
  }
  await revokeTriggers(connection, 'gpt_migrate')
  await turnRowSecurityOff(connection, 'gpt_migrate')
}

/** Removes the journal's tables, and its schema when nothing of others is in it. In the caller's transaction. */
export async function dropJournal(connection: Connection): Promise<void> {
  for (const table of JOURNAL_TABLES) await connection.execute(`drop table if exists gpt_migrate.${table}`)
  const { rows } = await connection.query(
    `select 1 from pg_depend where refclassid = 'pg_namespace'::regclass and refobjid = to_regnamespace('gpt_migrate')`,
  )
  if (rows.length === 0) await connection.execute('drop schema gpt_migrate')
}

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

/** The latest run that can be resumed, or null. */
export async function findUnfinishedRun(connection: Connection): Promise<RunRecord | null> {
  return (await selectRuns(connection, `where status in ('copying', 'indexing', 'verifying')`))[0] ?? null
}

export async function readRun(connection: Connection, run: string): Promise<RunRecord | null> {
  return (await selectRuns(connection, 'where run = $1', [run]))[0] ?? null
}

/** All runs, the latest first. */
export async function listRuns(connection: Connection): Promise<RunSummary[]> {
  const { rows } = await connection.query<RunSummary>(
    `select run, program_version as "programVersion", plan_hash as "planHash", status,
            ${iso('started_at')} as "startedAt", ${iso('finished_at')} as "finishedAt"
       from gpt_migrate.run
      order by started_at desc, run desc`,
  )
  return [...rows]
}

export async function setStatus(connection: Connection, run: string, status: RunStatus): Promise<void> {
  await connection.query('update gpt_migrate.run set status = $2 where run = $1', [run, status])
}

/** Once this returns, the whole run is on the server's disk. */
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

/** Adds to the objects that the run created; belongs into the transaction that creates them. */
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

/** Replaces the plan of a run whose tables were recreated; belongs in the transaction that creates them. */
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

/** Forgets what quarantine and archive hold of the tables, and edits of their rows. */
export async function forgetEntries(
  connection: Connection,
  run: string,
  tableIds: readonly string[],
): Promise<void> {
  for (const table of ['quarantine', 'archive', 'mended'])
    await connection.query(`delete from gpt_migrate.${table} where run = $1 and table_id = any($2::text[])`, [
      run,
      tableIds,
    ])
}

/** The tables that the run created. */
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

/** Writes all blocks of the run as not yet copied, in one statement. To be done once, before the first COPY. */
export async function planBlocks(
  connection: Connection,
  run: string,
  blocks: readonly Block[],
): Promise<void> {
  await connection.query(
    `insert into gpt_migrate.block (run, table_id, number, after_key, through_key, rows_before, rows)
     select $1, b.table_id, b.number, b.after_key::json, b.through_key::json, b.rows_before, b.rows
       from unnest($2::text[], $3::integer[], $4::text[], $5::text[], $6::bigint[], $7::bigint[])
         as b (table_id, number, after_key, through_key, rows_before, rows)`,
    [
      run,
      blocks.map((block) => block.tableId),
      blocks.map((block) => block.number),
      blocks.map(({ range }) => (range.after === null ? null : JSON.stringify(range.after))),
      blocks.map(({ range }) => (range.through === null ? null : JSON.stringify(range.through))),
      blocks.map((block) => block.rowsBefore),
      blocks.map((block) => block.rows),
    ],
  )
}

/**
 * Records a block as copied, with what it left behind. In the transaction of the block's COPY: throws, so that the transaction is
 * rolled back, when the block is recorded already.
 */
export async function recordBlock(
  connection: Connection,
  run: string,
  block: Block,
  outcome: BlockOutcome,
  entries: { readonly quarantine: readonly QuarantineEntry[]; readonly archive: readonly ArchiveEntry[] },
): Promise<void> {
  const { count } = await connection.query(
    `update gpt_migrate.block
        set target_rows = $4, bytes = $5, checksum = $6, sources = $7, columns = $8, done_at = now()
      where run = $1 and table_id = $2 and number = $3 and done_at is null`,
    outcomeParameters(run, block, outcome),
  )
  if (count !== 1) {
    throw new MigrateError(
      'copy',
      'block-already-recorded',
      `Block ${block.number} of ${block.tableId} is recorded already: another run is working on this target.`,
      { hint: 'Stop the other run, then start again.' },
    )
  }
  await signTransaction(connection, run)
  await writeQuarantine(connection, run, entries.quarantine)
  await writeArchive(connection, run, entries.archive)
}

/** $1 to $8 of the statements that set a block's outcome. */
function outcomeParameters(run: string, block: Block, outcome: BlockOutcome): readonly unknown[] {
  return [
    run,
    block.tableId,
    block.number,
    outcome.targetRows,
    outcome.bytes,
    outcome.checksum,
    JSON.stringify(outcome.sources),
    JSON.stringify(outcome.columns),
  ]
}

/** Marks this transaction's rows as the run's own, so that rollback can distinguish them from those of others. */
export async function signTransaction(connection: Connection, run: string): Promise<void> {
  await connection.query('insert into gpt_migrate.writer (run) values ($1)', [run])
}

/** Forgets the signatures of transactions of which no row is left in the tables (quoted names). Reads the tables once. */
export async function pruneSignatures(
  connection: Connection,
  run: string,
  tables: readonly string[],
): Promise<void> {
  const written = tables.map((table) => `select xmin::text as xid from ${table}`).join(' union ')
  await connection.query(
    `with written as materialized (${written})
     delete from gpt_migrate.writer w
      where w.run = $1 and not exists (select from written where written.xid = w.xmin::text)`,
    [run],
  )
}

/** Rows that a filled table held before the run; of a table that Citus keeps, those that it held after it. */
export type EarlierRows = { readonly target: string; readonly rows: string; readonly sum: string }

export async function recordEarlier(
  connection: Connection,
  run: string,
  earlier: readonly EarlierRows[],
): Promise<void> {
  for (const { target, rows, sum } of earlier) {
    await connection.query(
      `insert into gpt_migrate.earlier (run, target, rows, sum) values ($1, $2, $3, $4)
       on conflict (run, target) do update set rows = excluded.rows, sum = excluded.sum`,
      [run, target, rows, sum],
    )
  }
}

export async function readEarlier(connection: Connection, run: string): Promise<readonly EarlierRows[]> {
  const { rows } = await connection.query<EarlierRows>(
    'select target, rows::text as rows, sum from gpt_migrate.earlier where run = $1 order by target collate "C"',
    [run],
  )
  return rows
}

/** Changes the outcome of a block that is recorded; in the transaction of what changed. */
export async function amendBlock(
  connection: Connection,
  run: string,
  block: Block,
  outcome: BlockOutcome,
): Promise<void> {
  await connection.query(
    `update gpt_migrate.block set target_rows = $4, bytes = $5, checksum = $6, sources = $7, columns = $8
      where run = $1 and table_id = $2 and number = $3`,
    outcomeParameters(run, block, outcome),
  )
  await signTransaction(connection, run)
}

/**
 * Takes a block's outcome back, with its quarantine and archive, so that it can be copied again; in the transaction that removes
 * its rows. `tableIds`: the block's own table and its folds.
 */
export async function forgetBlock(
  connection: Connection,
  run: string,
  block: Block,
  tableIds: readonly string[],
): Promise<void> {
  for (const table of ['quarantine', 'archive']) {
    // Children without a parent came with no block of their parent's table.
    const others = table === 'quarantine' ? ` and (code <> 'no-parent' or table_id = $4)` : ''
    await connection.query(
      `delete from gpt_migrate.${table}
        where run = $1 and table_id = any($2::text[]) and block = $3${others}`,
      [run, tableIds, block.number, ...(table === 'quarantine' ? [block.tableId] : [])],
    )
  }
  await connection.query(
    `update gpt_migrate.block
        set target_rows = null, bytes = null, checksum = null, sources = null, columns = null, done_at = null
      where run = $1 and table_id = $2 and number = $3`,
    [run, block.tableId, block.number],
  )
}

/** All blocks of the run, by table and number. */
export async function readBlocks(connection: Connection, run: string): Promise<BlockRecord[]> {
  const { rows } = await connection.query<BlockRow>(
    `select table_id, number, after_key, through_key, rows_before, rows, target_rows, bytes, checksum, sources, columns
       from gpt_migrate.block
      where run = $1
      order by table_id, number`,
    [run],
  )
  return rows.map((row) => ({
    block: {
      tableId: row.table_id,
      number: row.number,
      range: { after: row.after_key, through: row.through_key },
      rowsBefore: Number(row.rows_before),
      rows: Number(row.rows),
    },
    outcome:
      row.checksum === null
        ? null
        : {
            targetRows: Number(row.target_rows),
            bytes: Number(row.bytes),
            checksum: row.checksum,
            sources: row.sources,
            columns: row.columns,
          },
  }))
}

/** Records that statement `number` of those after the load was executed; in that statement's transaction. */
export async function recordStep(connection: Connection, run: string, number: number): Promise<void> {
  await connection.query('insert into gpt_migrate.step (run, number) values ($1, $2)', [run, number])
}

/** The numbers of the statements after the load that were executed. */
export async function readSteps(connection: Connection, run: string): Promise<ReadonlySet<number>> {
  const { rows } = await connection.query<{ number: number }>(
    'select number from gpt_migrate.step where run = $1',
    [run],
  )
  return new Set(rows.map((row) => row.number))
}

/** Ordinals of the rows that the server itself refused, by block (`refusalKey`). */
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

/** Removes every row of the run from the journal. In the transaction that removes what it created. */
export async function removeRun(connection: Connection, run: string): Promise<void> {
  for (const table of await journalTables(connection)) {
    if (table !== 'version') await connection.query(`delete from gpt_migrate.${table} where run = $1`, [run])
  }
}

/** Those that are there: an older journal lacks some. */
async function journalTables(connection: Connection): Promise<readonly string[]> {
  const { rows } = await connection.query<{ name: string }>(
    `select name from unnest($1::text[]) with ordinality as t (name, position)
      where to_regclass('gpt_migrate.' || name) is not null
      order by position`,
    [[...JOURNAL_TABLES]],
  )
  return rows.map(({ name }) => name)
}

type BlockRow = {
  table_id: string
  number: number
  after_key: Block['range']['after']
  through_key: Block['range']['through']
  rows_before: string
  rows: string
  target_rows: string
  bytes: string
  checksum: string | null
  sources: BlockOutcome['sources']
  columns: BlockOutcome['columns']
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
  return rows
}

/** An instant as JavaScript writes it. */
function iso(column: string): string {
  return `to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`
}
