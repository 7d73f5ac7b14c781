/**
 * The two sides of checksum verification: the block encoded again from the snapshot, and the rows that the target returns. Invariant: both sum
 * the same bytes for equal rows: every field with its length, in the order of `comparedPlan`, jsonb as PostgreSQL prints it.
 */
import { ByteWriter } from '../encode/cell/byte-writer.ts'
import type { SourceRow } from '../encode/cell/cell.ts'
import { freeAtOnce } from '../encode/cell/free-at-once.ts'
import type { OrphanTests } from '../encode/cell/orphan-test.ts'
import { REFUSED_BY_SERVER } from '../encode/rows/row-encoder.ts'
import { RowEntries, sourceOrdinals } from '../encode/rows/row-entries.ts'
import { RowSum } from '../encode/rows/row-hash.ts'
import type { Block } from '../model/block.ts'
import type { ArchiveEntry, QuarantineEntry } from '../model/journal.ts'
import { type CopyPlan, copyPlanOf, type Plan, type TablePlan, targetTableOf } from '../model/plan.ts'
import type { StoredCell } from '../model/storage.ts'
import type { TargetTable } from '../model/target-schema.ts'
import { MessageSums } from '../page-sums/message-sums.ts'
import type { PageSum, PageSums } from '../page-sums/page-sums.ts'
import type { TableReader } from '../source/base/reader.ts'
import { rangeOfRow } from '../source/leaves/rowid-ranges.ts'
import { quoteIdentifier, quoteLiteral, quoteTable } from '../syntax/postgres-names.ts'
import type { Connection } from '../target/connection/connection.ts'
import { copyOut } from '../target/copy/copy-out.ts'
import { ownRowsConditions, whereAll } from '../target/tables/own-rows.ts'
import { addCanonical, canonicalTuple, jsonbPositions } from './canonical-tuple.ts'
import { comparedEncoder, comparedPlan } from './compared.ts'
import { rowMatchOf } from './row-match.ts'
import { type EntriesSum, EntrySum } from './sum-entries.ts'

const ROWS_AT_ONCE = 1000

/** A table whose snapshot is encoded again. */
export type ComparedTable = {
  readonly tableId: string
  readonly copy: CopyPlan
  readonly target: TargetTable
  readonly orphans: OrphanTests
  readonly exact: boolean
  /** As in `RowEncoderOptions`. */
  readonly unchanged?: ReadonlySet<string>
}

export function comparedTableOf(
  plan: Plan,
  table: TablePlan,
  orphans: ComparedTable['orphans'],
): ComparedTable {
  const copy = copyPlanOf(table)
  const target = targetTableOf(plan, copy.target)
  return { tableId: table.id, copy, target, orphans, exact: plan.options.exact }
}

export type SourceSums = {
  readonly rows: number
  /** Sum of the bytes as sent, which must equal the journal's. */
  readonly sent: string
  /** Sum of the bytes as the server should return them: jsonb in its canonical text. */
  readonly canonical: string
  /** Sum of the block's expected entries in quarantine and archive. */
  readonly entries: EntriesSum
}

/** Whether the server refused the row when it was sent. */
export type WasRefused = (row: SourceRow) => boolean

/** Looks rows up by the ordinals of their source rows. */
export function refusedByOrdinal(copy: CopyPlan, ordinals: ReadonlySet<number>): WasRefused {
  if (ordinals.size === 0) return () => false
  return (row) => sourceOrdinals(copy, row).some((ordinal) => ordinals.has(ordinal))
}

/** Encodes the block's rows again. `reader`: of `comparedTable`. */
export function sumSource(
  table: ComparedTable,
  reader: TableReader,
  block: Block,
  wasRefused: WasRefused,
): SourceSums {
  const canonical = jsonbPositions(table.copy, table.unchanged)
  const differsFromSent = canonical !== null || (table.copy.computed ?? []).length > 0
  const canonicalSum = new RowSum()
  const entrySum = new EntrySum()
  const sent = encodeAgain(table, reader, block, wasRefused, {
    onEntry: (entry) => entrySum.add(entry),
    onRow(out) {
      if (differsFromSent) addCanonical(canonicalSum, out, 2, canonical)
    },
  })
  return {
    rows: sent.rows,
    sent: sent.toString(),
    canonical: differsFromSent ? canonicalSum.toString() : sent.toString(),
    entries: entrySum.total(),
  }
}

/** The rows of a key range that are left to be summed row by row. */
export type LeftRows = Pick<Block, 'range' | 'rowsBefore' | 'rows'>

/** Sums of a block's pages, as sent and as the server returns them. */
export type BlockByPages = {
  readonly sum: RowSum
  readonly canonical: RowSum
  readonly left: readonly LeftRows[]
}

/** Sums a block by its pages; null when it has to be summed row by row. */
export function sumByPages(
  copy: CopyPlan,
  pages: PageSums,
  block: Pick<Block, 'range' | 'rowsBefore'>,
): BlockByPages | null {
  const found = sumPages(copy, pages, block)
  if (found === null) return null
  const left = found.left.map(({ rowid, ordinal }) => ({
    range: rangeOfRow(rowid),
    rowsBefore: ordinal - 1,
    rows: 1,
  }))
  return { ...found, left }
}

/** Sums a range of rowids; null when it has to be summed row by row. */
export function sumPages(
  copy: CopyPlan,
  pages: PageSums,
  range: Pick<Block, 'range' | 'rowsBefore'>,
): (PageSum & { readonly canonical: RowSum }) | null {
  const jsonb = jsonbPositions(copy)
  const canonical = new RowSum()
  const found = pages.sum(range, (bytes, start, end) => {
    const tuple = canonicalTuple(bytes, start, end, jsonb)
    canonical.add(tuple, 0, tuple.length)
  })
  if (found === null) return null
  canonical.addLanes(found.returned.lanes, found.returned.rows)
  return { ...found, canonical }
}

