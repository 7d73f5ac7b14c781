/**
 * Following and cutting over as a state machine: the source and its log, the follower's files, the target, the owner, the fence and CMD;
 * commits, log restarts, kills, stops, power cuts, lost acknowledgements and a failover to an older state may happen at any time, within
 * the budgets. Contents are versions: the source's n-th commit is version n.
 */
import { type Changes, type Model, type Offer, offering, placesOf, type State } from './checker.ts'

const fields = [
  // The source: its version, the version at the mark, log restarts since the mark (2 stands for more), whether the log's tail after the mark is whole.
  'source',
  'mark',
  'restarts',
  'tail',
  // The old application runs (1), was stopped by --before-cutover (0); a note of that is durable.
  'application',
  'noted',
  // The round file last written: its round, the versions before and after, whether a page is missing in it.
  'file',
  'fileFrom',
  'fileTo',
  'fileHole',
  // The shadow as PostgreSQL has it, and as the source is: version, a page that is wrong, torn by an unfinished write.
  'old',
  'oldRound',
  'oldTorn',
  'new',
  'newHole',
  /** The first round whose pages in the new shadow are not on the disk; 0 for none. */
  'unsynced',
  // The target: round, version, a change that was lost, owner's epoch, state, writes of the new application.
  'round',
  'version',
  'hole',
  'epoch',
  'state',
  'written',
  // The target as it was one commit ago, for a failover.
  'beforeRound',
  'beforeVersion',
  // A COMMIT whose answer was lost and that may still land: 0 none, 1 of a round, 2 of `switching`; whose, and what.
  'pending',
  'pendingTo',
  'pendingFrom',
  // Two processes: 0 dead, 1 alive, 2 stopped; step; epoch; round; version read; missing page; restarts and tail since that reading.
  'aAlive',
  'aStep',
  'aEpoch',
  'aRound',
  'aTo',
  'aHole',
  'aRestarts',
  'aTail',
  'bAlive',
  'bStep',
  'bEpoch',
  'bRound',
  'bTo',
  'bHole',
  'bRestarts',
  'bTail',
  // Which of them cuts over (1, 2), how far it is, the version that was read under the fence.
  'cutter',
  'cutStep',
  'fenced',
  // The child: 0 none, 1 fence held, 2 fence opened, 3 dead. Whether the lock is real. CMD: 0 not started, 1 runs, 2 ended, 3 failed.
  'child',
  'lock',
  'command',
  // The fence ended by --hold although CMD runs, which is said.
  'overheld',
  // What was broken on the way.
  'stuck',
  'twice',
  'strayCommit',
  'wrongStart',
  'writtenBehind',
  // Budgets.
  'kills',
  'stops',
  'cuts',
  'doubts',
  'failovers',
  'starts',
] as const

/** The place of each field in a state. */
const F = placesOf(fields)

/** Places of a process's fields, from its first on. */
const A = F.aAlive
const B = F.bAlive
const ALIVE = 0
const STEP = 1
const EPOCH = 2
const ROUND = 3
const TO = 4
const HOLE = 5
const RESTARTS = 6
const TAIL = 7

/** Fields and their new values; a later one of the same field counts. */
const when = (condition: boolean, ...changes: Changes): Changes => (condition ? changes : [])

/** Steps of a process. */
const IDLE = 0
const READ = 1
const ON_DISK = 2
const LAID = 3
const IN_DOUBT = 4
const COMMITTED = 5

/** Steps of a cut-over. */
const FENCING = 1
const LAST_ROUND = 2
const SWITCHING_IN_DOUBT = 3
const SWITCHED = 4
const STARTED = 5

const FOLLOWING = 0
const FENCED = 1
const SWITCHING = 2
const CUT_OVER = 3

