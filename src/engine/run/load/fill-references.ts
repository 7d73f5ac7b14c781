/**
 * Fills the foreign key columns that had to wait until all tables had their rows. Invariant: it runs after the last block and before
 * verification, and again in a resumed run.
 */
import { CreatedIds } from '../../copy/created-ids.ts'
import { fillBlock } from '../../copy/fill-references.ts'
import type { RunContext } from '../../events/run-context.ts'
import type { BlockBook } from '../../journal/block-book.ts'
import { copyPlanOf, findTargetTable, type Plan, targetTableOf } from '../../model/plan.ts'
import type { TargetTable } from '../../model/target-schema.ts'
import { columnsFilledLater } from '../../plan/base/load-order.ts'
import type { WorkerData } from '../../rows/worker-data.ts'
import { quoteIdentifier, quoteTable } from '../../syntax/postgres-names.ts'
import type { Connection } from '../../target/connection/connection.ts'
import { TargetError } from '../../target/connection/pg-errors.ts'
import { openBlockCopy } from './open-block-copy.ts'

/** Returns true when all are filled, false when the run was stopped before. */
export async function fillReferences(
  connection: Connection,
  workerData: WorkerData,
  book: BlockBook,
  { control }: RunContext,
): Promise<boolean> {
  const { run, plan } = workerData
  const oids = new CreatedIds(connection, run)
  for (const table of plan.tables) {
    if (table.fate.kind !== 'copy') continue
    const copy = copyPlanOf(table)
    const target = targetTableOf(plan, copy.target)
    if (columnsFilledLater(target).length === 0) continue
    const filled = openBlockCopy(workerData, table, oids)
    try {
      for (const { block } of book.records) {
        if (block.tableId !== table.id) continue
        if (!(await control.mayContinue())) return false
        const outcome = await fillBlock(connection, { ...filled, onReject: 'quarantine' }, block).catch(
          (error: unknown) => {
            throw namingTriggers(error, target, plan)
          },
        )
        book.enter(block, outcome, filled.reader.name)
      }
    } finally {
      filled.reader.close()
    }
  }
  return true
}

/** For a reference to a missing row: adds a hint that names the triggers that ran while rows were loaded. */
function namingTriggers(error: unknown, target: TargetTable, plan: Plan): unknown {
  if (!(error instanceof TargetError) || error.sqlstate !== '23503') return error
  const key = target.foreignKeys.find(({ name }) => name === error.constraint)
  if (key === undefined) return error
  const parent = findTargetTable(plan, key.references)
  const ran = [...new Set([parent ?? target, target])].flatMap(({ schema, table, triggers = [] }) =>
    triggers.map(({ name }) => `${name} of ${schema}.${table}`),
  )
  if (ran.length === 0) return error
  return new TargetError(error.code, error.message, {
    cause: error,
    sqlstate: error.sqlstate,
    detail: error.detail,
    constraint: error.constraint,
    hint: `A trigger that ran as the rows arrived left out the row that is named, or changed a key: ${ran.join(', ')}. Without the constraint the run continues: alter table ${quoteTable(target)} drop constraint ${quoteIdentifier(key.name)}; then run the same command again.`,
  })
}
