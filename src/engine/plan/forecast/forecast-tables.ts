/**
 * Forecasts the rows and cells of every table. Invariant: every cell is either settled by the census or judged by the encoder that will
 * copy it.
 */
import { sumTallies } from '../../encode/numbers/column-tally.ts'
import { type ColumnTally, uncutBlock } from '../../model/block.ts'
import type { ForecastRefusal, ForecastTable } from '../../model/forecast.ts'
import { targetTableOf } from '../../model/plan.ts'
import { openStaging, type StagingFile } from '../../source/staging/staging.ts'
import type { SettledColumn } from '../base/settled-census.ts'
import { cutInquiries, type Inquiry, type InquiryInput, inquiryOf, judgeAll } from './inquiries.ts'
import type { Judgement } from './judge-rows.ts'

type TablesInput = InquiryInput & {
  /** Called with the number of rows judged so far, including those of tables that are not read. */
  readonly onProgress: (rows: number) => void
  /** Tables of an earlier forecast that hold for this plan, too. */
  readonly known: ReadonlyMap<string, ForecastTable>
}

type TablesForecast = {
  readonly tables: readonly ForecastTable[]
  /** References by which kept rows reference rows in quarantine. */
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
  // The cells of a refused row do not count, so that settled columns with inexact cells have to be judged as well.
  const incomplete = inquiries.filter((inquiry) => !isCounted(inquiry))
  for (const inquiry of incomplete) {
    inquiry.columns = inquiry.copy.columns
      .map(({ target }) => target)
      .filter((name) => inquiry.columns.includes(name) || !isExact(inquiry.settled.get(name)))
    inquiry.judgements = []
  }
  await judgeAll(input, incomplete)
  const found = new Map<string, ForecastTable>(known)
  for (const inquiry of inquiries) found.set(inquiry.table.id, forecastOf(input, inquiry))
  for (const inquiry of inquiries) addFolds(input, inquiry, staging, found)
  const tables = plan.tables.flatMap(({ id }) => found.get(id) ?? [])
  return { tables, waiting: await findWaiting(input, inquiries, staging) }
}

/** Counts kept rows that reference a row in quarantine, in one more pass over the tables with such references. */
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
  const referring = input.plan.tables.flatMap((table) => {
    // In an existing table the server refuses such rows.
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
  const referringInquiries = referring.map(({ inquiry }) => inquiry)
  cutInquiries(input, referringInquiries, staging)
  await judgeAll(input, referringInquiries)
  return referring.flatMap(({ inquiry, named }) =>
    named.flatMap(({ reference }, at) => {
      const rows = inquiry.judgements.reduce((sum, { naming }) => sum + (naming[at] ?? 0), 0)
      return rows === 0 ? [] : [{ tableId: inquiry.table.id, reference, rows }]
    }),
  )
}

const isExact = (column: SettledColumn | null | undefined): boolean =>
  column != null && column.normalized === 0 && column.rounded === 0

/** Whether the counts are final: no row is lost, or every column is judged or all exact. */
function isCounted({ columns, settled, judgements }: Inquiry): boolean {
  const losesRows = judgements.some(({ excluded, refusals }) => excluded > 0 || refusals.length > 0)
  return !losesRows || [...settled].every(([name, column]) => columns.includes(name) || isExact(column))
}

function forecastOf({ plan, censuses }: InquiryInput, inquiry: Inquiry): ForecastTable {
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

/** Adds the tables that are folded into the inquiry's table: rows follow their parent row, or go to quarantine. */
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
