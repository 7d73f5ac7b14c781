/**
 * Rows and cells of every table, before the run. Invariant: what the census settles is not read again, and every other row is judged
 * by the encoder that will copy it.
 */
import { availableParallelism } from 'node:os'
import { sumTallies } from '../../encode/column-tally.ts'
import { rowSizeLimit } from '../../encode/row-size-limit.ts'
import { type Block, type ColumnTally, uncutBlock } from '../../model/block.ts'
import type { TableCensus } from '../../model/census.ts'
import type { ForecastRefusal, ForecastTable } from '../../model/forecast.ts'
import { type CopyPlan, copyPlanOf, type Plan, type TablePlan, targetTableOf } from '../../model/plan.ts'
import { OpenSnapshot, openForRows } from '../../source/base/open-snapshot.ts'
import { cutBlocks } from '../../source/readers/blocks.ts'
import { openStaging, type StagingFile } from '../../source/staging/staging.ts'
import { startedFile } from '../../threads/started-file.ts'
import { WorkerPool } from '../../threads/worker-pool.ts'
import type { Judgement, Watch } from './judge-rows.ts'
import { openJudgingPlace } from './perform-judging.ts'
import { type SettledColumn, settleColumns } from './settled-columns.ts'
import type { JudgeResult, JudgeSetup, JudgeTask } from './task.ts'

type TablesInput = JudgeSetup & {
  /** By table plan id; none where the values were not counted. */
  readonly censuses: ReadonlyMap<string, TableCensus>
  /** Called with the rows judged so far, of tables that are not read, too. */
  readonly onProgress: (rows: number) => void
  /** Tables of an earlier forecast that holds for this plan as well. */
  readonly known: ReadonlyMap<string, ForecastTable>
}

