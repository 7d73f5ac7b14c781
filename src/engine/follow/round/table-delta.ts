/** The changes of a round in one target table. */
import { createHash } from 'node:crypto'
import type { ArchiveEntry, QuarantineEntry } from '../../model/journal.ts'
import { type PairedSide, Unpaired } from '../pages/unpaired.ts'
import type { EncodedRow } from './encode-changes.ts'

export type TableDelta = {
  readonly tableId: string
  readonly gone: readonly EncodedRow[]
  readonly come: readonly EncodedRow[]
  /** Unchanged rows that the server refused and may now accept. */
  readonly again: readonly EncodedRow[]
  /** The entries that quarantine and archive held for the rows in `gone`. */
  readonly entriesGone: readonly (QuarantineEntry | ArchiveEntry)[]
}

export function emptyDelta(tableId: string): TableDelta {
  return { tableId, gone: [], come: [], again: [], entriesGone: [] }
}

/**
 * Collects rows that are gone and rows that have come. Invariant: a row that is on both sides, byte for byte and with the same entries, is
 * dropped from both.
 */
export class DeltaCollector {
  readonly #tableId: string
  readonly #rows = new Unpaired<EncodedRow>()

  constructor(tableId: string) {
    this.#tableId = tableId
  }

  add(side: PairedSide, row: EncodedRow): void {
    if (row.tuple !== null || row.quarantine.length > 0) this.#rows.add(side, keyOf(row), () => row)
  }

  /** Returns null when nothing changed. */
  finish(): TableDelta | null {
    const gone = this.#rows.of('gone')
    const come = this.#rows.of('come')
    if (gone.length === 0 && come.length === 0) return null
    return {
      tableId: this.#tableId,
      gone,
      come,
      again: [],
      entriesGone: gone.flatMap(({ quarantine, archive }) => [...quarantine, ...archive]),
    }
  }
}

function keyOf({ tuple, quarantine, archive }: EncodedRow): string {
  const hash = createHash('sha256')
  if (tuple !== null) hash.update(tuple)
  if (quarantine.length > 0 || archive.length > 0) hash.update(JSON.stringify([quarantine, archive]))
  return hash.digest('base64')
}
