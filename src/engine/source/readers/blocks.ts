/** Divides a table into blocks. Invariant: every row is in exactly one block, and `rows` and `rowsBefore` are counted, not estimated. */
import { Cell } from '../../encode/cell/cell.ts'
import { storedCellOf } from '../../encode/cell/stored-cell.ts'
import type { Block, KeyBound } from '../../model/block.ts'
import type { SourceKey } from '../../model/catalog.ts'
import type { CopyPlan, TablePlan } from '../../model/plan.ts'
import { quoteSqlite } from '../../syntax/sqlite-names.ts'
import { afterAtLevel, keyColumns, orderBy } from '../base/key-order.ts'
import {
  fillCells,
  keyParameters,
  projected,
  type RawRow,
  TextScratch,
  textEncodingOf,
} from '../base/raw-cells.ts'
import { unreadable } from '../base/row-size.ts'
import type { SqliteDatabase } from '../base/sqlite.ts'
import type { StagingFile } from '../staging/staging.ts'
import { STAGING_SCHEMA } from '../staging/staging-sets.ts'

type Cutting = {
  readonly rowsPerBlock: number
  /** The table's number of rows, if it has been counted. */
  readonly counted?: number | undefined
  readonly staging: StagingFile | null
}

/**
 * Returns the blocks of a copied table in key order, each with `rowsPerBlock` rows except the last; [] for an empty table, or one that
 * isn't copied by itself. Throws MigrateError `source` when the table cannot be read.
 */
export function cutBlocks(db: SqliteDatabase, table: TablePlan, cutting: Cutting): readonly Block[] {
  if (table.fate.kind !== 'copy') return []
  const { copy } = table.fate
  try {
    return blocksBetween(table.id, cutting.rowsPerBlock, cuts(db, table, copy, cutting))
  } catch (error) {
    throw unreadable(table, error)
  }
}

/** The last keys of all full blocks, and the number of rows. */
type Cuts = { readonly bounds: readonly NonNullable<KeyBound>[]; readonly rows: number }

function cuts(
  db: SqliteDatabase,
  { id, table }: TablePlan,
  copy: CopyPlan,
  { rowsPerBlock: size, counted, staging }: Cutting,
): Cuts {
  if (copy.pivot !== null) {
    if (staging === null) throw new TypeError(`${id} needs the staging file`)
    staging.attachTo(db)
    const set = `${STAGING_SCHEMA}.${quoteSqlite(staging.pivotOf(id).name)}`
    const groups = Number(db.prepare(`select ifnull(max(parent), 0) from ${set}`).pluck().get())
    const full = Math.floor(groups / size)
    return {
      bounds: Array.from({ length: full }, (_, index) => [{ integer: String((index + 1) * size) }]),
      rows: groups,
    }
  }
  if (copy.key.kind === 'none') {
    const rows = db
      .prepare(`select count(*) from main.${quoteSqlite(table)} not indexed`)
      .pluck()
      .get()
    return { bounds: [], rows: Number(rows) }
  }
  if (copy.key.kind === 'primary-key') return stepByKey(db, table, copy.key, size)
  // A virtual table's module might sort in every step.
  return copy.key.kind === 'rowid' && copy.read.table.rootPage > 0
    ? (cutEvenly(db, table, copy.key.name, size, counted) ?? stepByRowid(db, table, copy.key.name, size))
    : walkOnce(db, table, copy, size)
}

/** If the table has as many rows as there are rowids from the first to the last, no rowid is missing; null for other tables. */
function cutEvenly(
  db: SqliteDatabase,
  table: string,
  name: string,
  size: number,
  counted: number | undefined,
): Cuts | null {
  if (counted === undefined || counted === 0) return null
  const end = (which: string): string =>
    `(select ${which}(${quoteSqlite(name)}) from main.${quoteSqlite(table)} not indexed)`
  const [first, last] = db
    .prepare(`select ${end('min')}, ${end('max')}`)
    .raw()
    .safeIntegers()
    .get() as [bigint | null, bigint | null]
  if (first === null || last === null || last - first + 1n !== BigInt(counted)) return null
  const bounds = Array.from({ length: Math.floor(counted / size) }, (_, index) => [
    { integer: String(first + BigInt((index + 1) * size) - 1n) },
  ])
  return { bounds, rows: counted }
}

