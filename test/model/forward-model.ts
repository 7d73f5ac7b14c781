/**
 * Forward again, as a state machine: an application works on the files that it was moved back to, is followed from there and cut over a
 * second time; writes that reach PostgreSQL past the barrier, kills and a person's choices may come at any time. A version is the number
 * of the application's writes into the files since the switch; -1 is what PostgreSQL had of its own.
 */
import { type Changes, type Model, type Offer, offering, placesOf, type State } from './checker.ts'

const fields = [
  // Versions: the files, their copies of the switch, the follower's shadow (-1: none yet), the target, what a round has read.
  'files',
  'copies',
  'shadow',
  'target',
  'to',
  // Writes into PostgreSQL that the files lack: noted by the triggers and not yet told of; gone, or known to nobody.
  'noted',
  'lost',
  // Whether the triggers note what is written.
  'noting',
  'state',
  // 0: none. 1: nobody writes. 2: the rounds alone write, as long as the state says that the files are followed.
  'barrier',
  // 0: dead, 1: idle, 2: has read a round, 3: is half way through a step that mutations tear in two.
  'process',
  'fence',
  // 0: not started, 1: runs, 2: has ended.
  'command',
  'wrongBase',
  'wrongStart',
  'strays',
  'kills',
  'starts',
] as const

const F = placesOf(fields)

const IDLE = 1
const READ = 2
const HALF_WAY = 3

const MOVED_BACK = 0
const FOLLOWING = 1
const FENCED = 2
const SWITCHING = 3
const CUT_OVER = 4

export const forwardMutations = [
  'late writes are not looked for',
  'the barrier falls before the rows are committed',
  'the run is followed before its rows are taken over',
  'following begins from the files as they are now',
  'any session may write while the files are followed',
  'CMD is started before the last round',
  'the barrier stands until the proof is made',
  'the barrier falls before the state says cut over',
] as const
type ForwardMutation = (typeof forwardMutations)[number]

type ForwardBounds = {
  readonly writes: number
  readonly strays: number
  readonly kills: number
  readonly starts: number
}

