/**
 * Copies one block: read, encode, COPY and journal row in one transaction. Invariant: when it returns, the block's rows, quarantine,
 * archive and journal row are committed together; when it throws, none of them is.
 */
import { recordBlock } from '../journal/blocks.ts'
import type { Block, BlockOutcome } from '../model/block.ts'
import { findRefusedRows, type RefusedRows } from '../rows/refused-rows.ts'
import { copyStatement, leftOut } from '../rows/send-tuples.ts'
import type { Connection } from '../target/connection/connection.ts'
import { isRowRefusal } from '../target/connection/pg-errors.ts'
import { copyIn } from '../target/copy/copy-in.ts'
import { takeApplicationPath } from '../target/guards/application-path.ts'
import { holdCreatedTable } from '../target/guards/created-tables.ts'
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
    else await holdCreatedTable(connection, table.copy.target, await table.oid())
    return sendBlock(connection, table, block, refused)
  })
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