/** Faults that are planted into the model, each of which must be caught, and what must be able to happen for it to do harm. */
export const followMutations = {
  'PostgreSQL commits before the round file is on disk': { kills: 1, starts: 1 },
  'the round number is not checked': { failovers: 1, stops: 1, starts: 1 },
  'the epoch is not checked': { stops: 1, starts: 1 },
  'a stopped owner that wakes writes into the shadow of the next': { stops: 1, starts: 1, commits: 3 },
  'a redone round does not roll the old shadow back': { failovers: 1, starts: 1 },
  'the new shadow is not on disk when its round file is removed': { cuts: 1, starts: 1 },
  'the round file is removed before the old shadow is laid': { kills: 1, starts: 1 },
  'the tail of the log is trusted without its anchor': {},
  'two restarts of the log are taken for one': {},
  'the fence is believed because the application is writing': {},
  'the last round is left out': {},
  'CMD is started although the fence was opened in between': {},
  'the fence opens before CMD ends': {},
  'the fence opens when the parent dies after CMD has started': { kills: 1 },
  'a switch in doubt is decided by a read': { doubts: 1 },
  'a start in switching continues following by itself': { kills: 1, starts: 1 },
  'the application is stopped, unnoted, and nobody starts it again when the parent dies': { kills: 1 },
  'the mark moves before its round file is on disk': { kills: 1, starts: 1 },
} as const satisfies Readonly<Record<string, Partial<FollowBounds>>>
export type FollowMutation = keyof typeof followMutations

const budgets = ['kills', 'stops', 'cuts', 'doubts', 'failovers', 'starts'] as const

export type FollowBounds = {
  readonly commits: number
  readonly kills: number
  readonly stops: number
  readonly cuts: number
  readonly doubts: number
  readonly failovers: number
  readonly starts: number
}

