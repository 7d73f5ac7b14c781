/**
 * Which reader reads a table, and opening it. Invariant: what the page reader copies, SQLite's own code verifies, but for tables with a
 * value that is longer than SQLite's driver reads.
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
import { isRewritable, openRewrittenReader } from './rewritten-reader.ts'
import { openSqliteReader } from './sqlite-reader.ts'

export type ReaderName = TableReader['name']
export type ReadingPurpose = 'copy' | 'verify'

/** The reader for a purpose: pages for the copy where the table allows it, SQLite for everything else. */
export function readerFor(copy: CopyPlan, purpose: ReadingPurpose): ReaderName {
  return purpose === 'copy' && pageReaderRefusal(copy, { encoding: 'UTF-8' }) === null ? 'pages' : 'sqlite'
}

/**
 * Opens a reader on the table's snapshot: with handles of its own, or through `shared`, which stays the caller's. `showsLong`: values
 * that only go over as they are may be shown as long. `rewriting`: for SQLite to write the rows again where they can be, since the copy's
 * records were decoded by other code than that of the page reader.
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
    rewriting,
  }: {
    readonly largestRow?: number | undefined
    readonly shared?: OpenSnapshot
    readonly showsLong?: boolean
    readonly rewriting?: OpenSnapshot<Rewriting | null> | undefined
  } = {},
): TableReader {
  const long = showsLong ? longValuesOf(copy) : NO_LONG_VALUES
  const { file } = snapshots.find((snapshot) => snapshot.database === table.database)!
  if (name === 'pages') return openPageReader(file, copy, long)
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
      return encoding === 'utf8' && pageReaderRefusal(copy, { encoding: 'UTF-8' }) === null
        ? openPageReader(file, copy, long)
        : openLargeReader(file, table, staging, long)
    }
    const rewrites = rewriting !== undefined && isRewritable(copy, largest()) ? rewriting.at(file) : null
    const staged = staging === null ? null : openStaging(staging)
    const reader =
      rewrites === null
        ? openSqliteReader(snapshot.at(file), table, staged, { largestRow, long })
        : openRewrittenReader(rewrites, table, copy)
    return {
      name: reader.name,
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

/** For values that neither the driver reads nor the page reader, which would show them in pieces. */
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
    open: (block) => reader.open(block),
    close() {
      reader.close()
      db.close()
    },
  }
}
