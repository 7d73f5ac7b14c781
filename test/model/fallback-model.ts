/**
 * Keeping the files current from PostgreSQL and going back to them, as a state machine: the application's writes, what the triggers noted
 * of them, the files, the process that brings changes back, the barrier and CMD; kills and power cuts at any time. A version is the
 * number of the application's writes; what is noted of write n is bit n - 1.
 */
import { type Changes, type Model, type Offer, offering, placesOf, type State } from './checker.ts'

const fields = [
  'written',
  'noted',
  // The files: their version, whether a write is missing in them.
  'files',
  'hole',
  // The process: 0 dead, 1 idle, 2 has its snapshot, 3 has written the files; the version and the notes that it saw.
  'process',
  'seen',
  'seenNotes',
  // Going back: 0 no, 1 tables locked, 2 last round done, 3 barrier stands and `switching` is committed, 4 CMD runs, 5 CMD has ended.
  'back',
  // No write of the application gets into PostgreSQL: the lock, which dies with its process, and the barrier, which does not.
  'lock',
  'barrier',
  'wrongStart',
  'writtenBehind',
  'kills',
  'starts',
] as const

const F = placesOf(fields)

const IDLE = 1
const SNAPSHOT = 2
const FILES_WRITTEN = 3

const LOCKED = 1
const LAST_ROUND = 2
const SWITCHING = 3
const COMMAND_RUNS = 4
const COMMAND_ENDED = 5

export const fallbackMutations = [
  'what is noted is removed before the files are on the disk',
  'what is noted after the snapshot is removed too',
  'the last round is read before the tables are locked',
  'only a lock keeps writers out while CMD runs',
  'the barrier stands only once CMD has ended',
  'changes are noted only from the first round on, and nothing is compared',
] as const
type FallbackMutation = (typeof fallbackMutations)[number]

type FallbackBounds = { readonly writes: number; readonly kills: number; readonly starts: number }

export function fallbackModel(bounds: FallbackBounds, mutation: FallbackMutation | null = null): Model {
  const has = (one: FallbackMutation): boolean => mutation === one
  const notesLate = has('changes are noted only from the first round on, and nothing is compared')

  function start(): State {
    const state = new Int8Array(fields.length)
    state[F.kills] = bounds.kills
    state[F.starts] = bounds.starts
    return state
  }

  function steps(s: State, go: (action: string, next: State) => void): void {
    const offer = offering(s, go)
    const written = s[F.written]!
    const back = s[F.back]!
    if (written < bounds.writes && s[F.lock] === 0 && s[F.barrier] === 0) {
      const isNoted = !notesLate || s[F.process] !== 0 || s[F.starts] !== bounds.starts
      offer('target-written', [
        [F.written, written + 1],
        [F.noted, s[F.noted]! | (isNoted ? 1 << written : 0)],
        [F.writtenBehind, back >= COMMAND_RUNS ? 1 : s[F.writtenBehind]!],
      ])
    }
    if (s[F.process] === 0) {
      if (s[F.starts]! > 0 && back < SWITCHING)
        offer('fallback-started', [
          [F.process, IDLE],
          [F.starts, s[F.starts]! - 1],
        ])
      // What a person decides: neither side was written since.
      if (back === SWITCHING)
        offer('postgresql-kept', [
          [F.back, 0],
          [F.barrier, 0],
        ])
    } else {
      if (s[F.kills]! > 0)
        offer('process-killed', [
          [F.process, 0],
          [F.kills, s[F.kills]! - 1],
          [F.lock, 0],
          [F.back, back < SWITCHING ? 0 : back],
        ])
      processSteps(s, offer)
    }
    if (back === COMMAND_RUNS)
      offer('command-ended', [
        [F.back, COMMAND_ENDED],
        ...(has('the barrier stands only once CMD has ended') ? ([[F.barrier, 1]] as const) : []),
      ])
  }

  function processSteps(s: State, offer: Offer): void {
    const back = s[F.back]!
    switch (s[F.process]) {
      case IDLE: {
        if (back <= LOCKED && (s[F.noted] !== 0 || back === LOCKED))
          offer('snapshot-taken', [
            [F.process, SNAPSHOT],
            [F.seen, s[F.written]!],
            [F.seenNotes, s[F.noted]!],
          ])
        if (back === 0)
          offer(
            'target-locked',
            has('the last round is read before the tables are locked')
              ? [
                  [F.back, LAST_ROUND],
                  [F.lock, 1],
                ]
              : [
                  [F.back, LOCKED],
                  [F.lock, 1],
                ],
          )
        if (back === LAST_ROUND) {
          const isLockAlone = has('only a lock keeps writers out while CMD runs')
          const isLate = has('the barrier stands only once CMD has ended')
          offer('state-switching', [
            [F.back, SWITCHING],
            [F.barrier, isLockAlone || isLate ? 0 : 1],
            [F.lock, isLockAlone ? 1 : 0],
          ])
        }
        if (back === SWITCHING)
          offer('command-started', [
            [F.back, COMMAND_RUNS],
            [F.wrongStart, s[F.files] === s[F.written] && s[F.hole] === 0 ? 0 : 1],
          ])
        return
      }
      case SNAPSHOT: {
        if (has('what is noted is removed before the files are on the disk'))
          offer('notes-removed', [
            [F.noted, s[F.noted]! & ~s[F.seenNotes]!],
            [F.process, FILES_WRITTEN],
          ])
        else offer('files-written', [...filesAfter(s), [F.process, FILES_WRITTEN]])
        return
      }
      case FILES_WRITTEN: {
        const done: Changes = [
          [F.process, IDLE],
          [F.back, back === LOCKED ? LAST_ROUND : back],
        ]
        if (has('what is noted is removed before the files are on the disk'))
          offer('files-written', [...filesAfter(s), ...done])
        else if (has('what is noted after the snapshot is removed too'))
          offer('notes-removed', [[F.noted, 0], ...done])
        else offer('notes-removed', [[F.noted, s[F.noted]! & ~s[F.seenNotes]!], ...done])
        return
      }
      default:
        throw new Error(`a fallback has no step ${s[F.process]}`)
    }
  }

  /** The files after a round: of the snapshot's version when every write between was noted. */
  function filesAfter(s: State): Changes {
    const from = s[F.files]!
    const to = s[F.seen]!
    let missing = 0
    for (let n = from; n < to; n++) if ((s[F.seenNotes]! & (1 << n)) === 0) missing = 1
    return [
      [F.files, Math.max(from, to)],
      [F.hole, s[F.hole]! | missing],
    ]
  }

  function broken(s: State): string | null {
    if (s[F.wrongStart] === 1) return 'CMD is started while the files are not what PostgreSQL has'
    if (s[F.writtenBehind] === 1)
      return 'PostgreSQL takes a write while the application is started on the files'
    if (s[F.hole] === 1) return 'the files lack a write that PostgreSQL has, and it is not noted'
    return null
  }

  return { fields, start, steps, broken }
}
