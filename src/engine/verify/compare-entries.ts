/**
 * Compares what the journal keeps beside the target with the snapshots: entries of quarantine and archive whose sums differed, child rows
 * without a parent, and the originals of edited rows.
 */

import { isDeepStrictEqual } from 'node:util'
import type { SourceRow } from '../encode/cell/cell.ts'
import { storedCellOf } from '../encode/cell/stored-cell.ts'
import { readServerRefusals, refusalKey } from '../journal/journal.ts'
import type { Block } from '../model/block.ts'
import type { BlockRecord, EditedRow } from '../model/journal.ts'
import { type CopyPlan, copyPlanOf, type TablePlan } from '../model/plan.ts'
import type { Difference } from '../model/report.ts'
import type { ServerRefusals, TableVerdict } from '../model/verification.ts'
import { parentlessEntries } from '../rows/quarantine-parentless.ts'
import { entryTables, readKeptEntries, readKeptParentless } from '../rows/sum-entries.ts'
import { comparedTableOf, encodeAgain, refusedByOrdinal } from '../rows/sum-rows.ts'
import type { WorkerData } from '../rows/worker-data.ts'
import { openReader } from '../source/readers/readers.ts'
import { orphanTestsOf } from '../source/staging/orphans.ts'
import { openStaging } from '../source/staging/staging.ts'
import type { Connection } from '../target/connection/connection.ts'
import { openComparedReader } from './compared-reader.ts'
import { EntryComparison } from './entry-comparison.ts'

/** Blocks of a table whose entries are held in memory at once to name their differences. */
const BLOCKS_AT_ONCE = 4
const MOST_BLOCKS = 40

export async function compareEntries(
  connection: Connection,
  workerData: WorkerData,
  verdicts: readonly TableVerdict[],
  records: readonly BlockRecord[],
): Promise<Difference[]> {
  const differences: Difference[] = []
  for (const { tableId, entriesDiffering } of verdicts) {
    if (entriesDiffering === null) continue
    const blocks = records.flatMap(({ block }) => (block.tableId === tableId ? [block] : []))
    differences.push(...(await nameDifferences(connection, workerData, tableId, entriesDiffering, blocks)))
  }
  return [
    ...differences,
    ...(await compareParentless(connection, workerData)),
    ...compareOriginals(workerData, records),
  ]
}

/** Encodes the blocks again, a few at a time, and compares their entries with the journal's. */
async function nameDifferences(
  connection: Connection,
  workerData: WorkerData,
  tableId: string,
  differing: readonly Block[],
  blocks: readonly Block[],
): Promise<Difference[]> {
  const found: Difference[] = []
  const refusals = await readServerRefusals(connection, workerData.run)
  const numbers = new Set(blocks.map(({ number }) => number))
  let isStrayMet = false
  for (let at = 0; at === 0 || at < Math.min(differing.length, MOST_BLOCKS); at += BLOCKS_AT_ONCE) {
    const part = differing.slice(at, at + BLOCKS_AT_ONCE)
    const comparison = new EntryComparison()
    addExpected(workerData, tableId, part, refusals, comparison)
    const isOfPart = new Set(part.map(({ number }) => number))
    const tables = entryTables(tableId, copyPlanOf(planOf(workerData, tableId)))
    await readKeptEntries(connection, workerData.run, tables, (block, buffer, start, end) => {
      const isStray = !isStrayMet && !numbers.has(block)
      if (isOfPart.has(block) || isStray) comparison.addKept(buffer.subarray(start, end))
    })
    isStrayMet = true
    found.push(...comparison.end())
  }
  const unlooked = found.length === 0 ? differing.length : differing.length - MOST_BLOCKS
  if (found.length > 0 && unlooked <= 0) return found
  const target = `quarantine or archive differs in ${unlooked} blocks${found.length === 0 ? '' : ' more'}`
  return [...found, { table: tableId, kind: 'checksum', key: null, column: null, source: null, target }]
}

