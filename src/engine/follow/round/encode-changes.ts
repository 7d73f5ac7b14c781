/**
 * Encodes a source row as the target and the journal hold it. Invariant: a row is encoded as a run would encode it, so that what a round
 * removes is what the run or an earlier round has written.
 */

import { ByteWriter } from '../../encode/cell/byte-writer.ts'
import type { SourceRow } from '../../encode/cell/cell.ts'
import type { OrphanTest } from '../../encode/cell/orphan-test.ts'
import { storedCellOf } from '../../encode/cell/stored-cell.ts'
import { REFUSED_BY_SERVER, RowEncoder } from '../../encode/rows/row-encoder.ts'
import { RowEntries } from '../../encode/rows/row-entries.ts'
import { EVERY_ROW } from '../../model/block.ts'
import type { ArchiveEntry, QuarantineEntry } from '../../model/journal.ts'
import { copyPlanOf, type TablePlan } from '../../model/plan.ts'
import type { Snapshot } from '../../model/snapshot.ts'
import type { StoredCell } from '../../model/storage.ts'
import { parentlessEntries } from '../../rows/quarantine-parentless.ts'
import { type RowMatch, rowMatchOf } from '../../rows/row-match.ts'
import type { ComparedTable } from '../../rows/sum-rows.ts'
import type { TableReader } from '../../source/base/reader.ts'
import { openStaging } from '../../source/staging/staging.ts'

/** Entries of followed rows have no number in key order, which would change with every row before them. */
export const NO_ORDINAL = 0
export const NO_BLOCK = -1

/** What the target and the journal hold of one row, or of one group of a pivot. */
export type EncodedRow = {
  /** A COPY BINARY tuple; null when the row is in quarantine, or left out. */
  readonly tuple: Buffer | null
  readonly quarantine: readonly QuarantineEntry[]
  readonly archive: readonly ArchiveEntry[]
  /** The quarantine entries if the server refuses the row; null for rows beyond the number for which they are kept. */
  readonly ifRefused: readonly QuarantineEntry[] | null
}

const LEFT_OUT: EncodedRow = { tuple: null, quarantine: [], archive: [], ifRefused: null }
/** Maximum number of rows of a round for which `ifRefused` is kept. */
const MOST_KEPT = 100_000

export class ChangeEncoder {
  readonly #encoder: RowEncoder
  readonly #entries: RowEntries
  readonly #match: RowMatch | null
  readonly #out = new ByteWriter(1 << 14)
  readonly #mostKept: number
  #encoded = 0
  readonly #references: readonly {
    readonly columns: readonly string[]
    readonly positions: readonly number[]
    readonly test: OrphanTest
  }[]

  constructor({ tableId, copy, target, orphans, exact }: ComparedTable, mostKept = MOST_KEPT) {
    this.#mostKept = mostKept
    this.#encoder = new RowEncoder(copy, target, { orphans, exact })
    this.#entries = new RowEntries(tableId, copy, NO_BLOCK)
    this.#match = rowMatchOf(copy)
    this.#references = copy.references.flatMap(({ columns, onOrphan, originalIn }, index) => {
      const test = orphans[index] ?? null
      if (test === null || onOrphan !== 'null-reference' || originalIn !== null) return []
      return [{ columns, positions: columns.map((name) => copy.read.columns.indexOf(name)), test }]
    })
  }

  encode(row: SourceRow): EncodedRow {
    if (!row.wanted) return LEFT_OUT
    const out = this.#out
    out.takeBack(0)
    const refusal = this.#encoder.encode(row, out)
    if (refusal !== null) {
      const quarantine = this.#entries.ofRefused(row, refusal, null).map(withoutOrdinal)
      return { tuple: null, quarantine, archive: [], ifRefused: null }
    }
    const tuple = Buffer.from(out.whole(0))
    const ifRefused =
      ++this.#encoded > this.#mostKept
        ? null
        : this.#entries.ofRefused(row, REFUSED_BY_SERVER, null).map(withoutOrdinal)
    const lost = this.#lostReferences(row)
    if (!this.#encoder.isArchived && lost === null) return { tuple, quarantine: [], archive: [], ifRefused }
    const match = this.#match?.(tuple.subarray(2)) ?? null
    const archive = this.#entries.ofKept(row, this.#encoder, match).map(withoutOrdinal)
    if (lost !== null) addCells(archive, this.#entries.keptCells(row, lost, match))
    return { tuple, quarantine: [], archive, ifRefused }
  }

  /**
   * Returns the original values of orphaned references, which are null in the target; null when there are none. A plan that was made when
   * the reference had no orphans has no column for them, so they go to the archive.
   */
  #lostReferences(row: SourceRow): Record<string, StoredCell> | null {
    let lost: Record<string, StoredCell> | null = null
    for (const { columns, positions, test } of this.#references) {
      if (!test(positions.map((position) => row.cells[position]!))) continue
      lost ??= {}
      for (const [at, name] of columns.entries()) lost[name] = storedCellOf(row.cells[positions[at]!]!)
    }
    return lost
  }
}

/** Encodes all rows and closes the reader. `afterSome` is awaited after every `rowsAtOnce` rows. */
export async function encodeAll(
  encoded: ComparedTable,
  reader: TableReader,
  rowsAtOnce: number,
  visit: (row: EncodedRow, source: SourceRow) => void,
  afterSome?: () => Promise<void>,
): Promise<void> {
  const encoder = new ChangeEncoder(encoded, Number.POSITIVE_INFINITY)
  try {
    const reading = reader.open(EVERY_ROW)
    for (let more = true; more; ) {
      more = reading.advance(rowsAtOnce, (row) => visit(encoder.encode(row), row))
      await afterSome?.()
    }
  } finally {
    reader.close()
  }
}

/** Returns the quarantine entries of child rows without a parent in the table's folds. */
export function parentlessOf(
  table: TablePlan,
  states: readonly Snapshot[],
  staging: string | null,
): readonly QuarantineEntry[] {
  const copy = copyPlanOf(table)
  if (staging === null || copy.folds.length === 0) return []
  const staged = openStaging(staging)
  const { file } = states.find(({ database }) => database === table.database)!
  return copy.folds.flatMap((_, index) =>
    parentlessEntries(file, staged, table, copy, index).map((entry) => ({
      ...withoutOrdinal(entry),
      block: NO_BLOCK,
    })),
  )
}

/** Merges cells that are kept for several reasons into one entry per row. */
function addCells(entries: ArchiveEntry[], entry: ArchiveEntry): void {
  const at = entries.findIndex(({ tableId, kind }) => tableId === entry.tableId && kind === 'cells')
  const known = entries[at]
  if (known === undefined) entries.push(withoutOrdinal(entry))
  else entries[at] = { ...known, rows: [{ ...known.rows[0], ...entry.rows[0] }] }
}

function withoutOrdinal<T extends { readonly ordinal: number }>(entry: T): T {
  return { ...entry, ordinal: NO_ORDINAL }
}