/** What is to be found out of one table. */
type Inquiry = {
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
/** Fewer rows are judged in the time in which threads start. */
const MANY_ROWS = 100_000

type TablesForecast = {
  readonly tables: readonly ForecastTable[]
  /** References whose kept rows name rows in quarantine. */
  readonly waiting: readonly WaitingRows[]
}

export type WaitingRows = {
  readonly tableId: string
  /** Index into `CopyPlan.references`. */
  readonly reference: number
  readonly rows: number
}

export async function forecastTables(input: TablesInput): Promise<TablesForecast> {
  const { plan, known } = input
  const inquiries = plan.tables
    .filter(({ id, fate }) => fate.kind === 'copy' && !known.has(id))
    .map((table) => inquiryOf(input, table))
  const staging = input.staging === null ? null : openStaging(input.staging)
  cutInquiries(input, inquiries, staging)
  const read = new Set(inquiries.filter(({ blocks }) => blocks.length > 0).map(({ table }) => table.id))
  const unread = plan.tables
    .filter(({ id }) => !read.has(id))
    .reduce((sum, { id }) => sum + (plan.sourceRows[id] ?? 0), 0)
  input.onProgress(unread)
  await judgeAll(input, inquiries, (rows) => input.onProgress(unread + rows))
  // A refused row takes its cells with it: then those of settled columns that are not all exact are judged as well.
  const again = inquiries.filter((inquiry) => !isCounted(inquiry))
  for (const inquiry of again) {
    inquiry.columns = inquiry.copy.columns
      .map(({ target }) => target)
      .filter((name) => inquiry.columns.includes(name) || !isExact(inquiry.settled.get(name)))
    inquiry.judgements = []
  }
  await judgeAll(input, again)
  const found = new Map<string, ForecastTable>(known)
  for (const inquiry of inquiries) found.set(inquiry.table.id, forecastOf(input, inquiry))
  for (const inquiry of inquiries) addFolds(input, inquiry, staging, found)
  const tables = plan.tables.flatMap(({ id }) => found.get(id) ?? [])
  return { tables, waiting: await findWaiting(input, inquiries, staging) }
}

/** By plan and table id: the references that name the table are looked for once, for all tables. */
const parentsOfPlans = new WeakMap<Plan, ReadonlyMap<string, readonly (readonly string[])[]>>()

/** The column sets by which rows of other tables name those of this one. */
function namedBy({ plan }: TablesInput, tableId: string): readonly (readonly string[])[] {
  const known = parentsOfPlans.get(plan) ?? columnsNamed(plan)
  parentsOfPlans.set(plan, known)
  return known.get(tableId) ?? []
}

function columnsNamed(plan: Plan): ReadonlyMap<string, readonly (readonly string[])[]> {
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

/** Counts the rows that are kept and name a row in quarantine: a pass over the tables that refer to one, where there are any. */
async function findWaiting(
  input: TablesInput,
  inquiries: readonly Inquiry[],
  staging: StagingFile | null,
): Promise<readonly WaitingRows[]> {
  const refused = new Map<string, readonly string[]>()
  for (const { table, watch, judgements } of inquiries) {
    watch.keys.forEach((columns, at) => {
      const keys = judgements.flatMap(({ refusedKeys }) => refusedKeys[at] ?? []).filter((key) => key !== '')
      if (keys.length > 0) refused.set(JSON.stringify([table.id, columns]), keys)
    })
  }
  if (refused.size === 0) return []
  const looks = input.plan.tables.flatMap((table) => {
    // Rows for tables that were there before do not wait: the server refuses them.
    if (table.fate.kind !== 'copy' || targetTableOf(input.plan, table.fate.copy.target).existing) return []
    const named = table.fate.copy.references.flatMap(({ columns, parent }, reference) => {
      const keys = parent === null ? undefined : refused.get(JSON.stringify([parent.tableId, parent.columns]))
      return keys === undefined ? [] : [{ reference, columns, keys }]
    })
    if (named.length === 0) return []
    const inquiry: Inquiry = {
      ...inquiryOf(input, table),
      watch: { keys: [], naming: named },
      blocks: [uncutBlock(table.id)],
    }
    return [{ inquiry, named }]
  })
  const asked = looks.map(({ inquiry }) => inquiry)
  cutInquiries(input, asked, staging)
  await judgeAll(input, asked)
  return looks.flatMap(({ inquiry, named }) =>
    named.flatMap(({ reference }, at) => {
      const rows = inquiry.judgements.reduce((sum, { naming }) => sum + (naming[at] ?? 0), 0)
      return rows === 0 ? [] : [{ tableId: inquiry.table.id, reference, rows }]
    }),
  )
}

function inquiryOf(input: TablesInput, table: TablePlan): Inquiry {
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
  // Whether a row is too large is known once all of it is encoded.
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
  const watch = { keys: namedBy(input, table.id), naming: [] }
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

function cutInquiries(
  { plan, snapshots }: TablesInput,
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

async function judgeAll(
  input: TablesInput,
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
  const hands = Math.min(availableParallelism(), tasks.length)
  const { plan, snapshots, staging, orphans, largestRows } = input
  const setup: JudgeSetup = { plan, snapshots, staging, orphans, largestRows }
  if (rows < MANY_ROWS || hands < 2) {
    const place = await openJudgingPlace(setup)
    try {
      for (const one of tasks) take(one, await place.perform(one.task))
    } finally {
      await place.close()
    }
    return
  }
  const pool = await WorkerPool.open<JudgeTask, JudgeResult, never>({
    module: startedFile('worker', import.meta.url),
    name: 'judging worker',
    workerData: setup,
    count: hands,
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

const isExact = (column: SettledColumn | null | undefined): boolean =>
  column != null && column.normalized === 0 && column.rounded === 0

/** Whether every column is judged, or settled for the exact rows that are kept. */
function isCounted({ columns, settled, judgements }: Inquiry): boolean {
  const losesRows = judgements.some(({ excluded, refusals }) => excluded > 0 || refusals.length > 0)
  return !losesRows || [...settled].every(([name, column]) => columns.includes(name) || isExact(column))
}

function forecastOf({ plan, censuses }: TablesInput, inquiry: Inquiry): ForecastTable {
  const { table, copy, settled, judgements } = inquiry
  const isJudged = inquiry.blocks.length > 0
  const source = plan.sourceRows[table.id] ?? 0
  const counted = censuses.get(table.id)?.rows ?? 0
  const sum = (value: (judgement: Judgement) => number): number =>
    judgements.reduce((total, judgement) => total + value(judgement), 0)
  const quarantine = sumRefusals(judgements)
  const targetRows = isJudged ? sum((one) => one.targetRows) : counted
  const judged = sumTallies(judgements.flatMap(({ columns }) => columns))
  const tooLargeToKeep = sum((one) => one.tooLargeToKeep)
  return {
    ...(tooLargeToKeep === 0 ? {} : { tooLargeToKeep }),
    tableId: table.id,
    rows: {
      source,
      target: isJudged ? sum((one) => one.held) : counted,
      quarantined: quarantine.reduce((total, { rows }) => total + rows, 0),
      excluded: sum((one) => one.excluded),
      targetRows,
    },
    columns: copy.columns.map(({ target }): ColumnTally => {
      const own = judged.get(target)
      if (own !== undefined) return own
      const { normalized = 0, rounded = 0, maxError = null } = settled.get(target) ?? {}
      return { target, exact: targetRows - normalized - rounded, normalized, rounded, maxError }
    }),
    quarantine,
  }
}

function sumRefusals(judgements: readonly Judgement[]): ForecastRefusal[] {
  const sums = new Map<string, ForecastRefusal>()
  for (const { column, code, rows } of judgements.flatMap(({ refusals }) => refusals)) {
    const key = `${code} ${column ?? ''}`
    sums.set(key, { column, code, rows: rows + (sums.get(key)?.rows ?? 0) })
  }
  return [...sums.values()].sort((a, b) => b.rows - a.rows || (a.code < b.code ? -1 : 1))
}

/** The tables that are folded into the inquiry's: children come along with their parents, or go to quarantine. */
function addFolds(
  { plan }: TablesInput,
  { table, copy, judgements }: Inquiry,
  staging: StagingFile | null,
  found: Map<string, ForecastTable>,
): void {
  copy.folds.forEach((fold, index) => {
    const parentless = staging?.foldOf(table.id, index).orphans ?? 0
    const held = judgements.reduce((sum, { children }) => sum + children[index]!.held, 0)
    const refused = judgements.reduce((sum, { children }) => sum + children[index]!.refused, 0)
    const quarantine: ForecastRefusal[] = [
      { column: fold.childColumn, code: 'no-parent' as const, rows: parentless },
      { column: null, code: 'parent-refused' as const, rows: refused },
    ].filter(({ rows }) => rows > 0)
    found.set(fold.tableId, {
      tableId: fold.tableId,
      rows: {
        source: plan.sourceRows[fold.tableId] ?? 0,
        target: held,
        quarantined: parentless + refused,
        excluded: 0,
        targetRows: 0,
      },
      columns: [],
      quarantine,
    })
  })
}
