/**
 * Has SQLite write a table's rows into the small database of a `Rewriting`, one batch at a time, as a table with rowids. Invariant: SQLite's
 * own code reads the snapshot and writes each record anew from its values; batches follow each other in key order without gap or overlap.
 */
import type { Block } from '../../model/block.ts'
import { undeclared } from '../../model/catalog.ts'
import type { CopyPlan } from '../../model/plan.ts'
import { quoteSqlite } from '../../syntax/sqlite-names.ts'
import type { StoredRows } from '../base/reader.ts'
import { type ReadPlan, recordRefusal } from '../pages/page-reader.ts'
import { type BatchWriter, KeyedWriter, RowidWriter } from './batch-writers.ts'
import type { Rewriting } from './rewriting.ts'

/** The most rows of a batch, and the most bytes of their records. */
const BATCH_ROWS = 4000
const BATCH_BYTES = 4_000_000
/** Larger rows are read in another way, so that a batch stays small; values that SQLite computes are not counted in any reader's batches. */
const MOST_ROW_BYTES = 32_000
/** https://www.sqlite.org/limits.html#max_column, less one for the first column. */
const MOST_COLUMNS = 1999
/** The number of rows from which the preparation pays. */
export const MANY_ROWS = 1000

export function isRewritable(copy: ReadPlan, largestRow: number): boolean {
  const { read, key } = copy
  // SQLite computes these when it writes them.
  const computed = read.table.columns.flatMap(({ name, generated }) =>
    generated === 'virtual' ? [name] : [],
  )
  const columns = read.columns.filter((name) => !computed.includes(name))
  return (
    recordRefusal({ ...copy, read: { ...read, columns } }) === null &&
    hasReadKey(key, columns) &&
    read.columns.length > 0 &&
    read.columns.length <= MOST_COLUMNS &&
    largestRow <= MOST_ROW_BYTES
  )
}

function hasReadKey(key: CopyPlan['key'], columns: readonly string[]): boolean {
  if (key.kind === 'none') return false
  return key.kind === 'rowid' || key.columns.every(({ name }) => columns.includes(name))
}

/** The rows of `range`, a range of rowids in the small database; the table has `rowsBefore` rows before them. */
export type RewrittenBatch = Pick<Block, 'range' | 'rowsBefore' | 'rows'>

export type RewrittenBatches = {
  /** Writes the next batch in place of the last one. Returns null at the end of the range. */
  next(): RewrittenBatch | null
}

export class RewrittenRows {
  /** How the rows are stored in the small database, with the columns' own names: a table with a rowid keeps it. */
  readonly stored: StoredRows
  readonly #rewriting: Rewriting
  readonly #table: string
  readonly #copy: ReadPlan
  readonly #batchRows: number

  /** For a table that `isRewritable`; ends the use of `rewriting` by others, and needs it until its own end. */
  constructor(rewriting: Rewriting, table: string, copy: ReadPlan, largestRow: number) {
    const { db } = rewriting
    const { columns } = copy.read
    const names = ['first', ...columns.map((_, index) => `c${index}`)]
    // A column without a type converts nothing (https://www.sqlite.org/datatype3.html, section 3.1).
    db.exec(`drop table main.batch; create table main.batch (${names.join(', ')})`)
    const rootPage = db.prepare("select rootpage from main.sqlite_schema where name = 'batch'").pluck().get()
    this.#rewriting = rewriting
    this.#table = `snapshot.${quoteSqlite(table)}`
    this.#copy = copy
    this.#batchRows = Math.max(1, Math.min(BATCH_ROWS, Math.floor(BATCH_BYTES / (largestRow + 1))))
    this.stored = {
      key: { kind: 'rowid', name: 'rowid', column: copy.key.kind === 'rowid' ? copy.key.column : null },
      table: {
        rootPage: Number(rootPage),
        withoutRowid: false,
        columns: [nameUnlike(columns), ...columns].map((name) => ({ ...undeclared, name })),
      },
    }
  }

  open({ range, rowsBefore }: Pick<Block, 'range' | 'rowsBefore'>): RewrittenBatches {
    const { db } = this.#rewriting
    const { key, read } = this.#copy
    if (key.kind === 'none') throw new TypeError('rows without a key are not rewritten')
    const source = { db, table: this.#table, columns: read.columns }
    const writer: BatchWriter =
      key.kind === 'primary-key' ? new KeyedWriter(source, key, range) : new RowidWriter(source, key, range)
    const empty = db.prepare('delete from main.batch')
    let before = rowsBefore
    let last: RewrittenBatch | null = null
    return {
      next: () => {
        if (last !== null) before += last.rows
        empty.run()
        const rows = writer.write(this.#batchRows)
        if (rows === 0) return null
        const through = key.kind === 'rowid' ? null : [{ integer: String(rows) }]
        last = { range: { after: null, through }, rowsBefore: before, rows }
        return last
      },
    }
  }
}

/** A name for a column that none of the others has. */
function nameUnlike(names: readonly string[]): string {
  let name = 'first'
  while (names.includes(name)) name += '_'
  return name
}
