/**
 * Makes the target rows of some blocks equal to the snapshot. Invariant: one transaction touches only rows that differ, and updates them in
 * place, so that no foreign key acts on their children.
 */

import { forgetBlock, recordBlock } from '../journal/blocks.ts'
import { listQuarantine } from '../journal/entries.ts'
import type { Block, BlockOutcome } from '../model/block.ts'
import { MigrateError } from '../model/errors.ts'
import type { CopyPlan } from '../model/plan.ts'
import { shellWord } from '../model/shell-word.ts'
import type { RefusedRows } from '../rows/refused-rows.ts'
import { copyStatement } from '../rows/send-tuples.ts'
import { rowConditions } from '../rows/sum-rows.ts'
import { quoteIdentifier, quoteTable } from '../syntax/postgres-names.ts'
import type { Connection } from '../target/connection/connection.ts'
import { isRowRefusal } from '../target/connection/pg-errors.ts'
import { workTable } from '../target/connection/work-table.ts'
import { copyIn } from '../target/copy/copy-in.ts'
import { holdCreatedTables } from '../target/guards/created-tables.ts'
import { whereAll } from '../target/tables/own-rows.ts'
import { type BlockCopy, BlockPass } from './block-pass.ts'

type RowChanges = { readonly inserted: number; readonly updated: number; readonly deleted: number }

/** For a table without an ordered identity, `blocks` must be all of its blocks, or none. Throws `not-repairable`. */
export async function repairBlocks(
  connection: Connection,
  table: BlockCopy,
  blocks: readonly Block[],
): Promise<RowChanges> {
  if (table.target.existing) {
    throw new MigrateError(
      'verify',
      'not-repairable',
      `${quoteTable(table.target)} held rows before the run, so its rows are not all the run's: it is not repaired.`,
      { hint: 'Correct the rows by hand.' },
    )
  }
  if (table.target.distribution !== undefined) {
    throw new MigrateError(
      'verify',
      'not-repairable',
      `${quoteTable(table.target)} is kept by Citus, which changes no rows of it by a comparison with a table of the coordinator: it is not repaired.`,
      {
        hint: `Correct the rows that gpt-migrate verify --level full names, on the coordinator; or take the run back (gpt-migrate rollback --force ${shellWord(connection.address.database)} --yes) and move again.`,
      },
    )
  }
  const { identity } = table.copy
  const isOrdered = identity.kind === 'columns' && identity.ordered
  // Blocks that are key ranges are repaired one by one, others together.
  const parts = isOrdered ? blocks.map((block) => [block]) : [blocks]
  const total = { inserted: 0, updated: 0, deleted: 0 }
  // Without blocks, merging would delete all rows of the table.
  if (blocks.length === 0) return total
  for (const part of parts) {
    const changes = await repairPart(connection, table, part, isOrdered).catch((error: unknown) => {
      if (!isRowRefusal(error)) throw error
      throw new MigrateError(
        'verify',
        'not-repairable',
        `${table.tableId} can't be repaired: ${(error as Error).message}`,
        { hint: 'Correct the rows that conflict, then verify again.', cause: error },
      )
    })
    total.inserted += changes.inserted
    total.updated += changes.updated
    total.deleted += changes.deleted
  }
  return total
}

async function repairPart(
  connection: Connection,
  table: BlockCopy,
  blocks: readonly Block[],
  isOrdered: boolean,
): Promise<RowChanges> {
  const { copy, run, tableId } = table
  const refused = await serverRefusals(connection, run, tableId)
  return connection.transaction(async () => {
    await holdCreatedTables(connection, [{ ...copy.target, oid: await table.oid() }])
    const { name: loaded, create } = await workTable(connection, 'gpt_migrate_repair')
    await connection.execute(
      `create ${create} ${loaded} as select ${columnList(copy)} from ${quoteTable(copy.target)} with no data`,
    )
    for (const block of blocks) await loadBlock(connection, table, block, loaded, refused)
    await connection.execute(`analyze ${loaded}`)
    const conditions = rowConditions(copy, run, isOrdered ? blocks[0]! : null)
    const changes =
      copy.identity.kind === 'columns'
        ? await mergeByKey(connection, copy, loaded, copy.identity.columns, conditions)
        : await mergeAsMultiset(connection, copy, loaded, conditions)
    await connection.execute(`drop table ${loaded}`)
    return changes
  })
}