/** Steps along the table's b-tree: SQLite skips rows by an offset without reading them. */
function stepByRowid(db: SqliteDatabase, table: string, name: string, size: number): Cuts {
  const rowid = quoteSqlite(name)
  const from = `from main.${quoteSqlite(table)} not indexed\nwhere ${rowid} >= ?`
  const step = db
    .prepare(`select ${rowid}\n${from}\norder by ${rowid}\nlimit 1 offset ?`)
    .pluck()
    .safeIntegers()
  const bounds: NonNullable<KeyBound>[] = []
  let start = -(2n ** 63n)
  while (start < 2n ** 63n) {
    const last = step.get(start, size - 1) as bigint | undefined
    if (last === undefined) break
    bounds.push([{ integer: String(last) }])
    start = last + 1n
  }
  const rest = start === 2n ** 63n ? 0 : Number(db.prepare(`select count(*)\n${from}`).pluck().get(start))
  return { bounds, rows: bounds.length * size + rest }
}

/** The same along the b-tree of a WITHOUT ROWID table, in one step for each column of the key (`afterAtLevel`). */
function stepByKey(db: SqliteDatabase, table: string, key: SourceKey, size: number): Cuts {
  const columns = keyColumns(key)
  const encoding = textEncodingOf(db)
  const cells = columns.map(() => new Cell())
  const scratch = new TextScratch()
  const from = `from main.${quoteSqlite(table)}`
  const keyAt = (condition: string) =>
    db
      .prepare(
        `select ${columns.flatMap(({ name }) => projected(name, 'bytes')).join(', ')}
         ${from}${condition}
         order by ${orderBy(columns)}
         limit 1 offset ?`,
      )
      .raw()
      .safeIntegers()
  const first = keyAt('')
  const steps = columns.map((_, level) => {
    const condition = ` where ${afterAtLevel(columns, level)}`
    return { level, key: keyAt(condition), rows: db.prepare(`select count(*) ${from}${condition}`).pluck() }
  })
  const nextKey = (after: NonNullable<KeyBound> | null): RawRow | undefined => {
    if (after === null) return first.get(size - 1) as RawRow | undefined
    let rowsBefore = size - 1
    for (const { level, key: step, rows } of steps.toReversed()) {
      const parameters = after.slice(0, level + 1).flatMap((cell) => keyParameters(cell, encoding))
      const found = step.get(...parameters, rowsBefore) as RawRow | undefined
      if (found !== undefined || level === 0) return found
      rowsBefore -= Number(rows.get(...parameters))
    }
    return undefined
  }
  const bounds: NonNullable<KeyBound>[] = []
  for (let found = nextKey(null); found !== undefined; found = nextKey(bounds.at(-1)!)) {
    scratch.reset()
    fillCells(cells, found, 0, 'bytes', encoding, scratch)
    bounds.push(cells.map(storedCellOf))
  }
  const rows = db.prepare(`select count(*) ${from} not indexed`).pluck().get()
  return { bounds, rows: Number(rows) }
}

/** Walks the table once in key order, reading only every `size`-th key. */
function walkOnce(db: SqliteDatabase, table: string, copy: CopyPlan, size: number): Cuts {
  const columns = keyColumns(copy.key)
  const order = orderBy(columns)
  const names = columns.map((column, index) => `${column.name} as k${index}`)
  const cells = columns.map(() => new Cell())
  const encoding = textEncodingOf(db)
  const scratch = new TextScratch()
  const keys = db
    .prepare(
      `select ${columns.flatMap((_, index) => projected(`k${index}`, 'bytes')).join(', ')}
       from (select ${names.join(', ')}, row_number() over (order by ${order}) as n from main.${quoteSqlite(table)})
       where n % ? = 0
       order by n`,
    )
    .raw()
    .safeIntegers()
    .all(size) as RawRow[]
  const bounds = keys.map((key) => {
    scratch.reset()
    fillCells(cells, key, 0, 'bytes', encoding, scratch)
    return cells.map(storedCellOf)
  })
  const rows = db
    .prepare(`select count(*) from main.${quoteSqlite(table)} not indexed`)
    .pluck()
    .get()
  return { bounds, rows: Number(rows) }
}

function blocksBetween(tableId: string, size: number, { bounds, rows }: Cuts): readonly Block[] {
  if (rows === 0) return []
  // When the last bound is the last row, no block follows it.
  const inner = bounds.length * size === rows ? bounds.slice(0, -1) : bounds
  return [...inner, null].map((through, number) => ({
    tableId,
    number,
    range: { after: inner[number - 1] ?? null, through },
    rowsBefore: number * size,
    rows: number === inner.length ? rows - number * size : size,
  }))
}
