/**
 * Reads a table through SQLite itself. Invariant: cells hold what is stored: storage class, bytes, integers beyond 2^53; a REAL that SQLite
 * stores as an integer on disk is REAL, as for any user of the database.
 */
import { BLOB, Cell, LONG_BYTES, type NestedRow, type SourceRow, TEXT } from '../../encode/cell/cell.ts'
import { freeAtOnce } from '../../encode/cell/free-at-once.ts'
import { valueOfStoredCell } from '../../encode/cell/stored-cell.ts'
import type { Block } from '../../model/block.ts'
import type { TableFate, TablePlan } from '../../model/plan.ts'
import { quoteSqlite } from '../../syntax/sqlite-names.ts'
import { type LongValues, NO_LONG_VALUES } from '../base/long-values.ts'
import { fillCells, type RawRow, type TextMode, TextScratch, textEncodingOf } from '../base/raw-cells.ts'
import type { RangeReading, TableReader } from '../base/reader.ts'
import { BATCH_BYTES, largestRowOf, unreadable } from '../base/row-size.ts'
import type { SqliteDatabase } from '../base/sqlite.ts'
import type { ReadPlan } from '../pages/page-reader.ts'
import type { StagingFile } from '../staging/staging.ts'
import { filterExpression } from '../staging/staging-build.ts'
import { StagedRows } from '../staging/staging-sets.ts'
import { LongColumn } from './long-column.ts'
import { type Batches, openBatches, type Selection, Statements } from './row-batches.ts'

/** What the reader needs from a table's plan. */
type ReadTable = Omit<TablePlan, 'fate'> & {
  readonly fate: Exclude<TableFate, { kind: 'copy' }> | { readonly kind: 'copy'; readonly copy: ReadPlan }
}

/**
 * Opens a reader for a copied table; `db` is its snapshot, which the caller closes. A table with folds or a pivot needs the staging file,
 * which is then attached to `db`. `largestRow` is in bytes, and found out if not given. `long`: the values that may be represented as
 * `LongBytes`. Throws MigrateError `source` when the table cannot be read.
 */
export function openSqliteReader(
  db: SqliteDatabase,
  table: ReadTable,
  staging: StagingFile | null,
  {
    largestRow,
    long = NO_LONG_VALUES,
  }: { readonly largestRow?: number | undefined; readonly long?: LongValues } = {},
): TableReader {
  if (table.fate.kind !== 'copy') throw new TypeError(`${table.id} is not copied by itself`)
  const { copy } = table.fate
  try {
    const largest = largestRow ?? largestRowOf(db, table.table, copy.read.table.rootPage)
    return new SqliteReader(db, table, copy, staging, largest, largest < long.bytes ? NO_LONG_VALUES : long)
  } catch (error) {
    throw unreadable(table, error)
  }
}

class SqliteReader implements TableReader {
  readonly name = 'sqlite'
  readonly stored = null
  readonly #table: ReadTable
  readonly #copy: ReadPlan
  readonly #statements: Statements
  readonly #batchRows: number
  readonly #folds: readonly StagedRows[]
  readonly #pivot: StagedRows | null
  readonly #long: ReadonlyMap<number, LongColumn>
  readonly #open = new Set<Batches>()

