/**
 * Copies the readable rows of a damaged table, and reports which are not. Invariant: it terminates, whatever the pages contain, and writes
 * rows as they were stored.
 */
import type { CatalogTable } from '../../model/catalog.ts'
import { quoteSqlite } from '../../syntax/sqlite-names.ts'
import { errorCode } from '../base/error-code.ts'
import { keyColumns, orderBy } from '../base/key-order.ts'
import type { SqliteDatabase } from '../base/sqlite.ts'
import { isSqliteError } from '../base/sqlite-errors.ts'

/**
 * Copies the readable rows from the attached database `damaged` into the table of the same name; `bytes` is the size of the damaged file.
 * Returns what could not be read, as parts of a sentence; NONE when no row could. The copy is limited by the file's size, since pages that
 * refer to each other in a cycle would yield rows without end.
 */
export function copyWithin(db: SqliteDatabase, table: CatalogTable, bytes: number): string[] {
  const pageSize = Number(db.pragma('page_size', { simple: true }))
  const pages = Number(db.pragma('page_count', { simple: true }))
  const most = pages + Math.ceil((bytes * 1.5) / pageSize) + 64
  db.pragma(`max_page_count = ${most}`)
  try {
    return copyReadable(db, table, Math.ceil(bytes / SMALLEST_ROW) + MOST_ROWS)
  } catch (error) {
    if (errorCode(error) !== 'SQLITE_FULL' || Number(db.pragma('page_count', { simple: true })) < most - 1)
      throw error
    return [CIRCLES]
  }
}

/** The bytes of the smallest row on a page, with its pointer. */
const SMALLEST_ROW = 4
const CIRCLES = 'all that its pages promise: they name each other in a circle'

function copyReadable(db: SqliteDatabase, table: CatalogTable, mostRows: number): string[] {
  return table.kind === 'table' && table.key.kind === 'rowid'
    ? copyByRowid(db, table, table.key.name, mostRows)
    : copyFromBothEnds(db, table, mostRows)
}

/** Says that no rows could be read. */
export const NONE = 'none'
const FIRST_ROWID = -(2n ** 63n)
const LAST_ROWID = 2n ** 63n - 1n
const MOST_ROWS = 10_000
/** The most places reported for one table. */
const MOST_PLACES = 20

/** Copies rows in ascending order; after an error, continues at the next rowid that SQLite can find. */
function copyByRowid(db: SqliteDatabase, table: CatalogTable, rowid: string, mostSteps: number): string[] {
  const from = `from damaged.${quoteSqlite(table.name)} not indexed where ${quoteSqlite(rowid)} >= ? order by ${quoteSqlite(rowid)}`
  const columns = columnsOf(table, rowid)
  const find = db
    .prepare(`select ${quoteSqlite(rowid)} ${from} limit 1`)
    .pluck()
    .safeIntegers()
  const insert = db.prepare(
    `insert into main.${quoteSqlite(table.name)} (${columns}) select ${columns} ${from} limit ?`,
  )
  const last = db
    .prepare(`select max(${quoteSqlite(rowid)}) from main.${quoteSqlite(table.name)}`)
    .pluck()
    .safeIntegers()
  const findFrom = (start: bigint): bigint | null | undefined =>
    unlessError(() => (find.get(start) as bigint | undefined) ?? null)
  const lost: string[] = []
  let start = FIRST_ROWID
  let rows = MOST_ROWS
  for (let steps = 0; ; steps++) {
    const first = findFrom(start)
    if (first === null) break
    if (steps > mostSteps || (first !== undefined && first < start)) {
      lost.push(CIRCLES)
      break
    }
    if (first === undefined) {
      const next = nextReadable(findFrom, start)
      lost.push(rangeText(start, next))
      if (next === null) break
      start = next
      continue
    }
    const copied = unlessError(() => insert.run(first, rows).changes)
    if (copied === undefined && rows > 1) {
      rows = Math.ceil(rows / 10)
      continue
    }
    if (copied === undefined) lost.push(`the one with rowid ${first}`)
    const reached = copied === undefined ? first : (last.get() as bigint | null)
    start = (reached === null || reached < first ? first : reached) + 1n
    if (start > LAST_ROWID) break
    if (copied !== undefined) rows = Math.min(MOST_ROWS, rows * 10)
  }
  const more = lost.length - MOST_PLACES
  return more > 0 ? [...lost.slice(0, MOST_PLACES), `and those in ${more} more places`] : lost
}

