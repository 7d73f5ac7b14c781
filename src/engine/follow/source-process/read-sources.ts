/**
 * Reads the sources as of one moment: read transactions on all of them begin before the first is read. Invariant: the result has every page
 * that differs from the shadows, or there is none.
 */
import { statSync } from 'node:fs'
import { dirname } from 'node:path'
import { fileReason } from '../../model/file-error.ts'
import type { Mark, RollbackMark, RoundDatabase, WalMark } from '../../model/follow.ts'
import { isBusy } from '../../source/base/error-code.ts'
import { storedPageSize } from '../../source/base/file-header.ts'
import { RoundWriter } from '../round/round-file.ts'
import { PageComparison, type PageView } from './compare-pages.ts'
import {
  CutOff,
  isSameFile,
  isSameState,
  type OpenSource,
  type SourceView,
  StillMoving,
} from './open-source.ts'
import { findOpeners } from './openers.ts'
import type { ReadingSource, ReadOutcome, SourceRequest } from './protocol.ts'
import { type Scanned, scanInSlices } from './scan-in-slices.ts'
import { findWalChanges, isOfOneLog, isSameLog, LogChanged } from './wal-changes.ts'

type ReadRequest = Extract<SourceRequest, { kind: 'read' }>
type Begun = { readonly given: ReadingSource; readonly open: OpenSource; readonly view: SourceView }

/** `openOf` returns the handles of a source; `close` closes those that are no longer needed. */
export function readSources(
  request: ReadRequest,
  openOf: (path: string) => OpenSource,
  close: () => void,
): ReadOutcome {
  const scans = new Map<string, Scanned | null>()
  for (;;) {
    try {
      return readAtOnce(request, openOf, close, scans)
    } catch (error) {
      // Happens at most once for each source.
      if (!(error instanceof ToBeScanned)) throw error
      const { path, shadow } = error
      try {
        scans.set(path, scanInSlices(openOf(path), shadow))
      } catch (failure) {
        const reason = reasonToWait(failure, path, request.part)
        if (reason === null) throw failure
        return { kind: 'later', reason }
      } finally {
        close()
      }
    }
  }
}

/** Thrown for a source whose pages all have to be compared, and that is too large for one read transaction. */
class ToBeScanned extends Error {
  readonly path: string
  readonly shadow: string

  constructor({ path, shadow }: ReadingSource) {
    super(`${path} is to be looked at in slices`)
    this.path = path
    this.shadow = shadow
  }
}

/** Files from this size on are compared in slices. */
const LARGE_BYTES = 64 << 20

/** `scans`: results for sources that were compared in slices. */
function readAtOnce(
  request: ReadRequest,
  openOf: (path: string) => OpenSource,
  close: () => void,
  scans: ReadonlyMap<string, Scanned | null>,
): ReadOutcome {
  let begunAt = performance.now()
  const heldMs = (): number =>
    Math.max(
      Math.round(performance.now() - begunAt),
      ...Array.from(scans.values(), (scan) => scan?.longestMs ?? 0),
    )
  let writer: RoundWriter | null = null
  const write = (): RoundWriter => {
    writer ??= new RoundWriter(request.part)
    return writer
  }
  const begun: Begun[] = []
  let path = ''
  try {
    const takenAt = new Date().toISOString()
    for (const given of request.sources) {
      path = given.path
      const open = openOf(path)
      if (given.mark !== null && !isSameFile(given.mark, open.identity()))
        return { kind: 'replaced', path: given.path }
      begun.push({ given, open, view: open.beginReadingSoon() })
    }
    begunAt = performance.now()
    const databases = begun.map((one) =>
      readOne(one, { wholly: request.wholly, scan: scans.get(one.given.path) }, write),
    )
    for (const { open } of begun) open.endReading()
    const held = { heldMs: heldMs(), heldWriters: begun.some(({ view }) => view.mode === 'rollback') }
    if (databases.every(({ pages, isCut }) => pages.length === 0 && !isCut))
      return { kind: 'unchanged', takenAt, marks: databases.map(({ mark }) => mark), ...held }
    close()
    const parts = databases.map(({ isCut: _, isWhole: __, ...database }): RoundDatabase => database)
    const how = databases.some(({ isWhole }) => isWhole) ? 'whole' : 'log'
    const { run, round } = request
    write().finish({ version: 1, run, round, takenAt, databases: parts })
    writer = null
    return { kind: 'changed', takenAt, databases: parts, how, ...held }
  } catch (error) {
    for (const { open } of begun) open.endReading()
    if (error instanceof ToBeScanned) throw error
    const reason = reasonToWait(error, path, request.part)
    if (reason === null) throw error
    return { kind: 'later', reason }
  } finally {
    for (const { open } of begun) open.endReading()
    close()
    ;(writer as RoundWriter | null)?.abandon()
  }
}

const TRANSIENT =
  /^SQLITE_(BUSY|LOCKED|PROTOCOL|READONLY_RECOVERY|READONLY_CANTINIT|CANTOPEN|IOERR)|^ENOSPC|^EDQUOT|^EMFILE|^ENFILE/

/**
 * Returns why a retry may succeed; null for an error that is not transient. `path`: the source being read; `part`: the file being written.
 */
