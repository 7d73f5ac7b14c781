/** The open resources of one worker: a connection, and the reader of the current table. Performs one task at a time. */

import type { BlockCopy } from '../copy/block-pass.ts'
import { releaseSpareChunks } from '../copy/chunks.ts'
import { type BlockToOpen, copyBlock, copyTogether } from '../copy/copy-block.ts'
import { CreatedIds } from '../copy/created-ids.ts'
import { firstSent } from '../copy/fill-references.ts'
import { keptOutOf } from '../copy/late-keys.ts'
import type { Block } from '../model/block.ts'
import { MigrateError } from '../model/errors.ts'
import { copyPlanOf, type TablePlan, targetTableOf } from '../model/plan.ts'
import { PageEncoder } from '../page-encoder/page-encoder.ts'
import { unchangedJsonOf } from '../plan/base/unchanged-json.ts'
import { mayCommitLater } from '../plan/distribution/table-facts.ts'
import { comparedTable } from '../rows/compared.ts'
import type { RefusedRows } from '../rows/refused-rows.ts'
import { sumKeptEntries } from '../rows/sum-entries.ts'
import {
  type BlockByPages,
  type ComparedTable,
  refusedByOrdinal,
  sumLeft,
  sumSource,
  sumTarget,
} from '../rows/sum-rows.ts'
import type { WorkerData } from '../rows/worker-data.ts'
import { OpenSnapshot, openForRows } from '../source/base/open-snapshot.ts'
import { storedInSnapshot, type TableReader } from '../source/base/reader.ts'
import { largestRowOf } from '../source/base/row-size.ts'
import { PageError } from '../source/pages/page-error.ts'
import { withEditedRows } from '../source/readers/edited-reader.ts'
import { openReader, type ReaderName, type ReadingPurpose, readerFor } from '../source/readers/readers.ts'
import { Rewriting } from '../source/readers/rewriting.ts'
import { isRewritable, MANY_ROWS } from '../source/readers/rewritten-rows.ts'
import { orphanTestsOf } from '../source/staging/orphans.ts'
import { connect } from '../target/connection/connection.ts'
import { readHeld } from '../target/guards/foreign-names.ts'
import type { Workplace } from '../threads/workplace.ts'
import { PageSumming } from './page-summing.ts'
import type {
  CopiedBlock,
  ReaderChange,
  SourcePart,
  SummedSource,
  SummedTarget,
  Task,
  TaskResult,
} from './task.ts'

type OpenTable = ComparedTable & {
  readonly plan: TablePlan
  readonly keptOut: RefusedRows
  readonly file: string
  /** Source columns of JSON that is neither read to be copied nor to be summed. */
  readonly unchanged: ReadonlySet<string>
  /** Whether the page reader has met a page that it does not support. */
  hasStrangePages: boolean
  /** Whether `PageSums` does not sum it: most rows are unsuitable, rows were edited, or it could not be opened. */
  isSummedByRows: boolean
}

/** A block that one reader copied is verified by another. */
type OpenReader = {
  readonly table: OpenTable
  readonly purpose: ReadingPurpose
  readonly reader: TableReader
}

