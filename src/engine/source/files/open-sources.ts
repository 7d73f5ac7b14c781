/** Opens every source of a run at one moment. Invariant: afterwards either all are open or none. */
import { realpathSync, rmSync, truncateSync } from 'node:fs'
import { dirname } from 'node:path'
import { readHeader } from '../base/file-header.ts'
import { translateSqliteError } from '../base/sqlite-errors.ts'
import { copyWhileStill, measureSource, openSource, type SourceReading, stamp } from './source-file.ts'

export type SnapshotSource = { readonly database: string; readonly path: string }

type OpenAllOptions = {
  readonly salvage?: boolean
  readonly lockTimeoutMs?: number
}

export type OpenedSource = {
  readonly source: SnapshotSource
  readonly bytes: number
  readonly takenAt: string
  /** Null for a file too damaged to open; `salvaged` is then its copy. */
  readonly reading: SourceReading | null
  readonly salvaged: string | null
}

/**
 * Opens a reading of every source. If one was written to between the first and the last opening, all are opened again, so that nearly
 * always they have exactly one moment; for a source that is written to constantly, some milliseconds remain.
 */
export function openAll(
  sources: readonly SnapshotSource[],
  folder: string,
  options: OpenAllOptions,
): OpenedSource[] {
  const watched = sources.flatMap(({ path }) => [path, `${path}-wal`])
  for (let attempt = 1; ; attempt++) {
    const before = stamp(watched)
    const opened: OpenedSource[] = []
    try {
      for (const source of sources) {
        opened.push(openOne(source, folder, options))
      }
    } catch (error) {
      closeAll(opened)
      throw error
    }
    if (attempt === 5 || stamp(watched) === before) return opened
    closeAll(opened)
  }
}

export function closeAll(opened: readonly OpenedSource[]): void {
  for (const one of opened) {
    one.reading?.close()
    if (one.salvaged !== null) rmSync(dirname(one.salvaged), { recursive: true, force: true })
  }
}

function openOne(source: SnapshotSource, folder: string, options: OpenAllOptions): OpenedSource {
  const sizes = measureOrFail(source.path)
  const known = { source, bytes: sizes.main + (sizes.wal ?? 0), takenAt: new Date().toISOString() }
  try {
    const reading = openSource(source.path, {
      stagingFolder: folder,
      timeoutMs: options.lockTimeoutMs ?? 10_000,
    })
    return { ...known, reading, salvaged: null }
  } catch (error) {
    const translated = translateSqliteError(error, source.path)
    const canSalvage = translated.code === 'database-corrupt' || translated.code === 'truncated'
    if (options.salvage !== true || !canSalvage) throw translated
    return { ...known, reading: null, salvaged: copyDamaged(source.path, folder) }
  }
}

export function measureOrFail(path: string): ReturnType<typeof measureSource> {
  try {
    return measureSource(path)
  } catch (error) {
    throw translateSqliteError(error, path)
  }
}

/** How much of a file may be missing for the rest to be worth salvaging. */
const MOST_TIMES = 8
const MOST_MISSING_BYTES = 16 << 20

/**
 * Copies a file that cannot be opened and extends it to the length in its header: missing pages are then empty. So is a page of which only the
 * start is there: with zeros for its end, the cells at the cut would have values that nobody wrote.
 */
function copyDamaged(path: string, folder: string): string {
  const { file } = copyWhileStill(path, folder)
  const { bytes, pageSize, pageCount } = readHeader(file)
  if (pageSize === 0) return file
  const promised = (pageCount ?? Math.ceil(bytes / pageSize)) * pageSize
  if (promised <= bytes) return file
  truncateSync(file, bytes - (bytes % pageSize))
  // The header is untrusted, so the extension is limited.
  truncateSync(file, Math.min(promised, MOST_TIMES * bytes + MOST_MISSING_BYTES))
  return file
}

/** The real path: SQLite looks for `-wal` beside the real file, not beside a link to it. */
export function findRealPath(path: string): string {
  try {
    return realpathSync(path)
  } catch (error) {
    throw translateSqliteError(error, path)
  }
}
