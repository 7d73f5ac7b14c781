import { BLOB, type Cell, type SourceRow, TEXT } from '../../encode/cell/cell.ts'
import type { Block, KeyBound } from '../../model/block.ts'
import type { Catalog } from '../../model/catalog.ts'
import type { CopyPlan } from '../../model/plan.ts'
import { type LongValues, NO_LONG_VALUES } from '../base/long-values.ts'
import {
  type RangeReading,
  type StoredRows,
  storedInSnapshot,
  type TableReader,
  type TakeRows,
} from '../base/reader.ts'
import { OverflowReader, type PayloadRange, type SpilledPayload } from './overflow.ts'
import { PageFile, type PageSizes } from './page-file.ts'
import { PageRow, rowidColumn, storedColumns } from './page-row.ts'
import { type Pages, PageWindow } from './page-window.ts'
import { PagesInMemory } from './pages-in-memory.ts'
import { RecordDecoder } from './record.ts'
import { TableWalk } from './table-walk.ts'
import { Utf16Texts } from './utf16-texts.ts'

/**
 * Reads a table's rows from the snapshot's pages, without SQLite: exactly the stored bytes, and no object for a row or cell. Read it beside
 * https://www.sqlite.org/fileformat2.html, in this order: page-file (the file's header), tree-page and table-walk (the tree of pages),
 * overflow, record, page-row, and this file. Invariant: anything unexpected in a page is a PageError before the affected row is visited;
 * the caller then reads the table through SQLite.
 */

/** What the reader needs from a copy plan. */
export type ReadPlan = Pick<CopyPlan, 'read' | 'key' | 'pivot' | 'folds'>

/**
 * Returns why a table can't be read by pages, to end the sentence "… is read through SQLite, because"; null when it can. Some obstacles,
 * such as a row that lacks an added column with a default that isn't a literal, are a PageError only when met.
 */
export function pageReaderRefusal(copy: ReadPlan): string | null {
  return copy.read.table.withoutRowid ? 'it is a WITHOUT ROWID table' : recordRefusal(copy)
}

/** The same for single records, which `openRecordReader` can read from WITHOUT ROWID tables, too, but only in UTF-8. */
export function recordReaderRefusal(copy: ReadPlan, { encoding }: Pick<Catalog, 'encoding'>): string | null {
  return encoding === 'UTF-8' ? recordRefusal(copy) : `its text is ${encoding}`
}

/** The same, of any records. */
export function recordRefusal({ read, key, pivot, folds }: ReadPlan): string | null {
  if (key.kind === 'primary-key' && new Set(key.columns.map(({ name }) => name)).size < key.columns.length)
    return 'its key has a column twice'
  if (read.table.rootPage < 1) return 'it is a virtual table'
  if (pivot !== null) return 'its rows are pivoted'
  if (folds.length > 0) return 'rows of other tables are folded into it'
  if (read.filter !== null) return 'its rows are filtered'
  if (read.expressions.length > 0) return 'SQL expressions are read from it'
  for (const name of read.columns) {
    const column = read.table.columns.find((candidate) => candidate.name === name)
    if (column === undefined) return `the catalog does not know its column ${name}`
    if (column.generated === 'virtual') return `its generated column ${name} is not stored`
  }
  return null
}

/**
 * Opens a snapshot to read one table by its pages. Throws PageError for a file whose header isn't that of a complete database in
 * rollback mode. The reader's ranges share its memory (two windows of 256 KB, and the largest row that didn't fit into its page): opening a
 * range ends the previous one. `long`: the values that may be represented as `LongBytes`.
 */
export function openPageReader(
  file: string,
  copy: ReadPlan,
  long: LongValues = NO_LONG_VALUES,
): TableReader & { readonly bytesShown: number } {
  const refusal = pageReaderRefusal(copy)
  if (refusal !== null) throw new Error(`the page reader was given a table that it refuses: ${refusal}`)
  const pages = new PageFile(file)
  return new PageReader(pages, () => new PageWindow(pages), copy, { long, rowid: 'of the tree' })
}