/** Sends the block's rows into the work table `loaded` and records the block again. Returns its outcome. In the caller's transaction. */
export async function loadBlock(
  connection: Connection,
  table: BlockCopy,
  block: Block,
  loaded: string,
  refused: RefusedRows,
): Promise<BlockOutcome> {
  const { copy, run, tableId } = table
  const pass = new BlockPass(table, block, refused)
  const stream = copyIn(connection, copyStatement(copy, loaded))
  try {
    await pass.sendTo(stream)
  } catch (error) {
    await stream.abort()
    throw error
  }
  await stream.finish()
  await forgetBlock(connection, run, block, [tableId, ...copy.folds.map((fold) => fold.tableId)])
  const outcome = pass.outcome()
  await recordBlock(connection, run, block, outcome, pass)
  return outcome
}

/** Returns the rows that the server refused, which stay refused because they are in quarantine. */
export async function serverRefusals(
  connection: Connection,
  run: string,
  tableId: string,
): Promise<ReadonlyMap<number, string>> {
  const refused = new Map<number, string>()
  for await (const { code, ordinal, reason } of listQuarantine(connection, run, tableId)) {
    if (code === 'refused-by-server') refused.set(ordinal, reason)
  }
  return refused
}

const columnList = (copy: CopyPlan, prefix = ''): string =>
  copy.columns.map(({ target }) => `${prefix}${quoteIdentifier(target)}`).join(', ')

/** Returns a row as text, which distinguishes values that are equal by `=`, such as 1.0 and 1.00. */
const textOf = (copy: CopyPlan, prefix: string): string => `row(${columnList(copy, prefix)})::text`

async function mergeByKey(
  connection: Connection,
  copy: CopyPlan,
  loaded: string,
  key: readonly string[],
  conditions: readonly string[],
): Promise<RowChanges> {
  const target = quoteTable(copy.target)
  const same = key.map((name) => `t.${quoteIdentifier(name)} = r.${quoteIdentifier(name)}`).join(' and ')
  const others = copy.columns.filter((column) => !key.includes(column.target))
  const set = others.map((column) => {
    const name = quoteIdentifier(column.target)
    return `${name} = r.${name}`
  })
  const own = conditions.map((one) => ` and ${one}`).join('')
  const deleted = await connection.query(
    `delete from ${target} t where not exists (select from ${loaded} r where ${same})${own}`,
  )
  const updated =
    set.length === 0
      ? { count: 0 }
      : await connection.query(
          `update ${target} t
              set ${set.join(', ')}
             from ${loaded} r
            where ${same} and ${textOf(copy, 't.')} <> ${textOf(copy, 'r.')}`,
        )
  const inserted = await connection.query(
    `insert into ${target} (${columnList(copy)})
     select ${columnList(copy, 'r.')} from ${loaded} r where not exists (select from ${target} t where ${same})`,
  )
  return { inserted: inserted.count, updated: updated.count, deleted: deleted.count }
}

/** Numbers equal rows, so that of three on one side and two on the other side one is superfluous. */
async function mergeAsMultiset(
  connection: Connection,
  copy: CopyPlan,
  loaded: string,
  conditions: readonly string[],
): Promise<RowChanges> {
  const target = quoteTable(copy.target)
  const numbered = (from: string, more: string): string =>
    `(select ${more}${textOf(copy, '')} as text, row_number() over (partition by ${textOf(copy, '')}) as number from ${from})`
  const own = `${target}${whereAll(conditions)}`
  const deleted = await connection.query(
    `delete from ${target}
      where (tableoid, ctid) in (
        select a."table", a.place from ${numbered(own, 'tableoid as "table", ctid as place, ')} a
         where not exists (select from ${numbered(loaded, '')} b where b.text = a.text and b.number = a.number))`,
  )
  const inserted = await connection.query(
    `insert into ${target} (${columnList(copy)})
     select ${columnList(copy, 'a.')} from ${numbered(loaded, `${columnList(copy)}, `)} a
      where not exists (select from ${numbered(own, '')} b where b.text = a.text and b.number = a.number)`,
  )
  return { inserted: inserted.count, updated: 0, deleted: deleted.count }
}
