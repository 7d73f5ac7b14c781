/** What one worker has open: a connection, and a reader for each table that it has met. Performs tasks one at a time. */
import type { OrphanTest } from '../encode/row-encoder.ts'
import { MigrateError } from '../model/errors.ts'
import { type CopyPlan, copyPlanOf, type TablePlan, targetTableOf } from '../model/plan.ts'
import type { TargetTable } from '../model/target-schema.ts'
import { mendReader } from '../source/mended-reader.ts'
import { orphanTestsOf } from '../source/orphans.ts'
import { PageError } from '../source/page-reader/page-error.ts'
import type { TableReader } from '../source/reader.ts'
import { openReader, type ReaderName, type ReadingPurpose, readerFor } from '../source/readers.ts'
import { connect } from '../target/connection.ts'
import type { Workplace } from '../thread/serve-tasks.ts'
import { comparedTable } from '../verify/compared.ts'
import { sumSource, sumTarget } from '../verify/sum-rows.ts'
import { copyBlock, releaseSpareChunks } from './copy-block.ts'
import type { ReaderChange, Task, TaskResult, WorkerBirth } from './task.ts'

type OpenTable = {
  readonly plan: TablePlan
  readonly copy: CopyPlan
  readonly target: TargetTable
  readonly orphans: readonly (OrphanTest | null)[]
  /** What one reader copied, the other verifies. */
  readonly readers: Record<ReadingPurpose, TableReader | null>
}

export async function openWorkbench(
  birth: WorkerBirth,
  tell: (change: ReaderChange) => void,
): Promise<Workplace<Task, TaskResult>> {
  const connection = await connect(birth.address)
  const tables = new Map<string, OpenTable>()

  function tableOf(tableId: string): OpenTable {
    const known = tables.get(tableId)
    if (known !== undefined) return known
    const plan = birth.plan.tables.find((table) => table.id === tableId)!
    const copy = copyPlanOf(plan)
    const target = targetTableOf(birth.plan, copy.target)
    const readers = { copy: null, verify: null }
    const table = { plan, copy, target, orphans: orphanTestsOf(birth.orphans, plan), readers }
    tables.set(tableId, table)
    return table
  }

  /** Runs `work` with the table's reader; when the page reader meets a page that it doesn't know, with the other one. */
  async function reading<T>(
    purpose: ReadingPurpose,
    table: OpenTable,
    work: (reader: TableReader) => Promise<T>,
  ): Promise<T> {
    const { readers } = table
    const read = purpose === 'verify' ? comparedTable(table.plan) : table.plan
    const open = (name: ReaderName): TableReader =>
      mendReader(
        openReader(
          name,
          read,
          copyPlanOf(read),
          birth.snapshots,
          birth.staging,
          birth.largestRows?.[table.plan.id],
        ),
        copyPlanOf(read),
        birth.mended.filter(({ tableId }) => tableId === table.plan.id),
      )
    try {
      readers[purpose] ??= open(readerFor(table.copy, purpose))
      return await work(readers[purpose])
    } catch (error) {
      if (!(error instanceof PageError)) throw error
      tell({ tableId: table.plan.id, reason: error.message })
      readers[purpose]?.close()
      readers[purpose] = open('sqlite')
      return work(readers[purpose])
    }
  }

  return {
    async perform(task) {
      switch (task.kind) {
        case 'copy-block': {
          const table = tableOf(task.block.tableId)
          return reading('copy', table, async (reader) => {
            const outcome = await copyBlock(
              connection,
              {
                run: birth.run,
                tableId: table.plan.id,
                copy: table.copy,
                target: table.target,
                reader,
                orphans: table.orphans,
                exact: birth.plan.options.exact,
                onReject: birth.plan.options.onReject,
              },
              task.block,
            )
            return { kind: 'copy-block', outcome, reader: reader.name }
          })
        }
        case 'sum-source': {
          // The copy is over.
          releaseSpareChunks()
          const table = tableOf(task.block.tableId)
          table.readers.copy?.close()
          table.readers.copy = null
          return reading('verify', table, async (reader) => ({
            kind: 'sum-source',
            ...sumSource(table, reader, task.block, new Set(task.refused)),
            reader: reader.name,
          }))
        }
        case 'sum-target': {
          const table = tableOf(task.tableId)
          return { kind: 'sum-target', ...(await sumTarget(connection, table.copy, task.block)) }
        }
        default:
          throw new MigrateError('bug', 'bug', `unknown task ${JSON.stringify(task satisfies never)}`)
      }
    },
    async close() {
      for (const { readers } of tables.values()) {
        readers.copy?.close()
        readers.verify?.close()
      }
      await connection.end()
    },
  }
}
