/**
 * Which pages a write-ahead log changed since a mark. Invariant: the result contains all changed pages, possibly more; when they cannot be
 * determined, `pages` is null.
 */
import type { FileState, WalMark } from '../../model/follow.ts'
import {
  FRAME_HEADER_BYTES,
  FrameChain,
  readWalHeader,
  WAL_HEADER_BYTES,
  type WalHeader,
  type WalIndexHeader,
} from '../pages/wal.ts'
import { isSameState, type OpenSource } from './open-source.ts'

/** The pages to compare, and the number of the frame that holds the newest version of each page. */
export type WalChanges = {
  /** Null: any page may have changed. */
  readonly pages: ReadonlySet<number> | null
  readonly frames: ReadonlyMap<number, number>
  readonly mark: WalMark
}

/** The log does not match its index; a retry may find them consistent. */
export class LogChanged extends Error {
  constructor(path: string) {
    super(`the log of ${path} was restarted while it was read`)
  }
}

/** `end`: the log's end in the open read transaction. `wholly`: returns the frames of all pages. */
export function findWalChanges(
  source: OpenSource,
  end: WalIndexHeader,
  since: WalMark | null,
  wholly: boolean,
): WalChanges {
  const header = headerOf(source)
  if (end.lastFrame === 0) return withoutFrames(source, header, end, wholly ? null : since)
  if (header === null || header.salt1 !== end.salt1 || header.salt2 !== end.salt2)
    throw new LogChanged(source.path)
  if (!wholly && since !== null && isOfOneLog(since, end) && since.frame <= end.lastFrame) {
    // At frame 0 the mark may have been made when there was no header with a checksum.
    const checksum = since.frame === 0 ? header.checksum : since.checksum
    const frames = readFrames(source, header, end, since.frame, checksum)
    if (frames !== null) return { pages: new Set(frames.keys()), frames, mark: markOf(end) }
  }
  const frames = readFrames(source, header, end, 0, header.checksum)
  if (frames === null) throw new LogChanged(source.path)
  const before = wholly || since === null ? null : framesBefore(source, header, end, since)
  const pages = before === null ? null : new Set([...before, ...frames.keys()])
  return { pages, frames, mark: markOf(end) }
}

function markOf(end: WalIndexHeader): WalMark {
  const { salt1, salt2, lastFrame: frame, checksum } = end
  return { mode: 'wal', salt1, salt2, frame, checksum }
}

/** A log without frames: all pages are in the file, and the mark's log may have ended. */
function withoutFrames(
  source: OpenSource,
  header: WalHeader | null,
  end: WalIndexHeader,
  since: WalMark | null,
): WalChanges {
  // A log that was read to its end and not written to since is recognised by its header.
  const isSame = since !== null && since.frame === 0 && isOfOneLog(since, end)
  const file = source.fileState()
  const mark: WalMark = {
    mode: 'wal',
    salt1: end.salt1,
    salt2: end.salt2,
    frame: 0,
    checksum: header?.checksum ?? [0, 0],
    ...(isSettled(file) ? { file } : {}),
  }
  const isLogKnown = header !== null && header.salt1 === end.salt1 && source.size('-wal') > 0
  // A log that was removed and created again starts with the same salts; its earlier contents are in the file then.
  const isFileKnown = since?.file !== undefined && isSameState(since.file, file)
  const isKnown = isSame && (isLogKnown || isFileKnown)
  return { pages: isKnown ? new Set() : null, frames: new Map(), mark }
}

type Salts = Pick<WalMark, 'salt1' | 'salt2'>

export function isOfOneLog(one: Salts, other: Salts): boolean {
  return one.salt1 === other.salt1 && one.salt2 === other.salt2
}

/** File times have the resolution of the kernel's ticks: a second write within one tick may leave them unchanged. */
const SETTLED_MS = 100
/** FAT has a resolution of two seconds, ext4 with small inodes of one. */
const SETTLED_IN_SECONDS_MS = 2_100
const SECOND_NS = 1_000_000_000n

