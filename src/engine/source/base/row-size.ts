/**
 * Finds the size of a table's largest row without reading rows; also the error for a table that cannot be read. Invariant: the size is
 * never less than the largest row's.
 */

import type { Census, TableCensus } from '../../model/census.ts'
import { MigrateError } from '../../model/errors.ts'
import { type TablePlan, tableIdOf } from '../../model/plan.ts'
import { errorCode } from './error-code.ts'
import type { SqliteDatabase } from './sqlite.ts'

/** The most bytes of rows in a batch. */
export const BATCH_BYTES = 32_000_000
/** All rows of a file up to this size fit into a batch. */
const SMALL_FILE = 16_000_000

/** The size in bytes of a table's largest row, or more: no row is larger than the file. Reads pages, not values. */
export function largestRowOf(db: SqliteDatabase, table: string, rootPage: number): number {
  const pages = Number(db.pragma('main.page_count', { simple: true }))
  const bytes = pages * Number(db.pragma('main.page_size', { simple: true }))
  if (bytes <= SMALL_FILE) return BATCH_BYTES / 1000
  // A user's table named dbstat hides SQLite's.
  const isHidden = db.prepare("select 1 from main.sqlite_schema where name = 'dbstat' collate nocase").get()
  if (isHidden !== undefined) return bytes
  const ofTable = rootPage === 0 ? '' : ' where name = ?'
  const largest = db
    .prepare(`select max(mx_payload) from dbstat('main')${ofTable}`)
    .pluck()
    .get(...(rootPage === 0 ? [] : [table]))
  return Number(largest ?? 0)
}

/** The same from the census of the table; undefined without one. */
export function largestCounted(
  censuses: readonly Census[],
  { database, table }: Pick<TablePlan, 'database' | 'table'>,
): number | undefined {
  const census = censuses.find((one) => one.database === database)
  const counted = census?.tables.find((one) => one.table === table)
  return counted === undefined ? undefined : largestOf(census!, counted)
}

/** The same of all tables, by their ids. */
export function largestRowsOf(censuses: readonly Census[]): Record<string, number> {
  return Object.fromEntries(
    censuses.flatMap((census) =>
      census.tables.map(
        (table) => [tableIdOf(census.database, table.table), largestOf(census, table)] as const,
      ),
    ),
  )
}

function largestOf({ encoding }: Census, { columns }: TableCensus): number {
  // In UTF-16, no character takes more than twice as many bytes as in UTF-8.
  const factor = encoding === 'UTF-8' ? 1 : 2
  const values = columns.map(({ maxTextBytes, maxBlobBytes }) =>
    Math.max(maxTextBytes * factor, maxBlobBytes),
  )
  return values.reduce((sum, bytes) => sum + bytes + MOST_OVERHEAD_BYTES, 0)
}

/** The most bytes of a number, or of a value's serial type (https://www.sqlite.org/fileformat2.html#record_format). */
const MOST_OVERHEAD_BYTES = 9

/** Adds the table's name to a SQLite error. */
export function unreadable(table: Pick<TablePlan, 'database' | 'table'>, error: unknown): unknown {
  if (error instanceof MigrateError || !(error instanceof Error) || error.name !== 'SqliteError') return error
  if (errorCode(error) === 'SQLITE_FULL') {
    return new MigrateError(
      'source',
      'disk-full',
      `There is no space left for what is written while table ${table.table} of ${table.database} is read.`,
      {
        hint: 'Free some space on the disk of the work folder and on that of temporary files, or choose others: --work-folder, SQLITE_TMPDIR.',
        cause: error,
      },
    )
  }
  return new MigrateError(
    'source',
    'table-unreadable',
    `Table ${table.table} of ${table.database} cannot be read: ${error.message}.`,
    {
      hint: 'Check the file with `pragma integrity_check`; --salvage moves what can still be read.',
      cause: error,
    },
  )
}
