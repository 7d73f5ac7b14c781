/** The fourth step: the progress of the run. Pure. */
import {
  hasOwnLine,
  nextEstimate,
  noProgress,
  type PlainError,
  type Progress,
  type Report,
  runLeftMs,
  type TableProgress,
} from '../../engine/door/index.ts'

export type MigrationState = {
  readonly phase: 'idle' | 'running' | 'ended' | 'failed'
  readonly progress: Progress
  /** Epoch milliseconds of the last update; the clock advances even without events. */
  readonly now: number
  /** The remaining time shown; null while there is no estimate. */
  readonly leftMs: number | null
  /** What is done, in order: printed into the scrollback, so the list only grows. */
  readonly done: readonly Done[]
  readonly pausing: boolean
  readonly stopping: boolean
  readonly report: Report | null
  /** Set when there is no report: nothing was written, or the engine crashed. */
  readonly error: PlainError | null
}

export type Done = { readonly table: TableProgress; readonly what: 'copied' | 'differs' }

/** Returns the next estimate to show; it is kept between phases and during a pause. */
export function leftAfter(
  { leftMs, now: before }: Pick<MigrationState, 'leftMs' | 'now'>,
  { progress, now }: { readonly progress: Progress; readonly now: number },
): number | null {
  if (progress.paused) return leftMs
  return nextEstimate(leftMs, runLeftMs(progress, now) ?? leftMs, Math.max(0, now - before))
}

/** Returns the same list when nothing new is done. */
export function withDone(done: readonly Done[], { tables }: Progress): readonly Done[] {
  const known = new Set(done.map(({ table, what }) => `${what} ${table.tableId}`))
  const fresh = tables.flatMap((table): Done[] => {
    const isNew = (what: Done['what']): boolean => !known.has(`${what} ${table.tableId}`)
    const isCopied = table.state === 'copied' || table.state === 'verified' || table.state === 'differs'
    return [
      ...(isCopied && hasOwnLine(table, tables.length) && isNew('copied')
        ? [{ table, what: 'copied' } as const]
        : []),
      ...(table.state === 'differs' && isNew('differs') ? [{ table, what: 'differs' } as const] : []),
    ]
  })
  return fresh.length === 0 ? done : [...done, ...fresh]
}

export const idleMigration: MigrationState = {
  phase: 'idle',
  progress: noProgress,
  now: 0,
  leftMs: null,
  done: [],
  pausing: false,
  stopping: false,
  report: null,
  error: null,
}