/** The same for a whole database in memory, whose table has an extra first column: each row's rowid, if `copy` has one. */
export function openMemoryReader(database: Buffer, copy: ReadPlan): TableReader {
  const pages = new PagesInMemory(database)
  const rowid = copy.key.kind === 'rowid' ? 'first column' : 'of the tree'
  return new PageReader(pages, () => pages, copy, { long: NO_LONG_VALUES, rowid })
}

/**
 * Returns a function that reads single records, from anywhere, of a table for which `recordReaderRefusal` returns null. Its result is valid
 * until the next call.
 */
export function openRecordReader(copy: ReadPlan): (rowid: bigint, record: Buffer) => SourceRow {
  const row = new PageRow(copy.read.columns.length, () => {})
  const decoder = new RecordDecoder(storedColumns(copy, row))
  return (rowid, record) => {
    const view = new DataView(record.buffer, record.byteOffset, record.length)
    decoder.decode({ bytes: record, view }, 0, record.length, 0)
    if (copy.key.kind === 'rowid') row.rowid.setBigInteger(rowid)
    return row
  }
}

class PageReader implements TableReader {
  readonly name = 'pages'
  readonly stored: StoredRows
  readonly #file: PageSizes & { close(): void }
  readonly #walk: TableWalk
  readonly #pages: Pages
  readonly #overflow: OverflowReader
  /** Null in a database in UTF-8. */
  readonly #utf16: Utf16Texts | null
  readonly #decoder: RecordDecoder
  readonly #row: PageRow
  readonly #showsRowid: boolean
  readonly #longCells: readonly Cell[]
  readonly #longBytes: number
  /** The next cell of the current leaf. */
  #cell = 0
  #bytesShown = 0
  /** The number of ranges opened so far. */
  #range = 0

