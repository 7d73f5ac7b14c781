/**
 * Reads a table through SQLite without a JavaScript value for each cell: SQLite writes the rows, one batch at a time, into a small
 * database, whose pages are then read. Invariant: the rows are those of `RewrittenRows`, in order.
 */
import type { CopyPlan, TablePlan } from '../../model/plan.ts'
import type { RangeReading, StoredRows, TableReader } from '../base/reader.ts'
import { unreadable } from '../base/row-size.ts'
import { openMemoryReader, type ReadPlan } from '../pages/page-reader.ts'
import type { Rewriting } from './rewriting.ts'
import { RewrittenRows } from './rewritten-rows.ts'

/**
 * Opens a reader for a table that `isRewritable`; the caller closes `rewriting`. Throws MigrateError `source` when the table cannot be
 * read.
 */
export function openRewrittenReader(
  rewriting: Rewriting,
  table: TablePlan,
  copy: CopyPlan,
  largestRow: number,
): TableReader {
  try {
    return new RewrittenReader(rewriting, table, copy, largestRow)
  } catch (error) {
    throw unreadable(table, error)
  }
}

class RewrittenReader implements TableReader {
  readonly name = 'sqlite'
  readonly stored: StoredRows
  readonly #rewriting: Rewriting
  readonly #rows: RewrittenRows
  readonly #table: TablePlan
  readonly #batch: ReadPlan

  constructor(rewriting: Rewriting, table: TablePlan, copy: CopyPlan, largestRow: number) {
    this.#rewriting = rewriting
    this.#table = table
    this.#rows = new RewrittenRows(rewriting, table.table, copy, largestRow)
    this.stored = this.#rows.stored
    // The rowids of a batch mean nothing where the table has none.
    const key = copy.key.kind === 'rowid' ? copy.key : ({ kind: 'none' } as const)
    this.#batch = { ...copy, key, read: { ...copy.read, table: this.stored.table } }
  }

  open(block: Parameters<TableReader['open']>[0]): RangeReading {
    const batches = this.#rows.open(block)
    let batch: { readonly reader: TableReader; readonly reading: RangeReading } | null = null
    const next = (): boolean => {
      const written = batches.next()
      if (written === null) return false
      const reader = openMemoryReader(this.#rewriting.pages(), this.#batch)
      batch = { reader, reading: reader.open(written) }
      return true
    }
    return {
      advance: (maxRows, visit, take) => {
        try {
          if (batch === null && !next()) return false
          if (!batch!.reading.advance(maxRows, visit, take)) {
            batch!.reader.close()
            batch = null
          }
          return true
        } catch (error) {
          throw unreadable(this.#table, error)
        }
      },
    }
  }

  close(): void {}
}
