/**
 * Copies tables whose foreign keys refer to each other and are checked at the end of the transaction. Invariant: all their blocks and
 * journal rows are committed together, or none; a row without a parent is refused, and so are the rows that refer to it.
 */
import type { Block, BlockOutcome } from '../model/block.ts'
import { findRefusedRows } from '../rows/refused-rows.ts'
import type { Tuple } from '../rows/send-tuples.ts'
import { openTrial } from '../rows/trial.ts'
import { quoteTable } from '../syntax/postgres-names.ts'
import type { Connection } from '../target/connection/connection.ts'
import { isRowRefusal } from '../target/connection/pg-errors.ts'
import { takeApplicationPath } from '../target/guards/application-path.ts'
import { type BlockCopy, BlockPass } from './block-pass.ts'
import { sendBlock } from './copy-block.ts'

/** A block and its table with an open reader. */
type CycleBlock = { readonly table: BlockCopy; readonly block: Block }

/** The server's reasons by the ordinals of refused rows, for each block. */
type CycleRefusals = Map<CycleBlock, Map<number, string>>

/** Returns the outcomes in the order of the blocks. */
export async function copyCycle(
  connection: Connection,
  cycle: readonly CycleBlock[],
): Promise<readonly BlockOutcome[]> {
  const refused: CycleRefusals = new Map(cycle.map((one) => [one, new Map(one.table.keptOut)]))
  for (;;) {
    const outcomes = await copyAtOnce(connection, cycle, refused)
    if (outcomes !== null) return outcomes
  }
}

/** Returns null after adding newly refused rows to `refused`. Throws errors that refuse no row. */
async function copyAtOnce(
  connection: Connection,
  cycle: readonly CycleBlock[],
  refused: CycleRefusals,
): Promise<readonly BlockOutcome[] | null> {
  const sent: CycleBlock[] = []
  try {
    return await connection.transaction(async () => {
      const outcomes: BlockOutcome[] = []
      for (const one of cycle) {
        outcomes.push(await sendDeferred(connection, one, refused))
        sent.push(one)
      }
      await connection.execute('set constraints all immediate')
      return outcomes
    })
  } catch (error) {
    if (!isRowRefusal(error)) throw error
    const stuck = cycle[sent.length]
    const found =
      stuck === undefined
        ? await findParentlessRows(connection, cycle, refused)
        : await findRefusedByServer(connection, stuck, refused)
    if (found === 0) throw error
    return null
  }
}

async function sendDeferred(
  connection: Connection,
  one: CycleBlock,
  refused: CycleRefusals,
): Promise<BlockOutcome> {
  await takeApplicationPath(connection, one.table.target)
  await connection.execute('set constraints all deferred')
  return sendBlock(connection, one.table, one.block, refused.get(one)!)
}

/** Finds rows that break a constraint which is not deferred. Returns the number of newly refused rows. */
async function findRefusedByServer(
  connection: Connection,
  one: CycleBlock,
  refused: CycleRefusals,
): Promise<number> {
  const { copy, target } = one.table
  const found = await findRefusedRows(connection, copy, target, await tuplesOf(one, refused), 'at the end')
  return add(refused.get(one)!, found)
}

/** Finds rows whose parents are missing when all accepted rows are loaded. Returns the number of newly refused rows. */
async function findParentlessRows(
  connection: Connection,
  cycle: readonly CycleBlock[],
  refused: CycleRefusals,
): Promise<number> {
  let fresh = 0
  await connection.execute('begin')
  try {
    for (const one of cycle) await sendDeferred(connection, one, refused)
    for (const [number, one] of cycle.entries()) {
      const trial = await openTrial(
        connection,
        one.table.copy,
        { among: 'none', parents: ({ parent }) => [quoteTable(parent)] },
        number,
      )
      if (trial !== null) fresh += add(refused.get(one)!, await trial.judge(await tuplesOf(one, refused)))
    }
    return fresh
  } finally {
    if (connection.lost === null) await connection.execute('rollback')
  }
}

/** Returns the rows that are not refused so far. */
async function tuplesOf(one: CycleBlock, refused: CycleRefusals): Promise<readonly Tuple[]> {
  return new BlockPass(one.table, one.block, refused.get(one)!).tuples()
}

function add(known: Map<number, string>, found: ReadonlyMap<number, string>): number {
  const before = known.size
  for (const [ordinal, reason] of found) known.set(ordinal, reason)
  return known.size - before
}
