/**
 * The rows of a key range in batches. Invariant: batches follow each other in key order without gap or overlap, and hold at most about 32
 * MB, whatever the rows are.
 */
import { Cell } from '../../encode/cell/cell.ts'
import { storedCellOf, valueOfStoredCell } from '../../encode/cell/stored-cell.ts'
import type { KeyRange } from '../../model/block.ts'
import type { SourceKey } from '../../model/catalog.ts'
import type { StoredCell } from '../../model/storage.ts'
import type { TextEncoding } from '../base/file-header.ts'
import { afterAtLevel, keyColumns, orderBy, upTo } from '../base/key-order.ts'
import {
  fillCells,
  keyParameters,
  mayHideBytes,
  projected,
  type RawRow,
  type TextMode,
  TextScratch,
} from '../base/raw-cells.ts'
import { RowQuery } from '../base/row-query.ts'
import type { SqliteDatabase } from '../base/sqlite.ts'

type Batch = {
  /** The key's columns (a rowid always plain), then `Selection.expressions`, in `mode`. */
  readonly rows: readonly RawRow[]
  readonly mode: TextMode
  /** The index of the first expression in a row. */
  readonly at: number
}

export type Selection = {
  readonly db: SqliteDatabase
  readonly encoding: TextEncoding
  /**
   * Always `bytes` when strings would not do: for text too long for a JavaScript string, and tables without a key to read a row again by.
   */
  readonly mode: TextMode
  /** Quoted, with the schema. */
  readonly table: string
  readonly expressions: readonly string[]
}

/** `next` returns null at the end of the range. Every batch but the last has rows. */
export type Batches = { next(limit: number): Batch | null; close(): void }

export function openBatches(statements: Statements, key: SourceKey, range: KeyRange): Batches {
  switch (key.kind) {
    case 'rowid':
      return new RowidBatches(statements, key, range)
    case 'primary-key':
      return new PrimaryKeyBatches(statements, key, range)
    case 'none':
      return new UnkeyedBatches(statements.selection)
    default:
      return key satisfies never
  }
}

const LARGEST_ROWID = 2n ** 63n - 1n

/** Statements by what they select, each prepared when first needed; shared by all ranges of a reader. */
export class Statements {
  readonly selection: Selection
  readonly #prepared = new Map<string, RowQuery>()
  #mode: TextMode

  constructor(selection: Selection) {
    this.selection = selection
    this.#mode = selection.mode
  }

  /** Reads again as bytes when a string may hide some. */
  read(
    plain: readonly string[],
    exact: readonly string[],
    rest: string,
    parameters: readonly unknown[],
  ): Batch {
    const { encoding } = this.selection
    const mode = this.#mode
    const rows = this.#query(plain, exact, rest, mode).all(parameters)
    const at = (chosen: TextMode) => plain.length + exact.length * (chosen === 'bytes' ? 2 : 1)
    if (mode === 'bytes' || !rows.some((row) => mayHideBytes(row, encoding)))
      return { rows, mode, at: at(mode) }
    // Where there is one emoji, the next batch probably has some, too.
    if (encoding !== 'utf8') this.#mode = 'bytes'
    return { rows: this.#query(plain, exact, rest, 'bytes').all(parameters), mode: 'bytes', at: at('bytes') }
  }

  #query(plain: readonly string[], exact: readonly string[], rest: string, mode: TextMode): RowQuery {
    const name = [mode, ...plain, ...exact, rest].join('\n')
    let query = this.#prepared.get(name)
    if (query === undefined) {
      const { db, table, expressions } = this.selection
      const cells = [...exact, ...expressions].flatMap((expression) => projected(expression, mode))
      query = new RowQuery(db, [...plain, ...cells], `from ${table}\n${rest}`)
      this.#prepared.set(name, query)
    }
    return query
  }
}

class RowidBatches implements Batches {
  readonly #statements: Statements
  readonly #name: string
  #from: bigint
  readonly #through: bigint

  constructor(statements: Statements, key: SourceKey & { kind: 'rowid' }, range: KeyRange) {
    this.#statements = statements
    this.#name = keyColumns(key)[0]!.name
    const { from, through } = rowidBounds(range)
    this.#from = from
    this.#through = through
  }

