/**
 * What to find out about a table, and the judging of its rows. Invariant: a table that the census settles is not read; any other has one
 * judgement for each of its blocks.
 */
import { availableParallelism } from 'node:os'
import { rowSizeLimit } from '../../encode/rows/row-size-limit.ts'
import { type Block, uncutBlock } from '../../model/block.ts'
import type { TableCensus } from '../../model/census.ts'
import { type CopyPlan, copyPlanOf, type Plan, type TablePlan, targetTableOf } from '../../model/plan.ts'
import { OpenSnapshot, openForRows } from '../../source/base/open-snapshot.ts'
import { cutBlocks } from '../../source/readers/blocks.ts'
import type { StagingFile } from '../../source/staging/staging.ts'
import { startedFile } from '../../threads/started-file.ts'
import { WorkerPool } from '../../threads/worker-pool.ts'
import type { SettledColumn } from '../base/settled-census.ts'
import type { Judgement, Watch } from './judge-rows.ts'
import { openJudgingPlace } from './perform-judging.ts'
import { settleColumns } from './settled-columns.ts'
import type { JudgeResult, JudgeSetup, JudgeTask } from './task.ts'

export type InquiryInput = JudgeSetup & {
  /** By table id; tables whose values were not counted are missing. */
  readonly censuses: ReadonlyMap<string, TableCensus>
}

/** What to find out about one table, and the judgements so far. */
export type Inquiry = {
  readonly table: TablePlan
  readonly copy: CopyPlan
  readonly settled: ReadonlyMap<string, SettledColumn | null>
  /** Target columns to be judged. */
  columns: readonly string[]
  readonly watch: Watch
  blocks: readonly Block[]
  judgements: Judgement[]
}

const ROWS_A_BLOCK = 50_000
/** Fewer rows are judged before threads have started. */
const MANY_ROWS = 100_000

/** Cache for `referencedColumns`, by plan and table id. */
const parentsOfPlans = new WeakMap<Plan, ReadonlyMap<string, readonly (readonly string[])[]>>()

/** Returns the column sets of the table that other tables reference. */
function referencedColumns({ plan }: InquiryInput, tableId: string): readonly (readonly string[])[] {
  const known = parentsOfPlans.get(plan) ?? referencedColumnsByTable(plan)
  parentsOfPlans.set(plan, known)
  return known.get(tableId) ?? []
}

function referencedColumnsByTable(plan: Plan): ReadonlyMap<string, readonly (readonly string[])[]> {
  const parents = plan.tables.flatMap(({ fate }) =>
    fate.kind !== 'copy' ? [] : fate.copy.references.flatMap(({ parent }) => parent ?? []),
  )
  const named = Map.groupBy(parents, ({ tableId }) => tableId)
  return new Map(
    Array.from(named, ([tableId, all]) => [
      tableId,
      [...new Map(all.map(({ columns }) => [JSON.stringify(columns), columns])).values()],
    ]),
  )
}

/** Returns an inquiry without judgements, whose rows are not cut into blocks yet. */
export function inquiryOf(input: InquiryInput, table: TablePlan): Inquiry {
  const { plan, orphans, censuses } = input
  const copy = copyPlanOf(table)
  const hasOrphans = (index: number): boolean =>
    orphans.some((set) => set.tableId === table.id && set.reference === index) ||
    copy.references[index]!.parent === null
  const nulled = new Set(
    copy.references.flatMap(({ onOrphan, target }, index) =>
      onOrphan === 'null-reference' && hasOrphans(index) ? [target] : [],
    ),
  )
  const target = targetTableOf(plan, copy.target)
  const settled = settleColumns(copy, target, censuses.get(table.id) ?? null, nulled)
  // Only the whole encoded row shows whether it is too large.
  const isWide = rowSizeLimit(copy, target) !== null
  const columns = copy.columns
    .map(({ target: name }) => name)
    .filter((name) => isWide || settled.get(name) === null)
  const rejectsRows = copy.references.some(
    ({ onOrphan }, index) => onOrphan === 'reject-row' && hasOrphans(index),
  )
  const isRead =
    columns.length > 0 ||
    rejectsRows ||
    copy.read.filter !== null ||
    copy.pivot !== null ||
    copy.folds.length > 0 ||
    !censuses.has(table.id)
  const watch = { keys: referencedColumns(input, table.id), naming: [] }
  return {
    table,
    copy,
    settled,
    columns,
    watch,
    blocks: isRead ? [uncutBlock(table.id)] : [],
    judgements: [],
  }
}

/** Cuts the tables that are read into blocks. */
export function cutInquiries(
  { plan, snapshots }: InquiryInput,
  inquiries: readonly Inquiry[],
  staging: StagingFile | null,
): void {
  const open = new OpenSnapshot(openForRows)
  try {
    for (const inquiry of inquiries) {
      if (inquiry.blocks.length === 0) continue
      const { table } = inquiry
      const { file } = snapshots.find(({ database }) => database === table.database)!
      inquiry.blocks = cutBlocks(open.at(file), table, {
        rowsPerBlock: ROWS_A_BLOCK,
        counted: plan.sourceRows[table.id],
        staging,
      })
    }
  } finally {
    open.close()
  }
}

/** Judges all blocks of the inquiries, in threads where there are many rows. `onProgress` is called with the rows judged so far. */
export async function judgeAll(
  input: InquiryInput,
  inquiries: readonly Inquiry[],
  onProgress: (rows: number) => void = () => {},
): Promise<void> {
  const tasks = inquiries.flatMap((inquiry) =>
    inquiry.blocks.map((block) => ({
      inquiry,
      task: { block, columns: inquiry.columns, watch: inquiry.watch },
    })),
  )
  const rows = tasks.reduce((sum, { task }) => sum + task.block.rows, 0)
  let judged = 0
  const take = ({ inquiry, task }: (typeof tasks)[number], result: JudgeResult): void => {
    inquiry.judgements.push(result)
    judged += task.block.rows
    onProgress(judged)
  }
  const workers = Math.min(availableParallelism(), tasks.length)
  const { plan, snapshots, staging, orphans, largestRows } = input
  const setup: JudgeSetup = { plan, snapshots, staging, orphans, largestRows }
  const pool =
    rows < MANY_ROWS || workers < 2
      ? WorkerPool.alone('judging worker', await openJudgingPlace(setup))
      : await WorkerPool.open<JudgeTask, JudgeResult>({
          module: startedFile('worker', import.meta.url),
          name: 'judging worker',
          workerData: setup,
          count: workers,
          onNotice: () => {},
        })
  try {
    const queue = [...tasks]
    const inquiryOfTask = new Map(tasks.map((one) => [one.task, one]))
    await pool.performAll(
      async () => queue.shift()?.task ?? null,
      (task, { result }) => take(inquiryOfTask.get(task)!, result),
    )
  } finally {
    await pool.close()
  }
}
