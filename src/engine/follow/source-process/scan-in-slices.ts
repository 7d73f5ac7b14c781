/**
 * Compares every page of a large source in WAL mode, in read transactions short enough for the application's checkpoints. Invariant: a page
 * that differs from our copy in the last slice's view is returned, or `findWalChanges` returns it for the log since the last slice's mark.
 *
 * Slices are of different moments. A compared page may change before the last slice: the log shows which pages did, even across one restart
 * between two slices. Where the log does not show it, the comparison starts over.
 */
import type { WalMark } from '../../model/follow.ts'
import { PageComparison } from './compare-pages.ts'
import type { OpenSource } from './open-source.ts'
import { findWalChanges, isSameLog } from './wal-changes.ts'

export type Scanned = {
  readonly mark: WalMark
  readonly pages: ReadonlySet<number>
  /** Frames of the mark's log that hold a page, by page. */
  readonly frames: ReadonlyMap<number, number>
  /** Duration of the longest read transaction. */
  readonly longestMs: number
}

const SLICE_MS = 150
const MOST_ATTEMPTS = 3

/** Returns null when it is impossible: another journal mode, another page size, or a log that is restarted too often. */
export function scanInSlices(open: OpenSource, shadow: string, sliceMs = SLICE_MS): Scanned | null {
  for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt++) {
    const scanned = scanOnce(open, shadow, sliceMs)
    if (scanned !== 'again') return scanned
  }
  return null
}

function scanOnce(open: OpenSource, shadow: string, sliceMs: number): Scanned | null | 'again' {
  const pages = new Set<number>()
  let frames = new Map<number, number>()
  let mark: WalMark | null = null
  let next = 1
  let longestMs = 0
  for (;;) {
    const view = open.beginReadingSoon()
    const begunAt = performance.now()
    try {
      if (view.mode !== 'wal' || view.end === null || view.end.lastFrame === 0) return null
      const changes = findWalChanges(open, view.end, mark, mark === null)
      if (mark !== null) {
        if (changes.pages === null) return 'again'
        for (const page of changes.pages) if (page < next) pages.add(page)
      }
      const isSame = mark !== null && mark.salt1 === view.end.salt1 && mark.salt2 === view.end.salt2
      frames = isSame ? new Map([...frames, ...changes.frames]) : new Map(changes.frames)
      const { pageSize, pageCount } = view.end
      const comparison = new PageComparison({ source: open, pageSize, pageCount, frames }, shadow, (page) =>
        pages.add(page),
      )
      const before = next
      try {
        if (comparison.isOtherSize) return null
        next = comparison.compareAll(next, () => performance.now() - begunAt > sliceMs) ?? pageCount + 1
      } finally {
        comparison.close()
      }
      // The log was restarted: the frames may not be what was read.
      if (!isSameLog(open, changes.mark)) for (let page = before; page < next; page++) pages.add(page)
      mark = changes.mark
      longestMs = Math.max(longestMs, performance.now() - begunAt)
      if (next > pageCount) return { mark, pages, frames, longestMs: Math.round(longestMs) }
    } finally {
      open.endReading()
    }
  }
}
