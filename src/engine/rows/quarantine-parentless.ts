/**
 * Puts child rows of a fold that have no parent row into quarantine: no block of the parent's contains them, so they are a block of their own.
 * Invariant: done once per run, in one transaction with its journal row.
 */

import { storedCellOf } from '../encode/cell/stored-cell.ts'
import type { BlockBook } from '../journal/block-book.ts'
import { recordBlock } from '../journal/blocks.ts'
import { uncutBlock } from '../model/block.ts'
import type { QuarantineEntry } from '../model/journal.ts'
import type { CopyPlan, Plan, TablePlan } from '../model/plan.ts'
import { rejectSentences } from '../model/reject-sentences.ts'
import type { Snapshot } from '../model/snapshot.ts'
import { openReadOnly } from '../source/base/sqlite.ts'
import { openStaging, type StagingFile } from '../source/staging/staging.ts'
import type { Connection } from '../target/connection/connection.ts'

export async function quarantineParentless(
  connection: Connection,
  work: {
    readonly run: string
    readonly plan: Plan
    readonly snapshots: readonly Snapshot[]
    readonly staging: string | null
  },
  book: BlockBook,
): Promise<void> {
  const { run, plan, snapshots } = work
  if (work.staging === null) return
  const open = new Set(book.open.map((block) => block.tableId))
  const staging = openStaging(work.staging)
  for (const parent of plan.tables) {
    if (parent.fate.kind !== 'copy') continue
    const { copy } = parent.fate
    const { file } = snapshots.find((snapshot) => snapshot.database === parent.database)!
    for (const [index, fold] of copy.folds.entries()) {
      if (!open.has(fold.tableId)) continue
      const entries = parentlessEntries(file, staging, parent, copy, index)
      const block = uncutBlock(fold.tableId)
      const quarantined = entries.length
      const outcome = {
        targetRows: 0,
        bytes: 0,
        checksum: '0'.repeat(32),
        sources: [{ tableId: fold.tableId, read: quarantined, held: 0, quarantined, excluded: 0 }],
        columns: [],
      }
      await connection.transaction(() =>
        recordBlock(connection, run, block, outcome, { quarantine: entries, archive: [] }),
      )
      book.enter(block, outcome, 'sqlite')
    }
  }
}

/** Returns the quarantine entries of a fold's child rows without a parent. `file`: the snapshot. */
export function parentlessEntries(
  file: string,
  staging: StagingFile,
  parent: TablePlan,
  copy: CopyPlan,
  index: number,
): QuarantineEntry[] {
  const fold = copy.folds[index]!
  using db = openReadOnly(file, { immutable: true })
  const entries: QuarantineEntry[] = []
  for (const { key, ordinal, cells } of staging.parentless(db, parent, index)) {
    entries.push({
      tableId: fold.tableId,
      block: 0,
      key,
      ordinal,
      cells: Object.fromEntries(fold.columns.map((name, column) => [name, storedCellOf(cells[column]!)])),
      column: fold.childColumn,
      code: 'no-parent',
      reason: rejectSentences['no-parent'],
    })
  }
  return entries
}