export function forwardModel(bounds: ForwardBounds, mutation: ForwardMutation | null = null): Model {
  const has = (one: ForwardMutation): boolean => mutation === one

  function start(): State {
    const state = new Int8Array(fields.length)
    state[F.target] = -1
    state[F.shadow] = -1
    for (const place of [F.noting, F.barrier]) state[place] = 1
    for (const name of ['strays', 'kills', 'starts'] as const) state[F[name]] = bounds[name]
    return state
  }

  function steps(s: State, go: (action: string, next: State) => void): void {
    const offer = offering(s, go)
    writes(s, offer)
    choices(s, offer)
    if (s[F.process] === 0) {
      if (s[F.starts]! > 0 && s[F.state]! < SWITCHING) offer('process-started', started(s))
      return
    }
    if (s[F.kills]! > 0)
      offer('process-killed', [
        [F.process, 0],
        [F.kills, s[F.kills]! - 1],
        // The child keeps the fence for as long as CMD runs.
        [F.fence, s[F.command] === 1 ? s[F.fence]! : 0],
      ])
    processSteps(s, offer)
  }

  function writes(s: State, offer: Offer): void {
    if (s[F.files]! < bounds.writes && s[F.fence] === 0 && s[F.state]! < SWITCHING)
      offer('files-written', [[F.files, s[F.files]! + 1]])
    const isInUse = s[F.state]! >= SWITCHING
    const isLetIn = s[F.barrier] === 0 || (s[F.barrier] === 2 && isInUse)
    const isOpen =
      isLetIn || (has('any session may write while the files are followed') && s[F.barrier] === 2)
    const note: Changes = s[F.noting] === 1 ? [[F.noted, 1]] : [[F.lost, 1]]
    if (isOpen) offer('target-written', isInUse ? note : [[F.lost, 1]])
    // `alter table … disable trigger` leaves the notes on: each table has both triggers.
    if (s[F.strays]! > 0 && s[F.state] === MOVED_BACK)
      offer('written-past-barrier', [...note, [F.strays, s[F.strays]! - 1]])
  }

  /** What a person decides; rows that only one side has are named. */
  function choices(s: State, offer: Offer): void {
    if (s[F.state] === MOVED_BACK && s[F.noted] === 1) offer('late-writes-left-behind', [[F.noted, 0]])
    if (s[F.state] === SWITCHING && s[F.process] === 0 && s[F.command] !== 1) {
      offer('sqlite-kept', [
        [F.state, FOLLOWING],
        [F.noted, 0],
        [F.noting, 0],
      ])
      offer('postgresql-kept', [
        [F.state, CUT_OVER],
        [F.barrier, 0],
      ])
    }
    if (s[F.command] === 1) offer('command-ended', [[F.command, 2]])
  }

  function started(s: State): Changes {
    const beginning = has('following begins from the files as they are now') ? s[F.files]! : s[F.copies]!
    const isFollowed = s[F.state] !== MOVED_BACK
    return [
      [F.process, IDLE],
      [F.starts, s[F.starts]! - 1],
      [F.state, isFollowed ? FOLLOWING : MOVED_BACK],
      ...(isFollowed && s[F.shadow] === -1 ? ([[F.shadow, beginning]] as const) : []),
    ]
  }

  function processSteps(s: State, offer: Offer): void {
    const state = s[F.state]!
    switch (s[F.process]) {
      case IDLE:
        if (state === MOVED_BACK) forwardSteps(s, offer)
        if (state === FOLLOWING || state === FENCED) followSteps(s, offer)
        if (state === SWITCHING) switchSteps(s, offer)
        return
      case READ:
        offer('round-committed', [
          [F.process, IDLE],
          [F.target, s[F.to]!],
          [F.shadow, s[F.to]!],
          [F.wrongBase, s[F.target] === s[F.shadow] ? 0 : 1],
        ])
        return
      case HALF_WAY:
        if (state === SWITCHING)
          offer('cut-over-finished', [
            [F.process, 0],
            [F.state, CUT_OVER],
          ])
        else offer('forward-begun', [...taken(s), ...followed, [F.process, IDLE]])
        return
      default:
        throw new Error(`a process has no step ${s[F.process]}`)
    }
  }

  /** The rows as the files had them at the switch. */
  const taken = (s: State): Changes => [
    [F.target, s[F.copies]!],
    [F.shadow, has('following begins from the files as they are now') ? s[F.files]! : s[F.copies]!],
  ]
  const followed: Changes = [
    [F.state, FOLLOWING],
    [F.barrier, 2],
    [F.noting, 0],
  ]

  function forwardSteps(s: State, offer: Offer): void {
    if (s[F.noted] === 1 && !has('late writes are not looked for')) return
    if (has('the barrier falls before the rows are committed'))
      offer('barrier-dropped', [
        [F.barrier, 0],
        [F.noting, 0],
        [F.process, HALF_WAY],
      ])
    else if (has('the run is followed before its rows are taken over'))
      offer('forward-begun', [...followed, [F.process, HALF_WAY]])
    else offer('forward-begun', [...taken(s), ...followed, [F.lost, s[F.noted]!]])
  }

  function followSteps(s: State, offer: Offer): void {
    if (s[F.files] !== s[F.shadow])
      offer('round-read', [
        [F.process, READ],
        [F.to, s[F.files]!],
      ])
    if (s[F.state] === FOLLOWING) {
      offer('fence-held', [
        [F.state, FENCED],
        [F.fence, 1],
      ])
      return
    }
    if (s[F.files] === s[F.shadow] || has('CMD is started before the last round'))
      offer('state-switching', [
        [F.state, SWITCHING],
        [F.noting, 1],
        [F.command, 0],
      ])
    offer('cut-over-aborted', [
      [F.state, FOLLOWING],
      [F.fence, 0],
    ])
  }

  function switchSteps(s: State, offer: Offer): void {
    const isShut = has('the barrier stands until the proof is made')
    if (s[F.command] === 0 && s[F.fence] === 1)
      offer('command-started', [
        [F.command, 1],
        [F.wrongStart, s[F.target] === s[F.files] && !isShut ? 0 : 1],
      ])
    if (s[F.command] !== 2) return
    if (has('the barrier falls before the state says cut over'))
      offer('barrier-dropped', [
        [F.barrier, 0],
        [F.fence, 0],
        [F.process, HALF_WAY],
      ])
    else
      offer('cut-over-finished', [
        [F.state, CUT_OVER],
        [F.barrier, 0],
        [F.fence, 0],
        [F.process, 0],
      ])
  }

  function broken(s: State): string | null {
    if (s[F.lost] === 1) return 'PostgreSQL took a write that the files lack, and nobody is told'
    if (s[F.wrongBase] === 1) return 'a round is applied to rows that it was not made for'
    if (s[F.wrongStart] === 1)
      return 'CMD is started while PostgreSQL is not what the files are, or takes no writes'
    return null
  }

  return { fields, start, steps, broken }
}
