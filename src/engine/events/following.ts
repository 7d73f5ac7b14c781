/**
 * The state of following and of a cut-over that a face shows, folded from their events. Invariant: both folds are pure, and since every
 * count in an event is a total, a lost event only leaves a gap in the history.
 */
import type { RunEvent } from '../model/event.ts'
import type { Finding } from '../model/finding.ts'
import type { TableTally } from '../model/follow.ts'

export type FollowingProgress = {
  /** Epoch milliseconds at which this process began; null before. */
  readonly startedAt: number | null
  /** The last committed round. */
  readonly round: number
  /** Rows since the run was first followed. */
  readonly inserted: number
  readonly updated: number
  readonly deleted: number
  /** Rows that this process put into quarantine. */
  readonly quarantined: number
  /** Rows that this process changed, by table. */
  readonly tables: readonly TableTally[]
  /** How the sources were last read, and for how long their writers may have been blocked. */
  readonly read: { readonly how: 'log' | 'whole'; readonly heldMs: number } | null
  /** Duration of the last round in milliseconds, from reading to commit. */
  readonly roundMs: number | null
  /** Epoch milliseconds of the last report of the lag, and of the sources' moment that the target had then. */
  readonly reportedAt: number | null
  readonly sourceAt: number | null
  /** The largest lag of each second in milliseconds, newest last. */
  readonly lags: readonly number[]
  readonly waiting: FollowingWait | null
  /** Tables that can no longer be followed, and other findings. */
  readonly findings: readonly Finding[]
  /** Waits that are over, newest last. */
  readonly waits: readonly FollowingWait[]
}

type FollowingWait = {
  readonly reason: string
  readonly attempt: number
  /** Epoch milliseconds of the first attempt. */
  readonly since: number
}

export const noFollowing: FollowingProgress = {
  startedAt: null,
  round: 0,
  inserted: 0,
  updated: 0,
  deleted: 0,
  quarantined: 0,
  tables: [],
  read: null,
  roundMs: null,
  reportedAt: null,
  sourceAt: null,
  lags: [],
  waiting: null,
  findings: [],
  waits: [],
}

const MOST_LAGS = 240
const MOST_WAITS = 20
/** Idle sources are reported once a second; without a report for this long, the lag is assumed to grow. */
const PATIENCE_MS = 3_000

export function advanceFollowing(progress: FollowingProgress, event: RunEvent): FollowingProgress {
  switch (event.type) {
    case 'follow-started':
      return { ...progress, startedAt: progress.startedAt ?? Date.parse(event.at), round: event.round }
    case 'round-read':
      return { ...progress, read: { how: event.how, heldMs: event.heldMs } }
    case 'round-committed': {
      const { round, inserted, updated, deleted, quarantined, tables, elapsedMs } = event
      const counted = { round, inserted, updated, deleted, quarantined, tables, roundMs: elapsedMs }
      return { ...withLagReport(progress, event), ...counted }
    }
    case 'finding': {
      const isKnown = progress.findings.some(({ message }) => message === event.finding.message)
      return isKnown ? progress : { ...progress, findings: [...progress.findings, event.finding] }
    }
    case 'follow-lag':
      return withLagReport(progress, event)
    case 'follow-waiting': {
      const at = Date.parse(event.at)
      const { waiting } = progress
      const isSame = waiting?.reason === event.reason
      const since = isSame ? waiting.since : at
      return {
        ...(isSame || waiting === null ? progress : endedWait(progress, waiting)),
        waiting: { reason: event.reason, attempt: event.attempt, since },
      }
    }
    default:
      return progress
  }
}

/** Returns the present lag in milliseconds; null while it is unknown. It grows while no event arrives. */
export function lagOf({ reportedAt, sourceAt, waiting }: FollowingProgress, nowMs: number): number | null {
  if (reportedAt === null || sourceAt === null) return null
  const isOverdue = waiting !== null || nowMs - reportedAt > PATIENCE_MS
  return Math.max(0, (isOverdue ? nowMs : reportedAt) - sourceAt)
}

function withLagReport(
  progress: FollowingProgress,
  { at, lagMs }: { readonly at: string; readonly lagMs: number },
): FollowingProgress {
  const reportedAt = Date.parse(at)
  const after = progress.waiting === null ? progress : endedWait(progress, progress.waiting)
  return {
    ...after,
    reportedAt,
    sourceAt: reportedAt - lagMs,
    lags: withLag(progress, reportedAt, lagMs),
    waiting: null,
  }
}

function endedWait(progress: FollowingProgress, wait: FollowingWait): FollowingProgress {
  return { ...progress, waits: [...progress.waits, wait].slice(-MOST_WAITS) }
}

/** Fills seconds without an event with the lag as it had grown by then, or with the one before. */
function withLag(progress: FollowingProgress, reportedAt: number, lagMs: number): readonly number[] {
  const { lags, sourceAt, waiting } = progress
  const second = Math.floor(reportedAt / 1000)
  const before = progress.reportedAt === null ? second - 1 : Math.floor(progress.reportedAt / 1000)
  if (second <= before && lags.length > 0) return [...lags.slice(0, -1), Math.max(lags.at(-1)!, lagMs)]
  const missed = Math.min(MOST_LAGS, second - before - 1)
  const isGrown = waiting !== null || missed * 1000 > PATIENCE_MS
  const between = Array.from({ length: missed }, (_, index) => {
    const end = (second - missed + index + 1) * 1000
    return isGrown && sourceAt !== null ? end - sourceAt : (lags.at(-1) ?? lagMs)
  })
  return [...lags, ...between, lagMs].slice(-MOST_LAGS)
}

/** Times are ISO 8601 instants; null for what has not happened yet. */
export type CutOverProgress = {
  /** Rounds read since the cut-over began. */
  readonly rounds: number
  readonly fencedAt: string | null
  readonly switchedAt: string | null
  readonly commandStartedAt: string | null
  readonly commandEnded: { readonly at: string; readonly exitCode: number | null } | null
  readonly openedAt: string | null
  readonly finishedAt: string | null
  /** Why the cut-over was aborted. */
  readonly aborted: string | null
}

export const noCutOver: CutOverProgress = {
  rounds: 0,
  fencedAt: null,
  switchedAt: null,
  commandStartedAt: null,
  commandEnded: null,
  openedAt: null,
  finishedAt: null,
  aborted: null,
}

export function advanceCutOver(progress: CutOverProgress, event: RunEvent): CutOverProgress {
  switch (event.type) {
    case 'round-read':
      return { ...progress, rounds: progress.rounds + 1 }
    case 'fence-held':
      return { ...progress, fencedAt: event.at }
    case 'state-changed':
      return event.to === 'switching' && progress.switchedAt === null
        ? { ...progress, switchedAt: event.at }
        : progress
    case 'command-started':
      return { ...progress, commandStartedAt: event.at }
    case 'command-ended':
      return { ...progress, commandEnded: { at: event.at, exitCode: event.exitCode } }
    case 'fence-opened':
      return { ...progress, openedAt: event.at }
    case 'cut-over-finished':
      return { ...progress, finishedAt: event.at }
    case 'cut-over-aborted':
      return { ...progress, aborted: event.why }
    default:
      return progress
  }
}
