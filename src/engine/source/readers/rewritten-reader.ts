/**
 * Reads a table through SQLite without a JavaScript value for each cell: SQLite writes the rows, one batch at a time, into a small
 * database, whose pages are then read. Invariant: SQLite's own code reads the snapshot, and writes each record anew from its values.
 */
import { EVERY_ROW } from '../../model/block.ts'
import { undeclared } from '../../model/catalog.ts'
import type { CopyPlan, TablePlan } from '../../model/plan.ts'
import { quoteSqlite } from '../../syntax/sqlite-names.ts'
import { keyColumns } from '../base/key-order.ts'
import type { RangeReading, TableReader } from '../base/reader.ts'
import { unreadable } from '../base/row-size.ts'
import { openMemoryReader, pageReaderRefusal, type ReadPlan } from '../pages/page-reader.ts'
import type { Rewriting } from './rewriting.ts'
import { rowidBounds } from './row-batches.ts'

/** The number of rows written at a time. */
const BATCH_ROWS = 1000
/** Larger rows are read in another way, so that a batch stays small; values that SQLite computes are not counted in any reader's batches. */
const MOST_ROW_BYTES = 16_384
/** https://www.sqlite.org/limits.html#max_column, less one for the rowid. */
const MOST_COLUMNS = 1999

export function isRewritable(copy: CopyPlan, largestRow: number): boolean {
  const { read } = copy
  // SQLite computes these when it writes them.
  const computed = read.table.columns.flatMap(({ name, generated }) =>
    generated === 'virtual' ? [name] : [],
  )
  const columns = read.columns.filter((name) => !computed.includes(name))
  return (
    pageReaderRefusal({ ...copy, read: { ...read, columns } }, { encoding: 'UTF-8' }) === null &&
    copy.key.kind === 'rowid' &&
    read.columns.length <= MOST_COLUMNS &&
    largestRow <= MOST_ROW_BYTES
  )
}

/**
 * Opens a reader for a table that `isRewritable`; the caller closes `rewriting`. Throws MigrateError `source` when the table cannot be
 * read.
 */
export function openRewrittenReader(rewriting: Rewriting, table: TablePlan, copy: CopyPlan): TableReader {
  try {
    return new RewrittenReader(rewriting, table, copy)
  } catch (error) {
    throw unreadable(table, error)
  }
}

type Writing = { run(...parameters: unknown[]): { changes: number } }

class RewrittenReader implements TableReader {
  readonly name = 'sqlite'
  readonly #rewriting: Rewriting
  readonly #table: TablePlan
  readonly #batch: ReadPlan
  readonly #insert: Writing
  readonly #last: { get(): unknown }
  readonly #empty: Writing

  constructor(rewriting: Rewriting, table: TablePlan, copy: CopyPlan) {
    const { db } = rewriting
    const { columns } = copy.read
    const alias = copy.key.kind === 'rowid' ? copy.key.column : null
    const key = keyColumns(copy.key)[0]!.name
    const names = ['row_id', ...columns.map((_, index) => `c${index}`)]
    // A column without a type converts nothing (https://www.sqlite.org/datatype3.html, section 3.1).
    db.exec(`drop table main.batch; create table main.batch (${names.join(', ')})`)
    const values = columns.map((name) => (name === alias ? 'null' : quoteSqlite(name)))
    this.#rewriting = rewriting
    this.#table = table
    this.#insert = db
      .prepare(
        `insert into main.batch (${names.join(', ')})
select ${[key, ...values].join(', ')}
from snapshot.${quoteSqlite(table.table)}
where ${key} >= ? and ${key} <= ?
order by ${key}
limit ${BATCH_ROWS}`,
      )
      .safeIntegers()
    this.#last = db
      .prepare('select row_id from main.batch order by rowid desc limit 1')
      .pluck()
      .safeIntegers()
    this.#empty = db.prepare('delete from main.batch')
    const rootPage = db.prepare("select rootpage from main.sqlite_schema where name = 'batch'").pluck().get()
    this.#batch = { ...copy, read: { ...copy.read, table: batchTable(columns, Number(rootPage)) } }
  }

  open({ range, rowsBefore }: Parameters<TableReader['open']>[0]): RangeReading {
    const bounds = rowidBounds(range)
    const { through } = bounds
    let { from } = bounds
    let ordinal = rowsBefore
    let batch: { readonly reader: TableReader; readonly reading: RangeReading } | null = null
    const next = (): boolean => {
      if (from > through) return false
      const { changes } = this.#insert.run(from, through)
      if (changes === 0) return false
      from = changes < BATCH_ROWS ? through + 1n : (this.#last.get() as bigint) + 1n
      const reader = openMemoryReader(this.#rewriting.pages(), this.#batch)
      this.#empty.run()
      batch = { reader, reading: reader.open({ ...EVERY_ROW, rowsBefore: ordinal }) }
      ordinal += changes
      return true
    }
    return {
      advance: (maxRows, visit) => {
        try {
          if (batch === null && !next()) return false
          if (!batch!.reading.advance(maxRows, visit)) {
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

/** The columns have no type, so that even a whole REAL is stored as a REAL. */
function batchTable(columns: readonly string[], rootPage: number): ReadPlan['read']['table'] {
  return {
    rootPage,
    withoutRowid: false,
    columns: columns.map((name) => ({ ...undeclared, name })),
  }
}