  next(limit: number): Batch | null {
    if (this.#from > this.#through) return null
    const name = this.#name
    const batch = this.#statements.read(
      [name],
      [],
      `where ${name} >= ? and ${name} <= ?\norder by ${name}\nlimit ?`,
      [this.#from, this.#through, limit],
    )
    const last = batch.rows.at(-1)
    if (last === undefined) return null
    this.#from = batch.rows.length < limit ? LARGEST_ROWID + 1n : (last[0] as bigint) + 1n
    return batch
  }

  close(): void {}
}

/** The first and the last rowid of a rowid range. */
export function rowidBounds(range: KeyRange): { readonly from: bigint; readonly through: bigint } {
  return {
    from: range.after === null ? -(2n ** 63n) : rowidOf(range.after) + 1n,
    through: range.through === null ? LARGEST_ROWID : rowidOf(range.through),
  }
}

function rowidOf(bound: readonly StoredCell[]): bigint {
  return valueOfStoredCell(bound[0]!) as bigint
}

class PrimaryKeyBatches implements Batches {
  readonly #encoding: TextEncoding
  readonly #statements: Statements
  readonly #columns: ReturnType<typeof keyColumns>
  readonly #through: readonly (readonly unknown[])[] | null
  /** The key to continue after, as parameters by column; null before the table's first row. */
  #after: readonly (readonly unknown[])[] | null
  /** The next step of `afterAtLevel`; negative at the end. */
  #level: number
  readonly #cells: readonly Cell[]
  readonly #scratch = new TextScratch()

  constructor(statements: Statements, key: SourceKey & { kind: 'primary-key' }, range: KeyRange) {
    const { encoding } = statements.selection
    this.#encoding = encoding
    this.#statements = statements
    this.#columns = keyColumns(key)
    this.#cells = this.#columns.map(() => new Cell())
    this.#after = range.after?.map((cell) => keyParameters(cell, encoding)) ?? null
    this.#through = range.through?.map((cell) => keyParameters(cell, encoding)) ?? null
    this.#level = range.after === null ? 0 : this.#columns.length - 1
  }

  next(limit: number): Batch | null {
    while (this.#level >= 0) {
      const batch = this.#step(limit)
      if (batch !== null) return batch
    }
    return null
  }

  #step(limit: number): Batch | null {
    const columns = this.#columns
    const after = this.#after
    const where = after === null ? '' : `where ${afterAtLevel(columns, this.#level)}\n`
    const batch = this.#statements.read(
      [this.#through === null ? '1' : upTo(columns)],
      columns.map((column) => column.name),
      `${where}order by ${orderBy(columns)}\nlimit ?`,
      [...this.#throughParameters(), ...(after ?? []).slice(0, this.#level + 1).flat(), limit],
    )
    const { rows } = batch
    const inside = rows.findIndex((row) => row[0] !== 1n)
    if (inside !== -1) this.#level = -1
    else if (rows.length === limit) this.#goOnAfter(rows.at(-1)!, batch.mode)
    else this.#level = after === null ? -1 : this.#level - 1
    const kept = inside === -1 ? rows : rows.slice(0, inside)
    return kept.length === 0 ? null : { ...batch, rows: kept }
  }

  #throughParameters(): readonly unknown[] {
    if (this.#through === null) return []
    return this.#through.flatMap((group, index, all) =>
      index === all.length - 1 ? group : [...group, ...group],
    )
  }

  #goOnAfter(row: RawRow, mode: TextMode): void {
    const encoding = this.#encoding
    this.#scratch.reset()
    fillCells(this.#cells, row, 1, mode, encoding, this.#scratch)
    this.#after = this.#cells.map((cell) => keyParameters(storedCellOf(cell), encoding))
    this.#level = this.#columns.length - 1
  }

  close(): void {}
}

/** A table without a key is read in one go, in the order of its b-tree. */
class UnkeyedBatches implements Batches {
  readonly #rows: Generator<RawRow, void, undefined>

  constructor(selection: Selection) {
    const cells = selection.expressions.flatMap((expression) => projected(expression, 'bytes'))
    this.#rows = new RowQuery(selection.db, cells, `from ${selection.table} not indexed`).iterate([])
  }

  next(limit: number): Batch | null {
    const rows: RawRow[] = []
    while (rows.length < limit) {
      const { value, done } = this.#rows.next()
      if (done) break
      rows.push(value)
    }
    return rows.length === 0 ? null : { rows, mode: 'bytes', at: 0 }
  }

  close(): void {
    this.#rows.return()
  }
}
