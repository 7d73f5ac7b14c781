/**
 * Which pages a write-ahead log changed since a mark. Invariant: the pages named are all that changed, or more; where that cannot be
 * known, the answer is that the mark is lost.
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

/** The pages to look at, and where the log holds the newest version of each page: the frame's number. */
export type WalChanges = {
  /** Null: any page may have changed. */
  readonly pages: ReadonlySet<number> | null
  readonly frames: ReadonlyMap<number, number>
  readonly mark: WalMark
}

/** The log is not what its index said; a later look may find them in agreement. */
export class LogChanged extends Error {
  constructor(path: string) {
    super(`the log of ${path} was restarted while it was read`)
  }
}

/** `end`: the end of the log under the read transaction that is open. `wholly`: the frames of all pages are wanted. */
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
    // Before its first frame there may have been no header to begin the checksum with.
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

/** A log without frames: everything is in the file, and the mark's log may be over. */
function withoutFrames(
  source: OpenSource,
  header: WalHeader | null,
  end: WalIndexHeader,
  since: WalMark | null,
): WalChanges {
  // A log that was read to an end and not written to since is known by its header.
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
  // A log that was removed and made again begins with the same salts; what it held is in the file then.
  const isFileKnown = since?.file !== undefined && isSameState(since.file, file)
  const isKnown = isSame && (isLogKnown || isFileKnown)
  return { pages: isKnown ? new Set() : null, frames: new Map(), mark }
}

type Salts = Pick<WalMark, 'salt1' | 'salt2'>

export function isOfOneLog(one: Salts, other: Salts): boolean {
  return one.salt1 === other.salt1 && one.salt2 === other.salt2
}

/** Times of files are those of the kernel's ticks: within one, a write may leave them as they are. */
const SETTLED_MS = 100
/** FAT keeps every other second, and ext4 with small inodes every one. */
const SETTLED_IN_SECONDS_MS = 2_100
const SECOND_NS = 1_000_000_000n

/** Whether the next write will change the file's times, at this moment: milliseconds since 1970. */
export function isSettled({ mtimeNs, ctimeNs }: FileState, nowMs = Date.now()): boolean {
  const times = [BigInt(mtimeNs), BigInt(ctimeNs)]
  const isCoarse = times.every((time) => time % SECOND_NS === 0n)
  const latestMs = Math.max(...times.map((time) => Number(time / 1_000_000n)))
  return nowMs - latestMs > (isCoarse ? SETTLED_IN_SECONDS_MS : SETTLED_MS)
}

/** Whether the log is still the one of the mark; a log without a mark's frames has no say. */
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

/** The frames after number `after`, up to the end: the newest of each page. Null when the log doesn't hold them in one chain. */
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
  const isWhole =
    last === end.lastFrame && chain.checksum[0] === end.checksum[0] && chain.checksum[1] === end.checksum[1]
  return isWhole ? frames : null
}

/**
 * The pages of the frames after the mark in the log before this one: they lie behind this log's frames as long as these have not
 * reached them. Null when that is not so, or cannot be determined: more than one log since, or a file that was cut after them.
 */
function framesBefore(
  source: OpenSource,
  header: WalHeader,
  end: WalIndexHeader,
  since: WalMark,
): ReadonlySet<number> | null {
  // "salt-1 is incremented by one" with each restart; a log that was restarted has random ones.
  if ((since.salt1 + 1) >>> 0 !== end.salt1 || since.frame < end.lastFrame) return null
  const pages = new Set<number>()
  const chain = new FrameChain(since, since.checksum, header.bigEndian)
  const last = eachFrame(source, header.pageSize, chain, since.frame, Number.MAX_SAFE_INTEGER, (_, page) =>
    pages.add(page),
  )
  const next = Buffer.alloc(FRAME_HEADER_BYTES)
  const offset = frameOffset(last + 1, header.pageSize)
  // Behind the last frame there must be one of an older log: at the end of the file, it may have been cut there.
  if (source.read('-wal', next, offset) < next.length) return null
  const isOfThisLog = next.readUInt32BE(8) === end.salt1 && next.readUInt32BE(12) === end.salt2
  const isOfThatLog = next.readUInt32BE(8) === since.salt1 && next.readUInt32BE(12) === since.salt2
  return isOfThisLog || isOfThatLog ? null : pages
}

export function frameOffset(number: number, pageSize: number): number {
  return WAL_HEADER_BYTES + (number - 1) * (FRAME_HEADER_BYTES + pageSize)
}

/** Calls back for every frame of the chain; returns the number of the last one. */
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
