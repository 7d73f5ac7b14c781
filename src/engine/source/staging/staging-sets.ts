/**
 * The rows behind folds and pivots, in the order in which the copy needs them. Invariant: the rows of a set are numbered from 1 without
 * gaps, sorted by their parent's ordinal (or group) and then by their own key, so that walking along the parents means walking along the
 * positions.
 */
import { Cell, type NestedRow } from '../../encode/cell/cell.ts'
import { quoteSqlite } from '../../syntax/sqlite-names.ts'
import type { TextEncoding } from '../base/file-header.ts'
import {
  fillCells,
  mayHideBytes,
  projected,
  type RawRow,
  type TextMode,
  TextScratch,
} from '../base/raw-cells.ts'
import { RowQuery } from '../base/row-query.ts'
import type { SqliteDatabase } from '../base/sqlite.ts'

/** The schema under which a reader attaches the staging file to its snapshot. */
export const STAGING_SCHEMA = 'gpt_migrate_staging'

/** What the staging file records about a set. */
export type StagedSet = {
  readonly name: string
  /** The number of rows; the first `orphans` of them have no parent (parent 0). */
  readonly rows: number
  readonly orphans: number
  /** Whether the rows are in a numbered copy in the staging file; otherwise they are in the snapshot. */
  readonly inStaging: boolean
  readonly table: string
  readonly rowid: string
  /** Whether `row` is a rowid of the source. */
  readonly hasRowid: boolean
  readonly largestRow: number
}

type Statement = { all(...parameters: readonly unknown[]): unknown[] }
type Span = { readonly first: number; readonly count: number }
type Place = { readonly ordinal: number; readonly rowid: bigint; readonly raw: RawRow }

/** A plain array that also identifies its row. */
type Nested = readonly Cell[] & { readonly rowid: Cell; ordinal: number }

/** Reads a set through a snapshot's connection that has the staging file attached. */
export class StagedRows {
  readonly #set: StagedSet
  readonly #encoding: TextEncoding
  readonly #mode: TextMode
  readonly #db: SqliteDatabase
  readonly #expressions: readonly string[]
  readonly #spans: Statement
  readonly #places: Statement
  readonly #queries = new Map<TextMode, RowQuery>()
  readonly #chunkRows: number
  readonly #nested: Nested
  readonly #scratch = new TextScratch()
  #chunk: readonly Place[] = []
  #chunkMode: TextMode = 'strings'
  #chunkFirst = 0

  /** `shown`: how many of the expressions become cells of the nested rows. */
  constructor(
    db: SqliteDatabase,
    set: StagedSet,
    encoding: TextEncoding,
    expressions: readonly string[],
    shown: number,
  ) {
    this.#db = db
    this.#set = set
    this.#encoding = encoding
    this.#mode = set.largestRow > 100_000_000 ? 'bytes' : 'strings'
    this.#expressions = expressions
    this.#chunkRows = Math.max(1, Math.min(1000, Math.floor(32_000_000 / (set.largestRow + 1))))
    this.#nested = Object.assign(
      Array.from({ length: shown }, () => new Cell()),
      { rowid: new Cell(), ordinal: 0 },
    )
    const staged = `${STAGING_SCHEMA}.${quoteSqlite(set.name)}`
    this.#spans = db
      .prepare(
        `select parent, min(position), count(*)\nfrom ${staged}\nwhere parent > ? and parent <= ?\ngroup by parent\norder by parent`,
      )
      .raw()
    this.#places = db
      .prepare(
        `select ordinal, "row"\nfrom ${staged}\nwhere position >= ? and position < ?\norder by position`,
      )
      .raw()
      .safeIntegers()
  }

  /** Where the children of the parents in a half-open range are; parents without children are left out. */
  spans(after: number, through: number): ReadonlyMap<number, Span> {
    const rows = this.#spans.all(after, through) as [number, number, number][]
    return new Map(rows.map(([parent, first, count]) => [parent, { first, count }]))
  }

  /** Yields the rows of a span. Each is valid until the next is requested. */
  *rows(span: Span): Generator<NestedRow, void, undefined> {
    const nested = this.#nested
    for (let position = span.first; position < span.first + span.count; position++) {
      const place = this.#placeAt(position)
      this.#scratch.reset()
      fillCells(nested, place.raw, 1, this.#chunkMode, this.#encoding, this.#scratch)
      if (this.#set.hasRowid) nested.rowid.setBigInteger(place.rowid)
      nested.ordinal = place.ordinal
      yield nested
    }
  }

  /** The result columns of a row, from index 1 on, and the mode in which they were read. */
  raw(position: number): { readonly raw: RawRow; readonly mode: TextMode } {
    const { raw } = this.#placeAt(position)
    return { raw, mode: this.#chunkMode }
  }

  #placeAt(position: number): Place {
    const known = this.#chunk[position - this.#chunkFirst]
    if (known !== undefined) return known
    this.#load(position)
    return this.#chunk[0]!
  }

  #load(first: number): void {
    const through = first + this.#chunkRows
    const places = this.#places.all(first, through) as [bigint, bigint][]
    let mode = this.#mode
    let rows = this.#query(mode).all([first, through])
    if (mode === 'strings' && rows.some((row) => mayHideBytes(row, this.#encoding))) {
      mode = 'bytes'
      rows = this.#query(mode).all([first, through])
    }
    const byRowid = new Map(rows.map((row) => [row[0] as bigint, row]))
    this.#chunk = places.map(([ordinal, rowid]) => ({
      ordinal: Number(ordinal),
      rowid,
      raw: byRowid.get(rowid)!,
    }))
    this.#chunkMode = mode
    this.#chunkFirst = first
  }

  #query(mode: TextMode): RowQuery {
    let query = this.#queries.get(mode)
    if (query === undefined) {
      const { inStaging, table, rowid, name } = this.#set
      const from = `${inStaging ? STAGING_SCHEMA : 'main'}.${quoteSqlite(table)}`
      query = new RowQuery(
        this.#db,
        [quoteSqlite(rowid), ...this.#expressions.flatMap((expression) => projected(expression, mode))],
        // Not a join, so that names in expressions refer to the one table.
        `from ${from}\nwhere ${quoteSqlite(rowid)} in (
          select "row" from ${STAGING_SCHEMA}.${quoteSqlite(name)} as staged
          where staged.position >= ? and staged.position < ?
        )\norder by ${quoteSqlite(rowid)}`,
      )
      this.#queries.set(mode, query)
    }
    return query
  }
}
