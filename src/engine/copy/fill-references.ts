/**
 * Foreign key columns in a cycle of tables: null while rows are loaded, and filled when all tables have their rows. Invariant: a block's
 * references and its journal row are committed together, and filling them again changes nothing.
 */
import type { Block, BlockOutcome } from '../model/block.ts'
import type { ColumnPlan, CopyPlan } from '../model/plan.ts'
import type { TargetTable } from '../model/target-schema.ts'
import { columnsFilledLater } from '../plan/base/load-order.ts'
import { quoteIdentifier, quoteTable } from '../syntax/postgres-names.ts'
import type { Connection } from '../target/connection/connection.ts'
import { workTable } from '../target/connection/work-table.ts'
import { takeApplicationPath } from '../target/guards/application-path.ts'
import type { BlockCopy } from './block-pass.ts'
import { loadBlock, serverRefusals } from './repair-blocks.ts'

/** Returns the columns of a table that are sent at first, and the plan by which its rows are judged. */
export function firstSent(copy: CopyPlan, target: TargetTable): Pick<BlockCopy, 'copy' | 'judgedBy'> {
  const later = columnsFilledLater(target)
  if (later.length === 0) return { copy }
  const columns = copy.columns.map(
    (column): ColumnPlan =>
      later.includes(column.target) ? { ...column, from: { kind: 'nothing' } } : column,
  )
  return { copy: { ...copy, columns }, judgedBy: copy }
}

/** Fills the references of a loaded block. Returns the block's new outcome. */
export async function fillBlock(
  connection: Connection,
  table: BlockCopy,
  block: Block,
): Promise<BlockOutcome> {
  const { copy, target, run, tableId } = table
  if (copy.identity.kind !== 'columns') throw new Error(`${tableId} has no key to find its rows by`)
  const key = copy.identity.columns.map((name) => `t.${quoteIdentifier(name)} = r.${quoteIdentifier(name)}`)
  const later = columnsFilledLater(target).filter((name) => copy.columns.some((one) => one.target === name))
  const set = later.map((name) => `${quoteIdentifier(name)} = r.${quoteIdentifier(name)}`)
  const some = later.map((name) => `r.${quoteIdentifier(name)} is not null`)
  const refused = await serverRefusals(connection, run, tableId)
  return connection.transaction(async () => {
    await takeApplicationPath(connection, target)
    const { name: loaded, create } = await workTable(connection, 'gpt_migrate_references')
    const columns = copy.columns.map((one) => quoteIdentifier(one.target)).join(', ')
    await connection.execute(
      `create ${create} ${loaded} as select ${columns} from ${quoteTable(target)} with no data`,
    )
    const outcome = await loadBlock(connection, table, block, loaded, refused)
    await connection.query(
      `update ${quoteTable(target)} t
          set ${set.join(', ')}
         from ${loaded} r
        where ${key.join(' and ')} and (${some.join(' or ')})`,
    )
    await connection.execute(`drop table ${loaded}`)
    return outcome
  })
}