function planOf(workerData: WorkerData, tableId: string): TablePlan {
  return workerData.plan.tables.find((table) => table.id === tableId)!
}

function addExpected(
  workerData: WorkerData,
  tableId: string,
  blocks: readonly Block[],
  refusals: ServerRefusals,
  comparison: EntryComparison,
): void {
  const plan = planOf(workerData, tableId)
  const copy = copyPlanOf(plan)
  const reader = openComparedReader(workerData, plan)
  const table = comparedTableOf(workerData.plan, plan, orphanTestsOf(workerData.orphans, plan))
  try {
    for (const block of blocks) {
      const refused = new Set(refusals.get(refusalKey(tableId, block.number)))
      encodeAgain(table, reader, block, refusedByOrdinal(copy, refused), {
        onRow: () => {},
        onEntry: (entry) => comparison.addExpected(entry),
      })
    }
  } finally {
    reader.close()
  }
}

async function compareParentless(connection: Connection, workerData: WorkerData): Promise<Difference[]> {
  if (workerData.staging === null) return []
  const staging = openStaging(workerData.staging)
  const differences: Difference[] = []
  for (const parent of workerData.plan.tables) {
    if (parent.fate.kind !== 'copy') continue
    const { copy } = parent.fate
    for (const [index, { tableId }] of copy.folds.entries()) {
      const comparison = new EntryComparison()
      const { file } = workerData.snapshots.find(({ database }) => database === parent.database)!
      for (const entry of parentlessEntries(file, staging, parent, copy, index)) comparison.addExpected(entry)
      await readKeptParentless(connection, workerData.run, tableId, (_block, buffer, start, end) => {
        comparison.addKept(buffer.subarray(start, end))
      })
      differences.push(...comparison.end())
    }
  }
  return differences
}

/** Compares the journal's original cells of edited rows with the snapshot. */
function compareOriginals(workerData: WorkerData, records: readonly BlockRecord[]): Difference[] {
  const differences: Difference[] = []
  for (const [tableId, edited] of Map.groupBy(workerData.edited, (row) => row.tableId)) {
    const waiting = new Map(edited.map((row) => [row.ordinal, row]))
    const plan = planOf(workerData, tableId)
    const copy = copyPlanOf(plan)
    const reader = openReader('sqlite', plan, copy, workerData.snapshots, workerData.staging)
    try {
      for (const { block } of records) {
        const last = block.rowsBefore + block.rows
        const isIn = ({ ordinal }: EditedRow): boolean => ordinal > block.rowsBefore && ordinal <= last
        if (block.tableId !== tableId || !edited.some(isIn)) continue
        const reading = reader.open(block)
        while (
          reading.advance(1000, (row) => {
            const known = waiting.get(row.ordinal)
            if (known === undefined) return
            waiting.delete(row.ordinal)
            const original = originalOf(known, row, copy)
            if (!isDeepStrictEqual(original, known.originals))
              differences.push(originalDiffers(known, JSON.stringify(original)))
          })
        );
      }
    } finally {
      reader.close()
    }
    for (const row of waiting.values()) differences.push(originalDiffers(row, 'no such row'))
  }
  return differences
}

/** Returns the edited cells as they are in the snapshot. */
function originalOf({ cells }: EditedRow, row: SourceRow, copy: CopyPlan): EditedRow['originals'] {
  return Object.fromEntries(
    Object.keys(cells).flatMap((name) => {
      const cell = row.cells[copy.read.columns.indexOf(name)]
      return cell === undefined ? [] : [[name, storedCellOf(cell)]]
    }),
  )
}

function originalDiffers({ tableId, ordinal, originals }: EditedRow, source: string): Difference {
  const target = JSON.stringify(originals)
  return {
    table: tableId,
    kind: 'changed',
    key: `row ${ordinal}`,
    column: 'gpt_migrate.mended',
    source,
    target,
  }
}