/** Completes the sums of a block that was summed by pages with its remaining rows; `reader` may be null when there are none. */
export function sumLeft(
  table: ComparedTable,
  reader: TableReader | null,
  block: Block,
  { sum, canonical, left }: BlockByPages,
): SourceSums {
  const entrySum = new EntrySum()
  const sent = new RowSum()
  const returned = new RowSum()
  sent.addLanes(sum.lanes, sum.rows)
  returned.addLanes(canonical.lanes, canonical.rows)
  if (reader !== null) {
    const jsonb = jsonbPositions(table.copy, table.unchanged)
    const onEntry = (entry: QuarantineEntry | ArchiveEntry): void => entrySum.add(entry)
    const onRow = (out: ByteWriter): void => addCanonical(returned, out, 2, jsonb)
    const rest = encodeAgain(table, reader, block, () => false, { onEntry, onRow }, left)
    sent.addLanes(rest.lanes, rest.rows)
  }
  return {
    rows: sent.rows,
    sent: sent.toString(),
    canonical: returned.toString(),
    entries: entrySum.total(),
  }
}

/** Reads and encodes a block, or ranges of it, as the copy did, without sending anything. Returns the sum of what the copy sent. */
export function encodeAgain(
  { tableId, copy, target, orphans, exact, unchanged }: ComparedTable,
  reader: TableReader,
  block: Block,
  wasRefused: WasRefused,
  {
    onRow,
    onEntry,
  }: {
    /** The writer holds only the row: a header of two bytes, then the fields of `comparedPlan`. */
    readonly onRow: (out: ByteWriter) => void
    readonly onEntry: (entry: QuarantineEntry | ArchiveEntry) => void
  },
  ranges: readonly LeftRows[] = [block],
): RowSum {
  const encoder = comparedEncoder(copy, target, { orphans, exact, unchanged })
  const { sent } = encoder
  const entries = new RowEntries(tableId, copy, block.number)
  const match = rowMatchOf(copy)
  const out = new ByteWriter()
  const visit = (row: SourceRow): void => {
    if (!row.wanted) return
    out.takeBack(0)
    const refusal = wasRefused(row) ? REFUSED_BY_SERVER : encoder.encode(row, out)
    if (refusal !== null) {
      for (const entry of entries.ofRefused(row, refusal, null)) onEntry(entry)
      return
    }
    if (sent.isArchived) {
      const targetRow = match?.(out.whole(2, encoder.sentEnd)) ?? null
      for (const entry of entries.ofKept(row, sent, targetRow)) onEntry(entry)
    }
    // Otherwise the row, its encoding and the server's form would hold a large value three times.
    row.forget()
    onRow(out)
  }
  for (const range of ranges) {
    const reading = reader.open(range)
    // One row more than there are, which ends the range.
    const rowsAtOnce = Math.min(ROWS_AT_ONCE, range.rows + 1)
    while (reading.advance(rowsAtOnce, visit));
  }
  freeAtOnce(out.buffer)
  return sent.sum
}

/** Sums the run's rows in the target: the whole table, or the range of an ordered block. */
export async function sumTarget(
  connection: Connection,
  copy: CopyPlan,
  run: string,
  block: Block | null,
): Promise<{ rows: number; sum: string }> {
  const sum = new RowSum()
  const statement = readBackStatement(copy, rowConditions(copy, run, block))
  await copyOut(
    connection,
    statement,
    (buffer, start, end) => sum.add(buffer, start, end),
    (buffer, start, end, isLast) => {
      sum.addPart(buffer, start, end)
      if (isLast) sum.endRow()
    },
    MessageSums.of(comparedPlan(copy).columns.length, sum),
  )
  return { rows: sum.rows, sum: sum.toString() }
}

/** Returns conditions for the plan's rows in the target, and for those of a block if one is given. */
export function rowConditions(copy: CopyPlan, run: string, block: Block | null): readonly string[] {
  return [...ownRowsConditions(copy, run), ...(block === null ? [] : rangeConditions(copy, block))]
}

/** Returns a COPY statement for the rows for which all conditions hold. */
export function readBackStatement(copy: CopyPlan, conditions: readonly string[]): string {
  const columns = comparedPlan(copy)
    .columns.map((column) => quoteIdentifier(column.target))
    .join(', ')
  const from = `${quoteTable(copy.target)}${whereAll(conditions)}`
  return `copy (select ${columns} from ${from}) to stdout (format binary)`
}

/** Returns conditions for the rows of an ordered block. */
function rangeConditions(copy: CopyPlan, block: Block): readonly string[] {
  if (copy.identity.kind !== 'columns' || !copy.identity.ordered) {
    throw new Error(`${copy.target.schema}.${copy.target.table} has no key that its blocks are ranges of`)
  }
  const column = quoteIdentifier(copy.identity.columns.at(-1)!)
  const conditions: string[] = []
  if (block.range.after !== null) conditions.push(`${column} > ${integerLiteral(block.range.after[0])}`)
  if (block.range.through !== null) conditions.push(`${column} <= ${integerLiteral(block.range.through[0])}`)
  return conditions
}

function integerLiteral(cell: StoredCell | undefined): string {
  if (cell === undefined || cell === null || !('integer' in cell)) throw new Error('a rowid is an integer')
  return `${quoteLiteral(cell.integer)}::bigint`
}
