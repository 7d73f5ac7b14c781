/**
 * Refuses a database whose files do not hold every byte of the pages that it counts. Invariant: SQLite never reads a page of which the end is
 * missing: it would take the missing bytes for zeros, which change the last cells without damage that its integrity check finds.
 */
import { closeSync, openSync, readSync } from 'node:fs'
import { MigrateError } from '../../model/errors.ts'
import { formatCount } from '../../model/format-count.ts'
import type { SqliteDatabase } from '../base/sqlite.ts'
import { truncated } from '../base/sqlite-errors.ts'

type Files = {
  /** The source, as it is named in messages. */
  readonly path: string
  /** The database file that is read, with its `-wal` beside it. */
  readonly file: string
  readonly main: number
  readonly wal: number | null
}

/**
 * Throws `truncated` when the file ends within a page that the database counts and the `-wal` does not hold, and `database-corrupt` when the
 * database claims more pages than its file and `-wal` contain: copying it would fill the disk with pages that nobody wrote.
 */
export function refuseMissingPages(db: SqliteDatabase, { path, file, main, wal }: Files): void {
  const pageSize = Number(db.pragma('page_size', { simple: true }))
  const claimed = Number(db.pragma('page_count', { simple: true }))
  const whole = Math.floor(main / pageSize)
  const cut = main > whole * pageSize ? whole + 1 : null
  if (cut !== null && cut <= claimed && !walHolds(`${file}-wal`, wal ?? 0, cut)) throw truncated(path)
  const held = Math.ceil(main / pageSize) + Math.ceil((wal ?? 0) / pageSize)
  if (claimed <= held) return
  throw new MigrateError(
    'source',
    'database-corrupt',
    `${path} is damaged: it claims ${formatCount(claimed)} pages, and there are ${formatCount(held)} in its files.`,
    {
      hint: 'Restore it from a backup. Without its -wal the last changes are lost, and the rest may be whole.',
    },
  )
}

/** https://www.sqlite.org/fileformat.html#the_write_ahead_log */
const WAL_HEADER_BYTES = 32
const FRAME_HEADER_BYTES = 24
const WAL_PAGE_SIZE_AT = 8
const WAL_SALTS_AT = 16
const FRAME_SALTS_AT = 8
const SALTS_BYTES = 8

/** Whether a frame of the write-ahead log's current generation holds the page. */
function walHolds(wal: string, bytes: number, page: number): boolean {
  if (bytes < WAL_HEADER_BYTES + FRAME_HEADER_BYTES) return false
  const descriptor = openSync(wal, 'r')
  try {
    const header = Buffer.alloc(WAL_HEADER_BYTES)
    if (readSync(descriptor, header, 0, header.length, 0) < header.length) return false
    const salts = header.subarray(WAL_SALTS_AT, WAL_SALTS_AT + SALTS_BYTES)
    const step = FRAME_HEADER_BYTES + header.readUInt32BE(WAL_PAGE_SIZE_AT)
    const frame = Buffer.alloc(FRAME_HEADER_BYTES)
    for (let at = WAL_HEADER_BYTES; at + step <= bytes; at += step) {
      if (readSync(descriptor, frame, 0, frame.length, at) < frame.length) return false
      if (!frame.subarray(FRAME_SALTS_AT, FRAME_SALTS_AT + SALTS_BYTES).equals(salts)) return false
      if (frame.readUInt32BE(0) === page) return true
    }
    return false
  } finally {
    closeSync(descriptor)
  }
}