function reasonToWait(error: unknown, path: string, part: string): string | null {
  if (error instanceof StillMoving || error instanceof LogChanged || error instanceof CutOff)
    return error.message
  const { code, message, path: at } = error as { code?: unknown; message?: unknown; path?: unknown }
  if (typeof code !== 'string') return null
  if (code === 'ENOENT' && at === path) return `${path} is not there`
  if (isBusy(error)) return lockedReason(path)
  if (code === 'SQLITE_READONLY_ROLLBACK')
    return `${path}-journal is what a writer left that died within a transaction: SQLite undoes it when the application opens the file again`
  if (!TRANSIENT.test(code)) return null
  if (code.startsWith('SQLITE')) return `${path}: ${String(message)}`
  return `the round can't be written into ${dirname(part)}: ${fileReason(error)}`
}

/** Explains a lock that kept readers out for this long: a large commit, or a connection with `locking_mode = exclusive`. */
function lockedReason(path: string): string {
  const { openers } = findOpeners([path], new Set([process.pid]))
  const names = openers.map(({ name, process: id }) => `${name}, process ${id}`)
  const who = names.length === 0 ? 'a process that is not seen from here' : names.join('; ')
  return `${path} is locked against readers (open in ${who}): a long commit, or a connection with locking_mode = exclusive`
}

type ReadDatabase = RoundDatabase & {
  /** Whether the database has fewer pages than before. */
  readonly isCut: boolean
  /** Whether every page was compared. */
  readonly isWhole: boolean
}

/** `scan`: undefined when the source was not compared in slices, null when that is impossible. */
type Way = { readonly wholly: boolean; readonly scan: Scanned | null | undefined }

function readOne(
  { given, open, view }: Begun,
  { wholly, scan }: Way,
  write: () => RoundWriter,
): ReadDatabase {
  const since = scan?.mark ?? given.mark?.at ?? null
  const pages: number[] = []
  let offset = 0
  const take = (page: number, bytes: Buffer): void => {
    const writer = write()
    if (pages.length === 0) offset = writer.position
    pages.push(page)
    writer.add(bytes)
  }
  const { mark, pageView, changed } =
    view.mode === 'wal' && view.end !== null
      ? viewOfWal(open, view.end, since?.mode === 'wal' ? since : null, wholly)
      : viewOfFile(open, since?.mode === 'rollback' ? since : null, wholly)
  // Pages found by the slices may be in the log before their mark.
  const isScannedLog = scan != null && mark.at?.mode === 'wal' && isOfOneLog(mark.at, scan.mark)
  const frames = isScannedLog ? new Map([...scan.frames, ...pageView.frames]) : pageView.frames
  const comparison = new PageComparison({ ...pageView, frames }, given.shadow, take)
  const { isOtherSize } = comparison
  const isWhole = changed === null || isOtherSize
  try {
    const { pageSize, pageCount } = pageView
    const isLarge = !wholly && mark.at?.mode === 'wal' && pageSize * pageCount >= LARGE_BYTES
    if (isWhole && isLarge && scan === undefined) throw new ToBeScanned(given)
    if (isWhole) comparison.compareAll()
    else comparison.comparePages([...new Set([...changed, ...(scan?.pages ?? [])])].sort((a, b) => a - b))
  } finally {
    comparison.close()
  }
  // A log that was completely in the file when the view began may be restarted during it: the frames read were then not the view's.
  if (mark.at?.mode === 'wal' && !isSameLog(open, mark.at)) throw new LogChanged(open.path)
  const { pageSize, pageCount } = pageView
  const shadowPages = Math.floor(statSync(given.shadow).size / pageSize)
  const { database } = given
  return {
    database,
    pageSize,
    pageCount,
    pages,
    offset,
    mark,
    isCut: pageCount < shadowPages,
    isWhole: isWhole || scan != null,
  }
}

type Viewed = {
  readonly mark: Mark
  readonly pageView: PageView
  readonly changed: ReadonlySet<number> | null
}

function viewOfWal(
  open: OpenSource,
  end: NonNullable<Extract<SourceView, { mode: 'wal' }>['end']>,
  since: WalMark | null,
  wholly: boolean,
): Viewed {
  const { pages, frames, mark } = findWalChanges(open, end, since, wholly)
  const pageSize = end.lastFrame === 0 ? storedPageSize(headerOf(open)) : end.pageSize
  const pageCount = end.lastFrame === 0 ? pageCountOf(open, pageSize) : end.pageCount
  // Pages without a frame are in the file; for a complete comparison the frames of all pages are known.
  return {
    mark: { ...open.identity(), at: mark },
    pageView: { source: open, pageSize, pageCount, frames },
    changed: pages,
  }
}

function viewOfFile(open: OpenSource, since: RollbackMark | null, wholly: boolean): Viewed {
  const at: RollbackMark = {
    mode: 'rollback',
    counter: headerOf(open).readUInt32BE(24),
    ...open.fileState(),
  }
  const isSame = !wholly && since !== null && since.counter === at.counter && isSameState(since, at)
  const pageSize = storedPageSize(headerOf(open))
  const pageCount = pageCountOf(open, pageSize)
  return {
    mark: { ...open.identity(), at },
    pageView: { source: open, pageSize, pageCount, frames: new Map() },
    changed: isSame ? new Set() : null,
  }
}

function headerOf(open: OpenSource): Buffer {
  const header = Buffer.alloc(100)
  if (open.read('', header, 0) < header.length) throw new CutOff(open.path)
  return header
}

/** Section 1.3.7: the header's page count is valid when the change counter equals the version-valid-for number. */
function pageCountOf(open: OpenSource, pageSize: number): number {
  const header = headerOf(open)
  const inFile = Math.floor(open.size('') / pageSize)
  const isValid = header.readUInt32BE(24) === header.readUInt32BE(92) && header.readUInt32BE(28) > 0
  return isValid ? Math.min(inFile, header.readUInt32BE(28)) : inFile
}
