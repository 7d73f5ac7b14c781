/**
 * Chooses and opens the reader for a table. Invariant: what the page reader copies is verified through SQLite's own code, except in tables
 * with a value that is longer than SQLite's driver can read.
 */
import { statSync } from 'node:fs'
import type { CopyPlan, TablePlan } from '../../model/plan.ts'
import type { Snapshot } from '../../model/snapshot.ts'
import { type LongValues, longValuesOf, NO_LONG_VALUES } from '../base/long-values.ts'
import { MOST_FOR_DRIVER, openLargeSnapshot } from '../base/node-sqlite.ts'
import { OpenSnapshot, openForRows } from '../base/open-snapshot.ts'
import { textEncodingOf } from '../base/raw-cells.ts'
import type { TableReader } from '../base/reader.ts'
import { largestRowOf } from '../base/row-size.ts'
import { openPageReader, pageReaderRefusal } from '../pages/page-reader.ts'
import { openStaging } from '../staging/staging.ts'
import type { Rewriting } from './rewriting.ts'
import { openRewrittenReader } from './rewritten-reader.ts'
import { isRewritable } from './rewritten-rows.ts'
import { openSqliteReader } from './sqlite-reader.ts'

export type ReaderName = TableReader['name']
export type ReadingPurpose = 'copy' | 'verify'

/** The page reader for the copy if the table allows it; otherwise SQLite. */
export function readerFor(copy: CopyPlan, purpose: ReadingPurpose): ReaderName {
  return purpose === 'copy' && pageReaderRefusal(copy) === null ? 'pages' : 'sqlite'
}

/**
 * Opens a reader on the table's snapshot, with its own connection, or with `shared`, which the caller closes. `showsLong`: values that are
 * copied unchanged may be represented as `LongBytes`, and so may JSON that is read from pages; through SQLite, whose memory holds the value
 * beside ours, only that of the columns `unchanged`. `rewriting`: lets SQLite rewrite the rows if possible, but not to verify text in
 * UTF-16, of which the copy may have made UTF-8 by the page reader's code.
 */
export function openReader(
  name: ReaderName,
  table: TablePlan,
  copy: CopyPlan,
  snapshots: readonly Snapshot[],
  staging: string | null,
  {
    largestRow,
    shared,
    showsLong = false,
    unchanged,
    rewriting,
    purpose = 'copy',
  }: {
    readonly largestRow?: number | undefined
    readonly shared?: OpenSnapshot
    readonly showsLong?: boolean
    readonly unchanged?: ReadonlySet<string> | undefined
    readonly rewriting?: OpenSnapshot<Rewriting | null> | undefined
    readonly purpose?: ReadingPurpose
  } = {},
): TableReader {
  const longInPages = showsLong ? longValuesOf(copy, 'all') : NO_LONG_VALUES
  const long = showsLong ? longValuesOf(copy, unchanged) : NO_LONG_VALUES
  const { file } = snapshots.find((snapshot) => snapshot.database === table.database)!
  if (name === 'pages') return openPageReader(file, copy, longInPages)
  const snapshot = shared ?? new OpenSnapshot(openForRows)
  const close = (): void => {
    if (shared === undefined) snapshot.close()
  }
  try {
    const largest = (): number =>
      largestRow ?? largestRowOf(snapshot.at(file), table.table, copy.read.table.rootPage)
    if (statSync(file).size > MOST_FOR_DRIVER && largest() > MOST_FOR_DRIVER) {
      const encoding = textEncodingOf(snapshot.at(file))
      close()
      return encoding === 'utf8' && pageReaderRefusal(copy) === null
        ? openPageReader(file, copy, longInPages)
        : openLargeReader(file, table, staging, long)
    }
    const sharesNoCode = (): boolean => purpose === 'copy' || textEncodingOf(snapshot.at(file)) === 'utf8'
    const isRewritten = rewriting !== undefined && isRewritable(copy, largest()) && sharesNoCode()
    const rewrites = isRewritten ? rewriting.at(file) : null
    const staged = staging === null ? null : openStaging(staging)
    const reader =
      rewrites === null
        ? openSqliteReader(snapshot.at(file), table, staged, { largestRow, long })
        : openRewrittenReader(rewrites, table, copy, largest())
    return {
      name: reader.name,
      stored: reader.stored,
      open: (block) => reader.open(block),
      close() {
        reader.close()
        close()
      },
    }
  } catch (error) {
    close()
    throw error
  }
}

/** Opens a reader for values that neither the driver nor the page reader can return whole. */
function openLargeReader(
  file: string,
  table: TablePlan,
  staging: string | null,
  long: LongValues,
): TableReader {
  const db = openLargeSnapshot(file)
  const reader = openSqliteReader(db, table, staging === null ? null : openStaging(staging), { long })
  return {
    name: reader.name,
    stored: reader.stored,
    open: (block) => reader.open(block),
    close() {
      reader.close()
      db.close()
    },
  }
}
