/**
 * Which rows of a block the server refuses, and why. Invariant: the search is in a transaction that is always rolled back; a row is refused
 * only when the server refuses it together with all rows of the block that it accepts.
 */
import type { CopyPlan } from '../model/plan.ts'
import type { TargetTable } from '../model/target-schema.ts'
import { quoteTable } from '../syntax/postgres-names.ts'
import type { Connection } from '../target/connection/connection.ts'
import { isRowRefusal } from '../target/connection/pg-errors.ts'
import { refusalOf } from '../target/connection/savepoint.ts'
import { takeApplicationPath } from '../target/guards/application-path.ts'
import { copyStatement, sendTuples, type Tuple } from './send-tuples.ts'
import { openTrial, TooManyRefused } from './trial.ts'

/** The server's reason by the ordinal of a refused source row, or of one row of its group. */
export type RefusedRows = ReadonlyMap<number, string>

/** Maximum number of accepted pieces before they are sent again as one: the server holds a lock for each until the end. */
const MOST_PIECES = 400

/** When foreign keys are checked: deferrable keys of a cycle at the end, when the parent rows exist. */
type KeysChecked = 'at once' | 'at the end'

export async function findRefusedRows(
  connection: Connection,
  copy: CopyPlan,
  target: TargetTable,
  tuples: readonly Tuple[],
  keys: KeysChecked = 'at once',
): Promise<RefusedRows> {
  const refused = new Map<number, string>()
  if (tuples.length === 0) return refused
  await connection.execute('begin')
  try {
    if (target.existing) {
      await takeApplicationPath(connection, target)
      for (const [ordinal, reason] of await refusedByRules(connection, copy, tuples, keys))
        refused.set(ordinal, reason)
      await connection.execute('rollback')
      await connection.execute('begin')
    }
    const left = tuples.filter(({ ordinal }) => !refused.has(ordinal))
    for (const [ordinal, reason] of await searchByHalves(connection, copy, target, left, keys))
      refused.set(ordinal, reason)
    return refused
  } finally {
    if (connection.lost === null) await connection.execute('rollback')
  }
}

/** Finds, in one step, rows that the rules of an existing table refuse: existing rows may have thousands of the block's keys. */
async function refusedByRules(
  connection: Connection,
  copy: CopyPlan,
  tuples: readonly Tuple[],
  keys: KeysChecked,
): Promise<RefusedRows> {
  const trial = await openTrial(connection, copy, {
    among: 'keys',
    parents: ({ parent }) => (keys === 'at the end' ? null : [quoteTable(parent)]),
  })
  if (trial === null) return new Map()
  try {
    return await trial.judge(tuples)
  } catch (error) {
    // A value that the type itself refuses, which the search by halves finds.
    if (!isRowRefusal(error) && !(error instanceof TooManyRefused)) throw error
    return new Map()
  }
}

async function searchByHalves(
  connection: Connection,
  copy: CopyPlan,
  target: TargetTable,
  tuples: readonly Tuple[],
  keys: KeysChecked,
): Promise<RefusedRows> {
  const refused = new Map<number, string>()
  const taken: Tuple[] = []
  const statement = copyStatement(copy)
  let pieces = 0
  const settle = async (): Promise<void> => {
    if (target.existing) await takeApplicationPath(connection, target)
    if (keys === 'at the end') await connection.execute('set constraints all deferred')
  }
  const search = async (part: readonly Tuple[]): Promise<void> => {
    const error = await refusalOf(connection, isRowRefusal, () => sendTuples(connection, statement, part))
    if (error === null) {
      // Not as arguments of one call: a block of a table that refers to itself may have millions of rows.
      for (const tuple of part) taken.push(tuple)
      if (++pieces >= MOST_PIECES) await takeAsOne()
      return
    }
    if (part.length === 1) {
      refused.set(part[0]!.ordinal, error.message)
      return
    }
    const middle = part.length >>> 1
    await search(part.slice(0, middle))
    await search(part.slice(middle))
  }
  const takeAsOne = async (): Promise<void> => {
    await connection.execute('rollback')
    await connection.execute('begin')
    await settle()
    const error = await refusalOf(connection, isRowRefusal, () => sendTuples(connection, statement, taken))
    if (error !== null) throw error
    pieces = 1
  }
  await settle()
  if (tuples.length > 0) await search(tuples)
  return refused
}