function rangeText(start: bigint, next: bigint | null): string {
  if (start === FIRST_ROWID) return next === null ? NONE : `those before rowid ${next}`
  if (next === null) return `those from rowid ${start} on`
  return next === start + 1n ? `the one with rowid ${start}` : `those with rowid ${start} to ${next - 1n}`
}

/** Returns the smallest rowid after `start` from which SQLite finds a row, or none, without an error; null when there is no such rowid. */
function nextReadable(findFrom: (start: bigint) => bigint | null | undefined, start: bigint): bigint | null {
  let failing = start
  let step = 1n
  let working: bigint | null = null
  while (working === null) {
    const tried = failing + step > LAST_ROWID ? LAST_ROWID : failing + step
    if (findFrom(tried) !== undefined) working = tried
    else if (tried === LAST_ROWID) return null
    else {
      failing = tried
      step *= 2n
    }
  }
  while (working - failing > 1n) {
    const middle: bigint = (failing + working) / 2n
    if (findFrom(middle) === undefined) failing = middle
    else working = middle
  }
  return working
}

/** Copies rows in order up to the first error and, if they have a key, in reverse order as well. */
function copyFromBothEnds(db: SqliteDatabase, table: CatalogTable, mostRows: number): string[] {
  const name = quoteSqlite(table.name)
  const columns = columnsOf(table, null)
  /** Returns true when it reached the end. */
  const copy = (order: string): boolean => {
    const some = `from damaged.${name}${order} limit ? offset ?`
    const insert = db.prepare(`insert or ignore into main.${name} (${columns}) select ${columns} ${some}`)
    const count = db.prepare(`select count(*) from (select 1 ${some})`).pluck()
    let done = 0
    for (let rows = MOST_ROWS; rows >= 1 && done <= mostRows; ) {
      const read = unlessError(() => {
        const { changes } = insert.run(rows, done)
        return { changes, rows: Number(count.get(rows, done)) }
      })
      if (read === undefined) rows = Math.floor(rows / 10)
      else if (read.rows < rows) return true
      // All rows exist already: pages lead back to them, or they were read from the other end.
      else if (read.changes === 0) return false
      else done += rows
    }
    return false
  }
  if (table.key.kind !== 'primary-key') return copy('') ? [] : ['those after them']
  const keys = keyColumns(table.key)
  if (copy(` order by ${orderBy(keys)}`)) return []
  copy(` order by ${orderBy(keys.map((key) => ({ ...key, descending: !key.descending })))}`)
  return ['some in between']
}

/** The stored columns, preceded by the rowid if it is not a column. */
function columnsOf(table: CatalogTable, rowid: string | null): string {
  const hidden = table.key.kind === 'rowid' && table.key.column === null ? rowid : null
  const names = table.columns.filter(({ generated }) => generated === null).map(({ name }) => name)
  return [...(hidden === null ? [] : [hidden]), ...names].map(quoteSqlite).join(', ')
}

/** Returns undefined when SQLite could not do the work. */
export function unlessError<T>(work: () => T): T | undefined {
  try {
    return work()
  } catch (error) {
    if (isOfTheFile(error)) return undefined
    throw error
  }
}

/** Whether the error is about the damaged file, not about space for the copy. */
export function isOfTheFile(error: unknown): error is Error {
  return isSqliteError(error) && errorCode(error) !== 'SQLITE_FULL'
}