export async function openWorkbench(
  workerData: WorkerData,
  notify: (change: ReaderChange) => void,
): Promise<Workplace<Task, TaskResult>> {
  const connection = await connect(workerData.address, { commitsLater: mayCommitLater(workerData.plan) })
  const tables = new Map<string, OpenTable>()
  // Only one, because there may be thousands of tables.
  let open: OpenReader | null = null
  const summing = new PageSumming<OpenTable>()
  /** In bytes, of tables that the page reader does not read. */
  const largestRows = new Map<string, number>()
  const oids = new CreatedIds(connection, workerData.run)
  const snapshot = new OpenSnapshot(openForRows)
  const rewriting = new OpenSnapshot(Rewriting.open)

  const hasEdits = (id: string): boolean => workerData.edited.some(({ tableId }) => tableId === id)

  function tableOf(tableId: string): OpenTable {
    const known = tables.get(tableId)
    if (known !== undefined) return known
    const plan = workerData.plan.tables.find((table) => table.id === tableId)!
    const copy = copyPlanOf(plan)
    const target = targetTableOf(workerData.plan, copy.target)
    const orphans = orphanTestsOf(workerData.orphans, plan)
    const { exact } = workerData.plan.options
    const source = workerData.snapshots.find(({ database }) => database === plan.database)!
    const table = {
      tableId,
      plan,
      copy,
      target,
      orphans,
      exact,
      keptOut: keptOutOf(workerData.plan, tableId),
      file: source.file,
      unchanged: unchangedJsonOf(workerData.plan, tableId, source),
      hasStrangePages: false,
      isSummedByRows: hasEdits(tableId),
    }
    tables.set(tableId, table)
    return table
  }

  /** Runs `work` with the table's reader, and again with SQLite's when the page reader meets an unsupported page. */
  async function reading<T>(
    purpose: ReadingPurpose,
    table: OpenTable,
    work: (reader: TableReader) => Promise<T>,
  ): Promise<T> {
    try {
      return await work(readerOf(purpose, table))
    } catch (error) {
      if (!(error instanceof PageError)) throw error
      notify({ tableId: table.plan.id, reason: error.message })
      closeReader()
      table.hasStrangePages = true
      return work(readerOf(purpose, table))
    }
  }

  function readerOf(purpose: ReadingPurpose, table: OpenTable): TableReader {
    if (open?.table === table && open.purpose === purpose) return open.reader
    closeReader()
    const read = purpose === 'verify' ? comparedTable(table.plan) : table.plan
    const { id } = table.plan
    const name: ReaderName = table.hasStrangePages ? 'sqlite' : readerFor(table.copy, purpose)
    const reader = withEditedRows(
      openReader(name, read, copyPlanOf(read), workerData.snapshots, workerData.staging, {
        largestRow: workerData.largestRows?.[id],
        shared: snapshot,
        showsLong: true,
        unchanged: table.unchanged,
        rewriting: isRewritten(purpose, table) ? rewriting : undefined,
        purpose,
      }),
      copyPlanOf(read),
      workerData.edited.filter(({ tableId }) => tableId === id),
    )
    open = { table, purpose, reader }
    return reader
  }

  /** Whether SQLite writes the rows anew for the reader. What is verified row by row must not be decoded by the copy's code. */
  function isRewritten(purpose: ReadingPurpose, table: OpenTable): boolean {
    return purpose === 'copy'
      ? rewrittenSize(table) !== null
      : table.isSummedByRows && isEncodedByPages(table)
  }

  /** The size of the largest row of a table that is copied and summed as SQLite writes it anew; null for others. */
  function rewrittenSize({ tableId, plan, copy, file, hasStrangePages }: OpenTable): number | null {
    const rows = workerData.plan.sourceRows[tableId] ?? 0
    if (rows < MANY_ROWS || hasStrangePages || readerFor(copy, 'copy') === 'pages') return null
    let largestRow = largestRows.get(tableId)
    if (largestRow === undefined) {
      const counted = workerData.largestRows?.[tableId]
      largestRow = counted ?? largestRowOf(snapshot.at(file), plan.table, copy.read.table.rootPage)
      largestRows.set(tableId, largestRow)
    }
    return isRewritable(copy, largestRow) ? largestRow : null
  }

  function closeReader(): void {
    open?.reader.close()
    open = null
  }

  /** Returns null when this block, and from now on all blocks of the table, must be summed row by row. */
  function summedByPages(table: OpenTable, block: Block): BlockByPages | null {
    if (table.isSummedByRows) return null
    const found = summing.sum(table, block, rewrittenSize(table), () => readerOf('verify', table))
    if (found !== null) return found
    table.isSummedByRows = true
    // Closes the reader that was opened for single rows.
    if (open?.purpose === 'verify') closeReader()
    return null
  }

  const blockCopyOf = (table: OpenTable, reader: TableReader): BlockCopy => ({
    ...table,
    ...firstSent(table.copy, table.target),
    keptOut: table.keptOut,
    run: workerData.run,
    reader,
    onReject: workerData.plan.options.onReject,
    oid: () => oids.of(table.copy.target),
  })

  async function copyEach(blocks: readonly Block[]): Promise<readonly CopiedBlock[]> {
    const copied: CopiedBlock[] = []
    for (const block of blocks) {
      const table = tableOf(block.tableId)
      copied.push(
        await reading('copy', table, async (reader) => ({
          outcome: await copyBlock(connection, blockCopyOf(table, reader), block),
          reader: reader.name,
        })),
      )
    }
    return copied
  }

  /** Copies blocks in one transaction. Returns null, with nothing copied, when they must be copied one by one. */
  async function copyAtOnce(blocks: readonly Block[]): Promise<readonly CopiedBlock[] | null> {
    if (blocks.length === 1) return null
    const readers: string[] = []
    const opened = blocks.map(async (block): Promise<BlockToOpen> => {
      const table = tableOf(block.tableId)
      const { target } = table.copy
      const open = (): BlockCopy => {
        const reader = readerOf('copy', table)
        readers.push(reader.name)
        return blockCopyOf(table, reader)
      }
      return { block, table: { ...target, oid: await oids.of(target) }, open }
    })
    const outcomes = await copyTogether(connection, workerData.run, await Promise.all(opened))
    return outcomes?.map((outcome, at) => ({ outcome, reader: readers[at]! })) ?? null
  }

  async function sumPart({ block, refused }: SourcePart): Promise<SummedSource> {
    const table = tableOf(block.tableId)
    const byPages = refused.length > 0 ? null : summedByPages(table, block)
    if (byPages !== null) {
      const reader = byPages.left.length === 0 ? null : readerOf('verify', table)
      return { ...sumLeft(table, reader, block, byPages), reader: 'page-sums' }
    }
    return reading('verify', table, async (reader) => ({
      ...sumSource(table, reader, block, refusedByOrdinal(table.copy, new Set(refused))),
      reader: reader.name,
    }))
  }

  return {
    async perform(task) {
      switch (task.kind) {
        case 'copy-blocks':
          return {
            kind: 'copy-blocks',
            copied: (await copyAtOnce(task.blocks)) ?? (await copyEach(task.blocks)),
          }
        case 'sum-sources': {
          // The copy has ended.
          releaseSpareChunks()
          const sums: SummedSource[] = []
          for (const part of task.parts) sums.push(await sumPart(part))
          return { kind: 'sum-sources', sums }
        }
        case 'sum-targets': {
          const targets = task.parts.map(({ tableId }) => tableOf(tableId).copy.target)
          const sums = await readHeld(connection, targets, async () => {
            const found: SummedTarget[] = []
            for (const { tableId, block } of task.parts)
              found.push(await sumTarget(connection, tableOf(tableId).copy, workerData.run, block))
            return found
          })
          return { kind: 'sum-targets', sums }
        }
        case 'sum-entries':
          return {
            kind: 'sum-entries',
            sums: await sumKeptEntries(connection, workerData.run, task.tableIds.map(tableOf)),
          }
        default:
          throw new MigrateError('bug', 'bug', `unknown task ${JSON.stringify(task satisfies never)}`)
      }
    },
    async close() {
      closeReader()
      summing.close()
      snapshot.close()
      rewriting.close()
      await connection.end()
    },
  }
}

/** Whether the copy decoded the table's records by other code than the page reader's. */
function isEncodedByPages({ copy, target, orphans, exact, hasStrangePages }: OpenTable): boolean {
  if (hasStrangePages || readerFor(copy, 'copy') !== 'pages') return false
  return PageEncoder.of(copy, target, { orphans, exact }, storedInSnapshot(copy)) !== null
}
