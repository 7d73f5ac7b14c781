/**
 * The entries of a followed table in quarantine and archive, as they should be and as they are. Invariant: the comparison leaves out an
 * entry's number in key order, and the rowid of a row without a key: both change when other rows do.
 */

import { RowSum } from '../../encode/rows/row-hash.ts'
import { type IsNamedByCells, listArchive, listQuarantine } from '../../journal/entries.ts'
import type { ArchiveEntry, QuarantineEntry } from '../../model/journal.ts'
import type { Plan, TablePlan } from '../../model/plan.ts'
import type { Snapshot } from '../../model/snapshot.ts'
import { entryTables } from '../../rows/sum-entries.ts'
import type { ComparedTable } from '../../rows/sum-rows.ts'
import { openReader } from '../../source/readers/readers.ts'
import type { Connection } from '../../target/connection/connection.ts'
import { type EncodedRow, encodeAll, parentlessOf } from '../round/encode-changes.ts'

/** A sum over entries that does not depend on their order. */
export class KeptEntries {
  readonly #sum = new RowSum()
  readonly #isNamedByCells: IsNamedByCells

  constructor(isNamedByCells: IsNamedByCells) {
    this.#isNamedByCells = isNamedByCells
  }

  add(entry: QuarantineEntry | ArchiveEntry): void {
    const { tableId } = entry
    const key = this.#isNamedByCells(tableId) ? null : entry.key
    const body =
      'code' in entry ? [entry.cells, entry.column, entry.code] : [entry.kind, entry.rows, entry.targetRow]
    const bytes = Buffer.from(JSON.stringify([tableId, key, body]))
    this.#sum.add(bytes, 0, bytes.length)
  }

  get rows(): number {
    return this.#sum.rows
  }

  equals(other: KeptEntries): boolean {
    return this.#sum.rows === other.#sum.rows && this.#sum.toString() === other.#sum.toString()
  }
}

export type EntriesWork = {
  readonly run: string
  readonly plan: Plan
  readonly states: readonly Snapshot[]
  readonly staging: string | null
  readonly isNamedByCells: IsNamedByCells
}

/** Returns the journal's entries of the table and of those folded into it, in the connection's snapshot. */
export async function entriesInJournal(
  connection: Connection,
  { run, isNamedByCells }: EntriesWork,
  table: TablePlan,
): Promise<KeptEntries> {
  const kept = new KeptEntries(isNamedByCells)
  if (table.fate.kind !== 'copy') return kept
  for (const tableId of entryTables(table.id, table.fate.copy)) {
    for await (const entry of listQuarantine(connection, run, tableId)) {
      // The source never had this row: an old file refused it.
      if (entry.code !== 'refused-by-old-layout') kept.add(entry)
    }
    for await (const entry of listArchive(connection, run, tableId)) kept.add(entry)
  }
  return kept
}

export async function entriesOfSource(
  { states, staging, isNamedByCells }: EntriesWork,
  table: TablePlan,
  encoded: ComparedTable,
  wasRefused: (row: EncodedRow) => boolean,
): Promise<KeptEntries> {
  const kept = new KeptEntries(isNamedByCells)
  const reader = openReader('sqlite', table, encoded.copy, states, staging)
  await encodeAll(encoded, reader, ROWS_AT_ONCE, (row) => {
    const entries = wasRefused(row) ? row.ifRefused! : [...row.quarantine, ...row.archive]
    for (const entry of entries) kept.add(entry)
  })
  for (const entry of parentlessOf(table, states, staging)) kept.add(entry)
  return kept
}

const ROWS_AT_ONCE = 1000