  constructor(
    file: PageSizes & { close(): void },
    openPages: () => Pages,
    copy: ReadPlan,
    { long, rowid }: { readonly long: LongValues; readonly rowid: 'of the tree' | 'first column' },
  ) {
    this.#file = file
    this.stored = storedInSnapshot(copy)
    this.#pages = openPages()
    this.#overflow = new OverflowReader(file.usableSize, openPages)
    this.#walk = new TableWalk(file, this.#pages, copy.read.table.rootPage)
    // In a table whose columns hide every name of the rowid, no rowid is reported, just as through SQL.
    this.#showsRowid = copy.key.kind === 'rowid' && rowid === 'of the tree'
    this.#utf16 = file.encoding === 'utf8' ? null : new Utf16Texts(file.encoding)
    this.#row = new PageRow(copy.read.columns.length, () => {
      this.#overflow.free()
      this.#utf16?.free()
    })
    const columns = storedColumns(copy, this.#row)
    this.#decoder = new RecordDecoder(
      rowid === 'of the tree' ? columns : [rowidColumn(this.#row), ...columns.slice(1)],
    )
    this.#longCells = long.columns.map((index) => this.#row.cells[index]!)
    this.#longBytes = long.bytes
  }

  open(block: Pick<Block, 'range' | 'rowsBefore'>): RangeReading {
    const { after, through } = block.range
    this.#walk.start(rowidOfBound(after), rowidOfBound(through))
    this.#cell = this.#walk.from
    this.#row.ordinal = block.rowsBefore
    const range = ++this.#range
    return {
      advance: (maxRows, visit, take) => {
        if (range !== this.#range) throw new Error('a range was read after its reader had gone on')
        return this.#advance(maxRows, visit, take)
      },
    }
  }

  /** The bytes of the records visited so far. */
  get bytesShown(): number {
    return this.#bytesShown
  }

  close(): void {
    this.#range++
    this.#overflow.close()
    this.#file.close()
  }

  #advance(maxRows: number, visit: (row: SourceRow) => void, take: TakeRows | undefined): boolean {
    const walk = this.#walk
    let rowsLeft = maxRows
    let bytesLeft = BATCH_BYTES
    while (rowsLeft > 0 && bytesLeft > 0) {
      if (this.#cell < walk.to) {
        if (take !== undefined) {
          const taken = this.#offer(take, Math.min(walk.to, this.#cell + rowsLeft))
          rowsLeft -= taken
          bytesLeft -= taken === 0 ? 0 : this.#file.pageSize
          if (rowsLeft === 0 || this.#cell === walk.to) continue
        }
        const size = this.#show(this.#cell++, visit)
        this.#bytesShown += size
        bytesLeft -= size
        rowsLeft--
      } else if (walk.nextLeaf()) {
        this.#cell = walk.from
      } else {
        return false
      }
    }
    return true
  }

  /** Offers the leaf's next cells, up to `to`; returns how many were taken. */
  #offer(take: TakeRows, to: number): number {
    const row = this.#row
    const from = this.#cell
    this.#cell = take(this.#walk.leaf, from, to, row.ordinal + 1)
    row.ordinal += this.#cell - from
    return this.#cell - from
  }

  /** Visits the row in a cell of the leaf; returns the size of its payload. */
  #show(cell: number, visit: (row: SourceRow) => void): number {
    const { leaf } = this.#walk
    const row = this.#row
    const size = leaf.payloadSize(cell)
    const at = leaf.payloadAt(cell)
    if (leaf.isLocal(size)) {
      this.#decoder.decode(this.#pages, at, at + size, leaf.page)
      this.#utf16?.rewrite(row.cells, this.#pages.bytes)
    } else {
      this.#decodeSpilled({ leaf: this.#pages.bytes, at, size, leafPage: leaf.page })
    }
    if (this.#showsRowid) leaf.showRowid(cell, row.rowid)
    row.ordinal++
    visit(row)
    return size
  }

  #decodeSpilled(payload: SpilledPayload): void {
    const overflow = this.#overflow
    const { size, leafPage } = payload
    const long = size < this.#longBytes ? [] : this.#longValues(payload)
    overflow.assemble(
      payload,
      long.map(({ range }) => range),
    )
    this.#decoder.decode(overflow, 0, size, leafPage)
    this.#utf16?.rewrite(this.#row.cells, overflow.bytes)
    for (const { cell, range } of long) {
      cell.setLong(cell.storage === TEXT ? TEXT : BLOB, overflow.rangeOf(payload, range))
    }
  }

  /** The cells of the payload to represent as `LongBytes`, in the order of their bytes; the record's header says where those are. */
  #longValues(payload: SpilledPayload): { cell: Cell; range: PayloadRange }[] {
    if (this.#longCells.length === 0) return []
    this.#overflow.assembleStart(payload, MOST_HEADER_BYTES)
    this.#decoder.decode(this.#overflow, 0, payload.size, payload.leafPage)
    return this.#longCells
      .filter(
        ({ storage, buffer, start, end }) =>
          // A piece of UTF-16 text cannot be converted to UTF-8 alone.
          ((storage === TEXT && this.#utf16 === null) || storage === BLOB) &&
          buffer === this.#overflow.bytes &&
          end - start >= this.#longBytes,
      )
      .map((cell) => ({ cell, range: { start: cell.start, end: cell.end } }))
      .sort((one, other) => one.range.start - other.range.start)
  }
}

/**
 * The largest record header: a serial type of at most nine bytes for each of 32,767 columns
 * (https://www.sqlite.org/limits.html#max_column), and the header's size.
 */
const MOST_HEADER_BYTES = 32768 * 9

/** The payload in bytes after which a batch ends early. */
const BATCH_BYTES = 8 << 20

function rowidOfBound(bound: KeyBound): bigint | null {
  if (bound === null) return null
  const [cell] = bound
  if (bound.length !== 1 || cell === null || cell === undefined || !('integer' in cell)) {
    throw new Error('a range of a rowid table must be bounded by one integer')
  }
  return BigInt(cell.integer)
}