  constructor(
    db: SqliteDatabase,
    table: ReadTable,
    copy: ReadPlan,
    staging: StagingFile | null,
    largest: number,
    long: LongValues,
  ) {
    const encoding = textEncodingOf(db)
    const name = `main.${quoteSqlite(table.table)}`
    this.#long = new Map(
      long.columns.map((index) => [
        index,
        new LongColumn({ db, encoding, table: name, key: copy.key }, copy.read.columns[index]!, long.bytes),
      ]),
    )
    const expressions = resultExpressions(copy, this.#long)
    this.#table = table
    this.#copy = copy
    this.#batchRows = Math.max(1, Math.min(1000, Math.floor(BATCH_BYTES / (largest + 1))))
    this.#statements = new Statements({
      db,
      encoding,
      // A string would be a further copy, and only the garbage collector can free it.
      mode: largest >= LONG_BYTES ? 'bytes' : 'strings',
      table: name,
      expressions,
    })
    if (copy.pivot === null && copy.folds.length === 0) {
      this.#folds = []
      this.#pivot = null
      return
    }
    if (staging === null) throw new TypeError(`${table.id} needs the staging file`)
    staging.attachTo(db)
    this.#folds = copy.folds.map((fold, index) => {
      const columns = fold.columns.map(quoteSqlite)
      return new StagedRows(db, staging.foldOf(table.id, index), encoding, columns, columns.length)
    })
    this.#pivot =
      copy.pivot === null
        ? null
        : new StagedRows(db, staging.pivotOf(table.id), encoding, expressions, copy.read.columns.length)
  }

  open(block: Pick<Block, 'range' | 'rowsBefore'>): RangeReading {
    const row = new ReaderRow(this.#copy, this.#folds, this.#pivot, this.#long)
    try {
      const reading =
        this.#pivot === null ? this.#tableReading(block, row) : this.#groupReading(block, row, this.#pivot)
      return {
        advance: (maxRows, visit) => {
          try {
            return reading.advance(Math.max(1, Math.min(maxRows, this.#batchRows)), visit)
          } catch (error) {
            throw unreadable(this.#table, error)
          }
        },
      }
    } catch (error) {
      throw unreadable(this.#table, error)
    }
  }

  close(): void {
    for (const batches of this.#open) batches.close()
    this.#open.clear()
  }

  #tableReading(block: Pick<Block, 'range' | 'rowsBefore'>, row: ReaderRow): RangeReading {
    const { encoding } = this.#statements.selection
    const { key } = this.#copy
    const batches = openBatches(this.#statements, key, block.range)
    this.#open.add(batches)
    row.ordinal = block.rowsBefore
    return {
      advance: (limit, visit) => {
        const batch = batches.next(limit)
        if (batch === null) {
          batches.close()
          this.#open.delete(batches)
          return false
        }
        row.loadSpans(row.ordinal, row.ordinal + batch.rows.length)
        for (const raw of batch.rows) {
          row.ordinal++
          row.show(raw, batch.at, batch.mode, encoding)
          if (key.kind === 'rowid') row.showRowid(raw[0] as bigint)
          row.showLong()
          visit(row)
        }
        return true
      },
    }
  }

  #groupReading(block: Pick<Block, 'range' | 'rowsBefore'>, row: ReaderRow, pivot: StagedRows): RangeReading {
    const { encoding } = this.#statements.selection
    const bound = (cells: Block['range']['after'], open: number) =>
      cells === null ? open : Number(valueOfStoredCell(cells[0]!))
    let group = bound(block.range.after, 0)
    const last = bound(block.range.through, Number.MAX_SAFE_INTEGER)
    return {
      advance: (limit, visit) => {
        const through = Math.min(last, group + limit)
        const spans = pivot.spans(group, through)
        for (const [number, span] of spans) {
          const { raw, mode } = pivot.raw(span.first)
          row.ordinal = number
          row.rowid.setInteger(number)
          row.span = span
          row.show(raw, 1, mode, encoding)
          visit(row)
        }
        group = through
        return spans.size > 0
      },
    }
  }
}

/** The row that visitors of a range get, filled again for each. */
class ReaderRow implements SourceRow {
  readonly rowid = new Cell()
  ordinal = 0
  wanted = true
  readonly cells: readonly Cell[]
  span = { first: 0, count: 0 }
  readonly #filter: Cell | null
  /** The cell of the INTEGER PRIMARY KEY. */
  readonly #alias: Cell | null
  readonly #all: readonly Cell[]
  readonly #key: readonly Cell[]
  readonly #long: readonly { readonly column: LongColumn; readonly cell: Cell; readonly length: Cell }[]
  readonly #folds: readonly StagedRows[]
  readonly #pivot: StagedRows | null
  readonly #scratch = new TextScratch()
  #spans: readonly ReturnType<StagedRows['spans']>[] = []

  constructor(
    copy: ReadPlan,
    folds: readonly StagedRows[],
    pivot: StagedRows | null,
    long: ReadonlyMap<number, LongColumn>,
  ) {
    const { columns, expressions, filter } = copy.read
    this.cells = Array.from({ length: columns.length + expressions.length }, () => new Cell())
    this.#filter = filter === null ? null : new Cell()
    this.#alias = this.cells[aliasOf(copy)] ?? null
    const read = this.cells.filter((cell) => cell !== this.#alias)
    this.#long = Array.from(long, ([index, column]) => ({
      column,
      cell: this.cells[index]!,
      length: new Cell(),
    }))
    this.#key =
      copy.key.kind === 'primary-key'
        ? copy.key.columns.map(({ name }) => this.cells[columns.indexOf(name)]!)
        : [this.rowid]
    this.#all = [
      ...read,
      ...(this.#filter === null ? [] : [this.#filter]),
      ...this.#long.map(({ length }) => length),
    ]
    this.#folds = folds
    this.#pivot = pivot
  }

  show(raw: RawRow, at: number, mode: TextMode, encoding: Selection['encoding']): void {
    this.#scratch.reset()
    fillCells(this.#all, raw, at, mode, encoding, this.#scratch)
    if (this.#filter !== null) this.wanted = this.#filter.number === 1
  }

  showRowid(rowid: bigint): void {
    this.rowid.setBigInteger(rowid)
    this.#alias?.setBigInteger(rowid)
  }

  /** Sets the cells of long values; call after the cells of the row's key are filled. */
  showLong(): void {
    for (const { column, cell, length } of this.#long) {
      if (length.number !== 0) column.show(cell, length.number, this.#key)
    }
  }

  /** Finds the children of the rows with these ordinals: one query per fold and batch. */
  loadSpans(after: number, through: number): void {
    if (this.#folds.length > 0) this.#spans = this.#folds.map((fold) => fold.spans(after, through))
  }

  children(fold: number): Iterable<NestedRow> {
    const span = this.#spans[fold]?.get(this.ordinal)
    return span === undefined ? [] : this.#folds[fold]!.rows(span)
  }

  members(): Iterable<NestedRow> {
    return this.#pivot === null ? [] : this.#pivot.rows(this.span)
  }

  /** Small values of the driver are left to the garbage collector, and so is the key, from which the next batch starts. */
  forget(): void {
    this.#scratch.free()
    for (const cell of this.cells) {
      const hasBytes = (cell.storage === TEXT || cell.storage === BLOB) && !this.#key.includes(cell)
      if (hasBytes && cell.end >= LONG_BYTES && !cell.isLong) freeAtOnce(cell.buffer)
    }
  }
}

/** The index of the column that is the rowid, which is read only as rowid; -1 when there is none. */
function aliasOf({ key, pivot, read }: ReadPlan): number {
  return pivot === null && key.kind === 'rowid' && key.column !== null ? read.columns.indexOf(key.column) : -1
}

/** All columns except the rowid, the expressions, the filter as 1 or 0, and the lengths of long values. */
function resultExpressions(copy: ReadPlan, long: ReadonlyMap<number, LongColumn>): readonly string[] {
  const { columns, expressions, filter } = copy.read
  const alias = aliasOf(copy)
  const read = columns.flatMap((name, index) =>
    index === alias ? [] : [long.get(index)?.plain ?? quoteSqlite(name)],
  )
  return [
    ...read,
    ...expressions.map((expression) => `(${expression}\n)`),
    ...(filter === null ? [] : [filterExpression(filter)]),
    ...Array.from(long.values(), ({ length }) => length),
  ]
}
