import { closeSync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs'
import Database from 'better-sqlite3'
import {
  BLOB,
  type Cell,
  INTEGER,
  NULL,
  REAL,
  type SourceRow,
  TEXT,
} from '../../../../src/engine/encode/cell/cell.ts'
import type { Block } from '../../../../src/engine/model/block.ts'
import type { Catalog, CatalogColumn } from '../../../../src/engine/model/catalog.ts'
import type { CopyPlan, TablePlan } from '../../../../src/engine/model/plan.ts'
import { type LongValues, NO_LONG_VALUES } from '../../../../src/engine/source/base/long-values.ts'
import { textEncodingOf, utf8Of } from '../../../../src/engine/source/base/raw-cells.ts'
import type { RangeReading } from '../../../../src/engine/source/base/reader.ts'
import { openWritable, type SqliteDatabase } from '../../../../src/engine/source/base/sqlite.ts'
import { openPageReader } from '../../../../src/engine/source/pages/page-reader.ts'
import { Rewriting } from '../../../../src/engine/source/readers/rewriting.ts'
import { openRewrittenReader } from '../../../../src/engine/source/readers/rewritten-reader.ts'

type FileOptions = {
  pageSize?: number
  autoVacuum?: number
  reserved?: number
  encoding?: Catalog['encoding']
}

/** A new database in rollback mode. Reserved bytes are set in the header of an empty file, as `sqlite3_file_control` would have it. */
export function createDatabase(file: string, options: FileOptions = {}): SqliteDatabase {
  const { pageSize = 4096, autoVacuum = 0, reserved = 0, encoding = 'UTF-8' } = options
  const empty = new Database(file)
  quicken(empty)
  empty.pragma(`encoding = '${encoding}'`)
  empty.pragma(`page_size = ${pageSize}`)
  empty.pragma(`auto_vacuum = ${autoVacuum}`)
  empty.exec('create table t(x); drop table t; vacuum')
  empty.close()
  if (reserved > 0) {
    const page = readFileSync(file)
    page[20] = reserved
    // The content area of the empty schema page now begins before the reserved bytes.
    page.writeUInt16BE(pageSize - reserved, 105)
    writeFileSync(file, page)
  }
  const db = openWritable(file)
  quicken(db)
  return db
}

/** A test's file need not outlive a power cut. */
function quicken(db: Database.Database): void {
  db.pragma('synchronous = off')
  db.pragma('journal_mode = memory')
}

/** What the page reader is told of a table. `alias` is its INTEGER PRIMARY KEY column. */
export function copyPlanOf(db: Database.Database, table: string, alias: string | null = null): CopyPlan {
  const strict = db.prepare('select strict from pragma_table_list where name = ?').pluck().get(table) === 1
  const columns = (
    db.prepare('select name, type, dflt_value, hidden from pragma_table_xinfo(?)').all(table) as {
      name: string
      type: string
      dflt_value: string | null
      hidden: number
    }[]
  ).map(
    (column): CatalogColumn => ({
      name: column.name,
      declaredType: column.type,
      affinity: strict && column.type === 'ANY' ? 'blob' : affinityOf(column.type),
      notNull: false,
      default: column.dflt_value,
      generated: column.hidden === 2 ? 'virtual' : column.hidden === 3 ? 'stored' : null,
      collation: 'BINARY',
    }),
  )
  const rootPage =
    table === 'sqlite_schema'
      ? 1
      : (db.prepare('select rootpage from sqlite_schema where name = ?').pluck().get(table) as number)
  return {
    target: { schema: 'public', table },
    key: { kind: 'rowid', name: 'rowid', column: alias },
    read: {
      columns: columns.filter((column) => column.generated !== 'virtual').map((column) => column.name),
      expressions: [],
      filter: null,
      table: { columns, rootPage, withoutRowid: false },
    },
    pivot: null,
    folds: [],
    columns: [],
    references: [],
    identity: { kind: 'multiset' },
    unmapped: [],
  }
}

/** https://www.sqlite.org/datatype3.html §3.1 */
export function affinityOf(type: string): CatalogColumn['affinity'] {
  if (/int/i.test(type)) return 'integer'
  if (/char|clob|text/i.test(type)) return 'text'
  if (/blob/i.test(type) || type === '') return 'blob'
  return /real|floa|doub/i.test(type) ? 'real' : 'numeric'
}

/** The slow, obvious way: every cell by `typeof` and, for blobs and text in UTF-8, `hex`. One line a row, the rowid first. */
export function readSlowly(db: Database.Database, table: string, columns: readonly string[]): string[] {
  const cells = columns.map((name) => {
    const column = `"${name.replaceAll('"', '""')}"`
    return `typeof(${column}), iif(typeof(${column}) in ('text', 'blob'), hex(cast(${column} as blob)), ${column})`
  })
  const rows = db
    .prepare(`select ${['rowid', ...cells].join(', ')} from "${table}" order by rowid`)
    .raw()
    .safeIntegers()
    .all() as (bigint | string | number | null)[][]
  const encoding = textEncodingOf(db as SqliteDatabase)
  return rows.map(([rowid, ...values]) => {
    const shown = [`${rowid}`]
    for (let at = 0; at < values.length; at += 2) {
      const value = values[at + 1]!
      const isWide = values[at] === 'text' && encoding !== 'utf8'
      const bytes = isWide ? utf8Of(Buffer.from(value as string, 'hex'), encoding).toString('hex') : null
      shown.push(
        `${values[at]} ${bytes?.toUpperCase() ?? (typeof value === 'number' ? hexOf(value) : value)}`,
      )
    }
    return shown.join(' | ')
  })
}

/** The same lines from the page reader. */
export function readByPages(
  file: string,
  copy: CopyPlan,
  range: Block['range'] = { after: null, through: null },
  long: LongValues = NO_LONG_VALUES,
): string[] {
  const lines: string[] = []
  readRange(file, copy, range, (row) => lines.push(lineOf(row)), 7, long)
  return lines
}

/** The same lines of the rows that SQLite has written anew. */
export function readRewritten(
  file: string,
  copy: CopyPlan,
  range: Block['range'] = { after: null, through: null },
): string[] {
  const rewriting = Rewriting.open(file)!
  const reader = openRewrittenReader(rewriting, { database: 'a.db', table: 't' } as TablePlan, copy, 32_000)
  const lines: string[] = []
  const reading = reader.open({ range, rowsBefore: 0 })
  let ordinal = 0
  const visit = (row: SourceRow): void => {
    if (row.ordinal !== ++ordinal) throw new Error(`row ${ordinal} has the ordinal ${row.ordinal}`)
    lines.push(lineOf(row))
  }
  while (reading.advance(7, visit));
  reader.close()
  rewriting.close()
  return lines
}

export function readRange(
  file: string,
  copy: CopyPlan,
  range: Block['range'],
  visit: (row: SourceRow) => void,
  maxRows = 7,
  long: LongValues = NO_LONG_VALUES,
): void {
  const reader = openPageReader(file, copy, long)
  try {
    const reading: RangeReading = reader.open({ range, rowsBefore: 0 })
    while (reading.advance(maxRows, visit));
  } finally {
    reader.close()
  }
}

export function lineOf(row: SourceRow): string {
  return [cellText(row.rowid).slice('integer '.length), ...row.cells.map(cellText)].join(' | ')
}

export function cellText(cell: Cell): string {
  switch (cell.storage) {
    case NULL:
      return 'null null'
    case INTEGER:
      return `integer ${cell.integer()}`
    case REAL:
      return `real ${hexOf(cell.number)}`
    case TEXT:
      return `text ${cell.bytes().toString('hex').toUpperCase()}`
    case BLOB:
      return `blob ${cell.bytes().toString('hex').toUpperCase()}`
  }
}

function hexOf(real: number): string {
  const bytes = Buffer.alloc(8)
  bytes.writeDoubleBE(real)
  return bytes.toString('hex')
}

/** Key ranges that share their bounds: all rowids, cut after each of `cuts`. */
export function partition(cuts: readonly bigint[]): Block['range'][] {
  const bounds = [...new Set(cuts)].sort((a, b) => (a < b ? -1 : 1)).map((cut) => [{ integer: `${cut}` }])
  return [null, ...bounds].map((after, index) => ({ after, through: bounds[index] ?? null }))
}

/** Writes bytes over a file's. */
export function overwrite(file: string, at: number, bytes: Uint8Array): void {
  const descriptor = openSync(file, 'r+')
  writeSync(descriptor, bytes, 0, bytes.length, at)
  closeSync(descriptor)
}

/** For rows too large to print: bytes of the first cell, then the last cell. */
export function readByPagesSizes(file: string, copy: CopyPlan): string[] {
  const lines: string[] = []
  readRange(file, copy, { after: null, through: null }, (row) => {
    const first = row.cells[0]!
    lines.push(`${first.end - first.start} ${cellText(row.cells.at(-1)!)}`)
  })
  return lines
}