/** Whether the next write will certainly change the file's times. `nowMs`: milliseconds since 1970. */
export function isSettled({ mtimeNs, ctimeNs }: FileState, nowMs = Date.now()): boolean {
  const times = [BigInt(mtimeNs), BigInt(ctimeNs)]
  const isCoarse = times.every((time) => time % SECOND_NS === 0n)
  const latestMs = Math.max(...times.map((time) => Number(time / 1_000_000n)))
  return nowMs - latestMs > (isCoarse ? SETTLED_IN_SECONDS_MS : SETTLED_MS)
}

/** Whether the log is still that of the mark; always true for a mark without frames. */
export function isSameLog(source: OpenSource, mark: WalMark): boolean {
  if (mark.frame === 0) return true
  const header = headerOf(source)
  return header !== null && header.salt1 === mark.salt1 && header.salt2 === mark.salt2
}

function headerOf(source: OpenSource): WalHeader | null {
  const bytes = Buffer.alloc(WAL_HEADER_BYTES)
  return source.read('-wal', bytes, 0) < bytes.length ? null : readWalHeader(bytes)
}

const FRAMES_AT_ONCE = 64

/** Returns the newest frame of each page after frame `after`, up to the end; null when the log does not hold them in one chain. */
function readFrames(
  source: OpenSource,
  header: WalHeader,
  end: WalIndexHeader,
  after: number,
  checksum: readonly [number, number],
): Map<number, number> | null {
  const frames = new Map<number, number>()
  const chain = new FrameChain(end, checksum, header.bigEndian)
  const last = eachFrame(source, header.pageSize, chain, after, end.lastFrame, (number, page) =>
    frames.set(page, number),
  )
  const isComplete =
    last === end.lastFrame && chain.checksum[0] === end.checksum[0] && chain.checksum[1] === end.checksum[1]
  return isComplete ? frames : null
}

/**
 * Returns the pages of the previous log's frames after the mark: they remain behind this log's frames until these overwrite them. Null when
 * they were overwritten, or when that cannot be excluded: more than one restart since, or a file truncated after them.
 */
function framesBefore(
  source: OpenSource,
  header: WalHeader,
  end: WalIndexHeader,
  since: WalMark,
): ReadonlySet<number> | null {
  // "salt-1 is incremented by one" with each restart; the first log of a file has random salts.
  if ((since.salt1 + 1) >>> 0 !== end.salt1 || since.frame < end.lastFrame) return null
  const pages = new Set<number>()
  const chain = new FrameChain(since, since.checksum, header.bigEndian)
  const last = eachFrame(source, header.pageSize, chain, since.frame, Number.MAX_SAFE_INTEGER, (_, page) =>
    pages.add(page),
  )
  const next = Buffer.alloc(FRAME_HEADER_BYTES)
  const offset = frameOffset(last + 1, header.pageSize)
  // A frame of an older log must follow the last one: at the end of the file the log may have been truncated.
  if (source.read('-wal', next, offset) < next.length) return null
  const isOfThisLog = next.readUInt32BE(8) === end.salt1 && next.readUInt32BE(12) === end.salt2
  const isOfThatLog = next.readUInt32BE(8) === since.salt1 && next.readUInt32BE(12) === since.salt2
  return isOfThisLog || isOfThatLog ? null : pages
}

export function frameOffset(number: number, pageSize: number): number {
  return WAL_HEADER_BYTES + (number - 1) * (FRAME_HEADER_BYTES + pageSize)
}

/** Calls `visit` for every frame of the chain. Returns the number of the last one. */
function eachFrame(
  source: OpenSource,
  pageSize: number,
  chain: FrameChain,
  after: number,
  through: number,
  visit: (number: number, page: number) => void,
): number {
  const frameBytes = FRAME_HEADER_BYTES + pageSize
  const bytes = Buffer.allocUnsafe(FRAMES_AT_ONCE * frameBytes)
  let number = after
  while (number < through) {
    const wanted = Math.min(FRAMES_AT_ONCE, through - number)
    const got = source.read('-wal', bytes, frameOffset(number + 1, pageSize), wanted * frameBytes)
    const whole = Math.floor(got / frameBytes)
    for (let index = 0; index < whole; index++) {
      const page = chain.take(bytes, index * frameBytes, pageSize)
      if (page === null) return number
      number++
      visit(number, page)
    }
    if (whole < wanted) return number
  }
  return number
}
