/**
 * Copies a block, or several of few rows: read, encode, COPY and journal rows in one transaction. Invariant: when it returns, the rows,
 * quarantine, archive and journal row of each block are committed together; when it throws, none of them is.
 */
import { type RecordedBlock, recordBlock, recordBlocks } from '../journal/blocks.ts'
import type { Block, BlockOutcome } from '../model/block.ts'
import { findRefusedRows, type RefusedRows } from '../rows/refused-rows.ts'
import { copyStatement, leftOut } from '../rows/send-tuples.ts'
import { PageError } from '../source/pages/page-error.ts'
import type { Connection } from '../target/connection/connection.ts'
import { isRowRefusal, isTransient } from '../target/connection/pg-errors.ts'
import { copyIn } from '../target/copy/copy-in.ts'
import { takeApplicationPath } from '../target/guards/application-path.ts'
import { type CreatedTable, holdCreatedTables } from '../target/guards/created-tables.ts'
import { type BlockCopy, BlockPass } from './block-pass.ts'

export async function copyBlock(
  connection: Connection,
  table: BlockCopy,
  block: Block,
): Promise<BlockOutcome> {
  const keptOut = table.keptOut ?? new Map<number, string>()
  try {
    return await copyInTransaction(connection, table, block, keptOut)
  } catch (error) {
    if (!isRowRefusal(error)) throw error
    const tuples = await new BlockPass(table, block, keptOut).tuples()
    const refused = await findRefusedRows(connection, table.copy, table.target, tuples)
    if (refused.size === 0) throw error
    return await copyInTransaction(connection, table, block, new Map([...keptOut, ...refused]))
  }
}

async function copyInTransaction(
  connection: Connection,
  table: BlockCopy,
  block: Block,
  refused: RefusedRows,
): Promise<BlockOutcome> {
  return connection.transaction(async () => {
    if (table.target.existing) await takeApplicationPath(connection, table.target)
    else await holdCreatedTables(connection, [{ ...table.copy.target, oid: await table.oid() }])
    return sendBlock(connection, table, block, refused)
  })
}

/** A block of a table that the run created. `open` may close the reader of the block that was opened before. */
export type BlockToOpen = {
  readonly block: Block
  readonly table: CreatedTable
  readonly open: () => BlockCopy
}

/** Copies blocks of several tables in one transaction. Returns null, with nothing copied, when they must be copied one by one. */
export async function copyTogether(
  connection: Connection,
  run: string,
  blocks: readonly BlockToOpen[],
): Promise<readonly BlockOutcome[] | null> {
  const recorded: RecordedBlock[] = []
  try {
    await connection.transaction(async () => {
      await holdCreatedTables(
        connection,
        blocks.map(({ table }) => table),
      )
      for (const { block, open } of blocks) {
        const table: BlockCopy = {
          ...open(),
          record: async (outcome, entries) => void recorded.push({ block, outcome, entries }),
        }
        await sendBlock(connection, table, block, table.keptOut ?? new Map())
      }
      await recordBlocks(connection, run, recorded)
    })
  } catch (error) {
    // The server refused a row or failed transiently, as in a deadlock, or the reader does not support a page.
    if (isRowRefusal(error) || isTransient(error) || error instanceof PageError) return null
    throw error
  }
  return recorded.map(({ outcome }) => outcome)
}

/** Sends the block's rows and records the block, in the caller's transaction. Throws a row refusal when the server refuses one of them. */
export async function sendBlock(
  connection: Connection,
  table: BlockCopy,
  block: Block,
  refused: RefusedRows,
): Promise<BlockOutcome> {
  const pass = new BlockPass(table, block, refused)
  const stream = copyIn(connection, copyStatement(table.copy))
  try {
    await pass.sendTo(stream)
  } catch (error) {
    await stream.abort()
    throw error
  }
  const loaded = await stream.finish()
  if (loaded < pass.encoder.sum.rows && table.target.existing) throw leftOut()
  if (loaded !== pass.encoder.sum.rows) {
    throw new Error(
      `${table.tableId}: the server took ${loaded} of ${pass.encoder.sum.rows} rows of block ${block.number}`,
    )
  }
  const outcome = pass.outcome()
  if (table.record === undefined) await recordBlock(connection, table.run, block, outcome, pass)
  else await table.record(outcome, pass)
  return outcome
}