export function followModel(bounds: FollowBounds, mutation: FollowMutation | null = null): Model {
  const has = (one: FollowMutation): boolean => mutation === one

  /** A round is settled, at its end or at the next start: both shadows are on the disk before its file is removed. */
  const onDisk: Changes = when(!has('the new shadow is not on disk when its round file is removed'), [
    F.unsynced,
    0,
  ])

  function start(): State {
    const state = new Int8Array(fields.length)
    for (const place of [F.tail, F.application, F.aAlive, F.aEpoch, F.epoch, F.aTail, F.bTail, F.lock])
      state[place] = 1
    for (const name of budgets) state[F[name]] = bounds[name]
    return state
  }

  function steps(state: State, go: (action: string, next: State) => void): void {
    const offer = offering(state, go)
    sourceSteps(state, offer)
    for (const p of [A, B]) processSteps(p, state, offer)
    cutSteps(state, offer)
    targetSteps(state, offer)
  }

  /** What the application and SQLite do. */
  function sourceSteps(s: State, offer: Offer): void {
    const isFenced = s[F.child]! === 1 && s[F.lock]! === 1
    if (s[F.application]! === 1 && !isFenced && s[F.source]! < bounds.commits) {
      offer('source-committed', [[F.source, s[F.source]! + 1], ...behind(s)])
      if (s[F.restarts]! > 0 && s[F.tail]! === 1)
        offer('tail-overwritten', [[F.source, s[F.source]! + 1], [F.tail, 0], ...behind(s)])
    }
    if (!isFenced && s[F.restarts]! < 2)
      offer('log-restarted', [
        [F.restarts, s[F.restarts]! + 1],
        [F.tail, s[F.restarts]! === 0 ? s[F.tail]! : 0],
        ...restartOf(s, A),
        ...restartOf(s, B),
      ])
  }

  /** While CMD runs, a commit into the old file is a fault of ours, unless --hold ended and it was said. */
  const behind = (s: State): Changes => [
    [F.writtenBehind, s[F.writtenBehind]! || (s[F.command]! === 1 && s[F.overheld]! === 0 ? 1 : 0)],
  ]

  const restartOf = (s: State, p: number): Changes =>
    s[p + STEP]! === READ
      ? [
          [p + RESTARTS, Math.min(2, s[p + RESTARTS]! + 1)],
          [p + TAIL, s[p + RESTARTS]! === 0 ? s[p + TAIL]! : 0],
        ]
      : []

  /** Whether a page is missing when the changed pages are taken from the log. */
  function misses(s: State): number {
    if (s[F.mark]! > s[F.new]!) return 1
    const restarts = s[F.restarts]!
    const isWhole = restarts === 0 || (restarts === 1 && s[F.tail]! === 1)
    if (isWhole) return 0
    // Compared whole: nothing is missing.
    if (restarts === 1) return has('the tail of the log is trusted without its anchor') ? 1 : 0
    return has('two restarts of the log are taken for one') ? 1 : 0
  }

  function processSteps(p: number, s: State, offer: Offer): void {
    const alive = s[p + ALIVE]!
    const other = p === A ? B : A
    const step = s[p + STEP]!
    const cuts = s[F.cutter]! === (p === A ? 1 : 2)
    const ended: Changes = [
      [F.cutter, 0],
      [F.cutStep, 0],
    ]
    if (alive !== 0 && s[F.kills]! > 0) {
      offer('process-killed', [
        [p + ALIVE, 0],
        [p + STEP, IDLE],
        [F.kills, s[F.kills]! - 1],
        ...when(cuts, ...ended),
      ])
    }
    if (alive === 1 && s[F.stops]! > 0)
      offer('process-stopped', [
        [p + ALIVE, 2],
        [F.stops, s[F.stops]! - 1],
      ])
    if (alive === 2) offer('process-woken', [[p + ALIVE, 1]])
    if (alive === 0 && s[other + ALIVE]! !== 1 && s[F.starts]! > 0) startProcess(p, s, offer)
    if (alive !== 1) return
    const isOwner = s[p + EPOCH]! === s[F.epoch]!
    const k = s[p + ROUND]!
    switch (step) {
      case IDLE: {
        const mayRead = !cuts || s[F.cutStep]! === FENCING
        if (mayRead && isOwner && s[F.state]! <= FENCED && s[F.source]! !== s[F.new]!) {
          offer('round-read', [
            [p + STEP, READ],
            // Its own count, not the target's: a target that went back is found out by the commit.
            [p + ROUND, s[F.oldRound]! + 1],
            [p + TO, s[F.source]!],
            [p + HOLE, misses(s)],
            [p + RESTARTS, 0],
            [p + TAIL, 1],
            ...when(
              has('the mark moves before its round file is on disk'),
              [F.restarts, 0],
              [F.tail, 1],
              [F.mark, s[F.source]!],
            ),
          ])
        }
        return
      }
      case READ: {
        // Files bear the epoch: what a stopped owner writes is nobody's.
        if (!isOwner) return
        const early = has('PostgreSQL commits before the round file is on disk')
        if (early) {
          commitRound(p, s, offer)
          return
        }
        offer('round-file-written', [...fileOf(p, s), [p + STEP, ON_DISK]])
        return
      }
      case ON_DISK: {
        const isZombie = !isOwner
        if (isZombie && !has('a stopped owner that wakes writes into the shadow of the next')) {
          // Its shadow is no longer the one that counts; the commit will find that out.
          offer('pages-laid', [[p + STEP, LAID]])
          return
        }
        offer('pages-laid', [
          [p + STEP, LAID],
          [F.new, s[p + TO]!],
          [F.newHole, s[F.newHole]! || s[p + HOLE]!],
          [F.unsynced, s[F.unsynced]! || k],
        ])
        return
      }
      case LAID: {
        commitRound(p, s, offer)
        return
      }
      case IN_DOUBT: {
        if (s[F.pending]! !== 0) return
        if (s[F.round]! === k && isOwner) offer('round-found-committed', [[p + STEP, COMMITTED]])
        else if (s[F.round]! === k - 1 && isOwner) offer('round-found-open', [[p + STEP, LAID]])
        else
          offer('process-gave-up', [
            [p + ALIVE, 0],
            [p + STEP, IDLE],
          ])
        return
      }
      case COMMITTED: {
        if (!isOwner && !has('a stopped owner that wakes writes into the shadow of the next')) {
          offer('process-gave-up', [
            [p + ALIVE, 0],
            [p + STEP, IDLE],
          ])
          return
        }
        if (s[F.oldTorn]! === 0) {
          offer('old-shadow-begun', [
            [F.oldTorn, 1],
            ...when(has('the round file is removed before the old shadow is laid'), [F.file, 0]),
          ])
          return
        }
        offer('round-applied', [
          [F.oldTorn, 0],
          [F.old, s[p + TO]!],
          [F.oldRound, k],
          [p + STEP, IDLE],
          ...onDisk,
          ...when(cuts, [F.cutStep, LAST_ROUND], [F.fenced, s[p + TO]!]),
        ])
        return
      }
      default:
        throw new Error(`a process has no step ${step}`)
    }
  }

  const fileOf = (p: number, s: State): Changes => [
    [F.file, s[p + ROUND]!],
    [F.fileFrom, s[F.old]!],
    [F.fileTo, s[p + TO]!],
    [F.fileHole, s[p + HOLE]!],
    ...when(
      !has('the mark moves before its round file is on disk'),
      [F.mark, s[p + TO]!],
      [F.restarts, s[p + RESTARTS]!],
      [F.tail, s[p + TAIL]!],
    ),
  ]

  /** The transaction of a round: it is committed, or its answer is lost, or it is refused. */
  function commitRound(p: number, s: State, offer: Offer): void {
    if (s[F.pending]! !== 0) return
    const k = s[p + ROUND]!
    const isNext = s[F.round]! === k - 1 || has('the round number is not checked')
    const isOwner = s[p + EPOCH]! === s[F.epoch]! || has('the epoch is not checked')
    if (!isNext || !isOwner) {
      offer('round-refused', [
        [p + ALIVE, 0],
        [p + STEP, IDLE],
      ])
      return
    }
    const early = has('PostgreSQL commits before the round file is on disk')
    const changes = appliedRound(s, k, s[F.old]!, s[p + TO]!, s[p + HOLE]! || s[F.newHole]!)
    offer('round-committed', [
      ...changes,
      ...when(early, ...fileOf(p, s), [F.file, s[F.file]!]),
      [p + STEP, COMMITTED],
      ...when(early, [F.new, s[p + TO]!]),
    ])
    if (s[F.doubts]! > 0) {
      offer('answer-lost', [
        [p + STEP, IN_DOUBT],
        [F.pending, 1],
        [F.pendingTo, s[p + TO]!],
        [F.pendingFrom, s[F.old]!],
        [F.doubts, s[F.doubts]! - 1],
      ])
    }
  }

  /** What a round's rows do to the target: the difference between two versions, laid over what is there. */
  function appliedRound(s: State, k: number, from: number, to: number, hole: number): Changes {
    const version = s[F.version]!
    const isStray = s[F.state]! >= SWITCHING
    const isEmpty = from === to && from !== version
    const base: Changes = [
      [F.round, k],
      [F.beforeRound, s[F.round]!],
      [F.beforeVersion, version],
      [F.strayCommit, s[F.strayCommit]! || (isStray ? 1 : 0)],
      [F.hole, s[F.hole]! || hole || (isEmpty && version !== to ? 1 : 0)],
    ]
    if (s[F.oldTorn]! === 1) return [...base, [F.version, to], [F.twice, 1]]
    if (from === version) return [...base, [F.version, to]]
    // An empty difference: the round is counted, and what it should have brought is lost.
    if (isEmpty) return base
    return [...base, [F.version, to], [F.twice, 1]]
  }

  function startProcess(p: number, s: State, offer: Offer): void {
    // The epoch's row is locked by a transaction in doubt.
    if (s[F.pending]! !== 0) return
    const isMutated = has('a start in switching continues following by itself')
    if (s[F.state]! >= SWITCHING && !isMutated) return
    const epoch = s[F.epoch]! + 1
    const round = s[F.round]!
    const own: Changes = [
      [p + ALIVE, 1],
      [p + EPOCH, epoch],
      [F.epoch, epoch],
      [F.starts, s[F.starts]! - 1],
      [F.state, FOLLOWING],
    ]
    const file = s[F.file]!
    if (file < round) {
      // No file to continue with: the shadow must be that of the target's round.
      if (s[F.oldTorn]! === 0 && s[F.oldRound]! === round)
        offer('following-started', [...own, [p + STEP, IDLE], [F.new, s[F.old]!]])
      else if (s[F.failovers]! === bounds.failovers) offer('resync-needed', [[F.stuck, 1]])
      return
    }
    if (file === round) {
      offer('following-started', [
        ...own,
        [p + STEP, IDLE],
        [F.old, s[F.fileTo]!],
        [F.oldRound, round],
        [F.oldTorn, 0],
        [F.new, s[F.fileTo]!],
        ...onDisk,
      ])
      return
    }
    if (file === round + 1) {
      const rollBack = !has('a redone round does not roll the old shadow back')
      offer('following-started', [
        ...own,
        [p + STEP, ON_DISK],
        [p + ROUND, file],
        [p + TO, s[F.fileTo]!],
        [p + HOLE, s[F.fileHole]!],
        ...when(rollBack, [F.old, s[F.fileFrom]!], [F.oldRound, round], [F.oldTorn, 0]),
      ])
    }
    // The target is older than the files: `follow --resync`, a person's.
  }

  function targetSteps(s: State, offer: Offer): void {
    if (s[F.pending]! === 1) {
      const p = s[A + STEP]! === IN_DOUBT ? A : B
      const k = s[p + ROUND]!
      const fits = s[F.round]! === k - 1 && s[p + EPOCH]! === s[F.epoch]!
      if (fits)
        offer('doubtful-commit-landed', [
          ...appliedRound(s, k, s[F.pendingFrom]!, s[F.pendingTo]!, s[p + HOLE]! || s[F.newHole]!),
          [F.pending, 0],
        ])
      offer('doubtful-commit-lost', [[F.pending, 0]])
    }
    if (s[F.pending]! === 2) {
      offer('doubtful-switch-landed', [
        [F.pending, 0],
        [F.state, SWITCHING],
      ])
      offer('doubtful-switch-lost', [[F.pending, 0]])
    }
    if (
      s[F.failovers]! > 0 &&
      s[F.state]! === FOLLOWING &&
      s[F.pending]! === 0 &&
      s[F.round]! > s[F.beforeRound]!
    )
      offer('target-failed-over', [
        [F.failovers, s[F.failovers]! - 1],
        [F.round, s[F.beforeRound]!],
        [F.version, s[F.beforeVersion]!],
        // Connections are gone with the server.
        ...when(s[F.aAlive]! === 1, [F.aAlive, 0], [F.aStep, IDLE]),
        ...when(s[F.bAlive]! === 1, [F.bAlive, 0], [F.bStep, IDLE]),
        [F.cutter, 0],
      ])
    if (s[F.cuts]! > 0 && s[F.child]! !== 1) {
      // Power: every process ends, and what is not on the disk is gone; the next start lays the last round file again, no other.
      const isGone = s[F.unsynced]! !== 0 && s[F.unsynced]! < s[F.file]!
      offer('power-cut', [
        [F.cuts, s[F.cuts]! - 1],
        [F.aAlive, 0],
        [F.aStep, IDLE],
        [F.bAlive, 0],
        [F.bStep, IDLE],
        [F.cutter, 0],
        [F.newHole, s[F.newHole]! || (isGone ? 1 : 0)],
        [F.unsynced, isGone ? 0 : s[F.unsynced]!],
      ])
    }
    if (s[F.command]! === 1 && s[F.written]! < 1) offer('target-written', [[F.written, 1]])
    if (s[F.command]! === 1) {
      offer('command-ended', [[F.command, 2]])
      offer('command-failed', [[F.command, 3]])
    }
  }

  const startsAgain = !has(
    'the application is stopped, unnoted, and nobody starts it again when the parent dies',
  )

  function cutSteps(s: State, offer: Offer): void {
    childSteps(s, offer)
    const cutter = s[F.cutter]!
    if (cutter === 0) {
      for (const [number, p] of [
        [1, A],
        [2, B],
      ] as const) {
        const isFree = s[p + ALIVE]! === 1 && s[p + STEP]! === IDLE && s[p + EPOCH]! === s[F.epoch]!
        if (!isFree || s[F.state]! !== FOLLOWING || s[F.child]! !== 0 || s[F.command]! !== 0) continue
        offer('cut-over-begun', [
          [F.cutter, number],
          [F.cutStep, FENCING],
        ])
        // --before-cutover stops the application; that it may be stopped is written down first.
        if (s[F.application]! === 1)
          offer('application-stopped', [
            [F.cutter, number],
            [F.cutStep, FENCING],
            [F.application, 0],
            [F.noted, startsAgain ? 1 : 0],
          ])
      }
      return
    }
    const p = cutter === 1 ? A : B
    if (s[p + ALIVE]! !== 1) return
    if (s[p + EPOCH]! !== s[F.epoch]! && s[F.command]! === 0 && !has('the epoch is not checked')) {
      offer('process-gave-up', [
        [p + ALIVE, 0],
        [p + STEP, IDLE],
        [F.cutter, 0],
        [F.cutStep, 0],
      ])
      return
    }
    const abort: Changes = [
      [F.cutter, 0],
      [F.cutStep, 0],
      [F.state, FOLLOWING],
      ...when(s[F.command]! === 0, [F.application, 1], [F.noted, 0]),
    ]
    switch (s[F.cutStep]!) {
      case FENCING: {
        if (s[p + STEP]! !== IDLE) return
        if (s[F.child]! === 0) {
          offer('fence-held', [
            [F.child, 1],
            [F.lock, 1],
            [F.state, FENCED],
          ])
          // The handle turned out to be read-only: it holds nothing, and only the application's own lock makes others wait.
          if (has('the fence is believed because the application is writing'))
            offer('fence-held', [
              [F.child, 1],
              [F.lock, 0],
              [F.state, FENCED],
            ])
          return
        }
        if (s[F.child]! !== 1) {
          offer('cut-over-aborted', [...abort, [F.child, 0]])
          return
        }
        // Nothing to bring, or the last round is left out.
        const isCurrent = s[F.source]! === s[F.version]!
        if (isCurrent || has('the last round is left out'))
          offer('last-round-empty', [
            [F.cutStep, LAST_ROUND],
            [F.fenced, s[F.version]!],
          ])
        return
      }
      case LAST_ROUND: {
        if (s[F.pending]! !== 0) return
        offer('state-switching', [
          [F.state, SWITCHING],
          [F.cutStep, SWITCHED],
        ])
        if (s[F.doubts]! > 0)
          offer('switch-answer-lost', [
            [F.cutStep, SWITCHING_IN_DOUBT],
            [F.pending, 2],
            [F.doubts, s[F.doubts]! - 1],
          ])
        return
      }
      case SWITCHING_IN_DOUBT: {
        if (s[F.pending]! !== 0 && !has('a switch in doubt is decided by a read')) return
        if (s[F.state]! === SWITCHING) offer('switch-found', [[F.cutStep, SWITCHED]])
        else offer('cut-over-aborted', [...abort, [F.child, 0]])
        return
      }
      case SWITCHED: {
        const isHeld = s[F.child]! === 1 || has('CMD is started although the fence was opened in between')
        if (isHeld && s[F.child]! !== 3)
          offer('command-started', [
            [F.command, 1],
            [F.cutStep, STARTED],
            [F.wrongStart, s[F.source]! === s[F.version]! && s[F.hole]! === 0 ? 0 : 1],
          ])
        else offer('cut-over-aborted', [...abort, [F.child, 0]])
        return
      }
      case STARTED: {
        if (s[F.command]! === 2 && s[F.state]! === SWITCHING)
          offer('cut-over-finished', [
            [F.state, CUT_OVER],
            [F.cutter, 0],
          ])
        return
      }
      default:
        throw new Error(`a cut-over has no step ${s[F.cutStep]!}`)
    }
  }

  /** The child that holds the fence: it hears nothing of its parent for a while, it is killed, or CMD has ended. */
  function childSteps(s: State, offer: Offer): void {
    const child = s[F.child]!
    const cutter = s[F.cutter]!
    const parent = cutter === 0 ? 0 : s[(cutter === 1 ? A : B) + ALIVE]!
    const again: Changes =
      startsAgain && s[F.application]! === 0 && parent === 0
        ? [
            [F.application, 1],
            [F.noted, 0],
          ]
        : []
    if (child === 1 && parent !== 1) {
      if (s[F.command]! === 0) offer('fence-opened', [[F.child, parent === 0 ? 0 : 2], ...again])
      else if (has('the fence opens when the parent dies after CMD has started') && s[F.command]! === 1)
        offer('fence-opened', [[F.child, 2]])
    }
    if (
      child === 1 &&
      s[F.command]! === 0 &&
      s[F.cutStep]! === SWITCHED &&
      has('CMD is started although the fence was opened in between')
    )
      offer('lease-lapsed', [[F.child, 2]])
    if (child === 2 && parent === 0) offer('child-ended', [[F.child, 0], ...again])
    if (child === 1 && s[F.kills]! > 0)
      offer('child-killed', [
        [F.child, s[F.command]! === 0 ? 2 : 3],
        [F.kills, s[F.kills]! - 1],
        ...when(s[F.command]! === 1, [F.overheld, 1]),
      ])
    if (child === 1 && s[F.command]! >= 2) offer('fence-opened', [[F.child, 0]])
    if (child === 1 && s[F.command]! === 1) {
      offer('hold-ended', [
        [F.child, 2],
        [F.overheld, 1],
      ])
      if (has('the fence opens before CMD ends')) offer('fence-opened', [[F.child, 2]])
    }
  }

  function broken(s: State): string | null {
    if (s[F.stuck]! === 1) return 'a kill leaves a follower that cannot continue'
    if (s[F.twice]! === 1) return 'a round is applied to what it was not made for'
    if (s[F.wrongStart]! === 1) return 'CMD is started while the target is not the source at the fence'
    if (s[F.strayCommit]! === 1) return 'a round is applied after the switch'
    if (s[F.writtenBehind]! === 1) return 'the old file takes a write while CMD runs, and nobody is told'
    if (s[F.hole]! === 1) return 'the target says that it has a round whose changes it lacks'
    const nobody = s[F.aAlive]! === 0 && s[F.bAlive]! === 0 && s[F.child]! !== 1 && s[F.child]! !== 2
    if (nobody && s[F.application]! === 0 && s[F.command]! === 0 && s[F.noted]! === 0)
      return 'the application is stopped, and nothing says so'
    const isFollowed =
      s[F.state]! === SWITCHING && s[F.command]! === 0 && s[F.child]! === 0 && s[F.cutter]! === 0
    const someoneFollows = [A, B].some((p) => s[p + ALIVE]! === 1 && s[p + EPOCH]! === s[F.epoch]!)
    if (isFollowed && someoneFollows && s[F.pending]! === 0)
      return 'an owner continues following in the state switching'
    if (s[F.command]! !== 0 && s[F.state]! === FOLLOWING)
      return 'the state is following although CMD was started'
    return null
  }

  return { fields, start, steps, broken }
}

const versions = [
  'source',
  'mark',
  'fileFrom',
  'fileTo',
  'old',
  'new',
  'version',
  'beforeVersion',
  'pendingTo',
  'pendingFrom',
  'aTo',
  'bTo',
  'fenced',
] as const
const rounds = ['file', 'oldRound', 'unsynced', 'round', 'beforeRound', 'aRound', 'bRound'] as const
const epochs = ['epoch', 'aEpoch', 'bEpoch'] as const

/** The same situation with small numbers and full budgets: what may follow from it depends on differences alone. */
export function renewed(state: State, bounds: FollowBounds): State {
  const next = state.slice()
  const shift = (names: readonly (keyof typeof F)[], by: number): void => {
    for (const name of names) next[F[name]] = Math.max(0, next[F[name]]! - by)
  }
  shift(versions, Math.min(state[F.old]!, state[F.version]!))
  shift(rounds, Math.max(0, Math.min(state[F.file]!, state[F.round]!, state[F.oldRound]!) - 1))
  shift(epochs, state[F.epoch]! - 2)
  for (const name of budgets) next[F[name]] = bounds[name]
  return next
}
