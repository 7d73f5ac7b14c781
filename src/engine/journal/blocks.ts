/** Blocks and their outcomes. Invariant: a block's outcome is written once, in the transaction of its rows. */
import type { Block, BlockOutcome } from '../model/block.ts'
import { MigrateError } from '../model/errors.ts'
import type { ArchiveEntry, BlockRecord, QuarantineEntry } from '../model/journal.ts'
import type { Connection } from '../target/connection/connection.ts'
import { writeArchive, writeQuarantine } from './entries.ts'
import { signTransaction } from './row-owners.ts'

/** From this many blocks on, the server has to know how many there are, or it reads all of them to record a few. */
const MANY_BLOCKS = 1_000

/** Writes all blocks of the run as not yet copied, in one statement. Call once, before the first COPY. */
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
  if (blocks.length >= MANY_BLOCKS) await connection.execute('analyze gpt_migrate.block')
}

type Entries = {
  readonly quarantine: readonly QuarantineEntry[]
  readonly archive: readonly ArchiveEntry[]
}

/** A copied block with its entries in quarantine and archive. */
export type RecordedBlock = {
  readonly block: Block
  readonly outcome: BlockOutcome
  readonly entries: Entries
}

/**
 * Records a block as copied, with its entries in quarantine and archive, in the transaction of the block's COPY. Throws
 * `block-already-recorded`, which rolls the transaction back, when the block is already recorded.
 */
export function recordBlock(
  connection: Connection,
  run: string,
  block: Block,
  outcome: BlockOutcome,
  entries: Entries,
): Promise<void> {
  return recordBlocks(connection, run, [{ block, outcome, entries }])
}

/** As `recordBlock`, for blocks that are copied in one transaction. */
export async function recordBlocks(
  connection: Connection,
  run: string,
  recorded: readonly RecordedBlock[],
): Promise<void> {
  const { rows } = await connection.queryPrepared<{ table_id: string; number: number }>(
    `update gpt_migrate.block b
        set target_rows = c.target_rows, bytes = c.bytes, checksum = c.checksum, sources = c.sources::json,
            columns = c.columns::json, done_at = now()
       from unnest($2::text[], $3::integer[], $4::bigint[], $5::bigint[], $6::text[], $7::text[], $8::text[])
         as c (table_id, number, target_rows, bytes, checksum, sources, columns)
      where b.run = $1 and b.table_id = c.table_id and b.number = c.number and b.done_at is null
      returning b.table_id, b.number`,
    [
      run,
      recorded.map(({ block }) => block.tableId),
      recorded.map(({ block }) => block.number),
      recorded.map(({ outcome }) => outcome.targetRows),
      recorded.map(({ outcome }) => outcome.bytes),
      recorded.map(({ outcome }) => outcome.checksum),
      recorded.map(({ outcome }) => JSON.stringify(outcome.sources)),
      recorded.map(({ outcome }) => JSON.stringify(outcome.columns)),
    ],
  )
  const other = recorded.find(
    ({ block }) => !rows.some((row) => row.table_id === block.tableId && row.number === block.number),
  )
  if (other !== undefined) {
    const { tableId, number } = other.block
    throw new MigrateError(
      'copy',
      'block-already-recorded',
      `Block ${number} of ${tableId} is recorded already: another run is working on this target.`,
      { hint: 'Stop the other run, then start again.' },
    )
  }
  await signTransaction(connection, run)
  for (const { entries } of recorded) {
    await writeQuarantine(connection, run, entries.quarantine)
    await writeArchive(connection, run, entries.archive)
  }
}

/** Changes the outcome of a recorded block, in the transaction that changes its rows. */
export async function amendBlock(
  connection: Connection,
  run: string,
  block: Block,
  outcome: BlockOutcome,
): Promise<void> {
  await connection.query(
    `update gpt_migrate.block set target_rows = $4, bytes = $5, checksum = $6, sources = $7, columns = $8
      where run = $1 and table_id = $2 and number = $3`,
    [
      run,
      block.tableId,
      block.number,
      outcome.targetRows,
      outcome.bytes,
      outcome.checksum,
      JSON.stringify(outcome.sources),
      JSON.stringify(outcome.columns),
    ],
  )
  await signTransaction(connection, run)
}

/**
 * Removes a block's outcome and its entries in quarantine and archive, so that it can be copied again; in the transaction that removes its
 * rows. `tableIds`: the block's table and its folds.
 */
export async function forgetBlock(
  connection: Connection,
  run: string,
  block: Block,
  tableIds: readonly string[],
): Promise<void> {
  for (const table of ['quarantine', 'archive']) {
    // Child rows without a parent belong to no block of their parent's table.
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

/** Returns all blocks of the run, sorted by table and number. */
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
