/** Replays the events that a real cut-over reported against the model of following. */
import type { RunEvent } from '../../src/engine/model/event.ts'
import { type FollowBounds, followModel, renewed } from '../model/follow-model.ts'
import { type Replayed, replay } from '../model/replay.ts'

/** A process may be killed and started again between any two events. */
const bounds: FollowBounds = { commits: 2, kills: 1, stops: 0, cuts: 0, doubts: 1, failovers: 0, starts: 1 }

/** The model's actions that always leave an event. */
const seen = new Set([
  'following-started',
  'round-file-written',
  'fence-held',
  'fence-opened',
  'command-started',
  'command-ended',
  'command-failed',
  'cut-over-finished',
  'cut-over-aborted',
])

/** `events`: of all programs, in order, that followed or cut over the same run. */
export function replayEvents(events: readonly RunEvent[]): Replayed {
  const actions = events.flatMap((event, index) => actionOf(event, events.slice(index + 1)) ?? [])
  // The model starts with a process that follows.
  const fromFirst = actions[0] === 'following-started' ? actions.slice(1) : actions
  return replay(followModel(bounds), fromFirst, seen, (state) => renewed(state, bounds))
}

function actionOf(event: RunEvent, later: readonly RunEvent[]): string | null {
  switch (event.type) {
    case 'follow-started':
      return 'following-started'
    case 'command-ended':
      return event.exitCode === 0 ? 'command-ended' : 'command-failed'
    case 'fence-opened':
      // The model's abort opens the fence itself.
      return later.find(({ type }) => type !== 'state-changed')?.type === 'cut-over-aborted'
        ? null
        : 'fence-opened'
    case 'round-file-written':
    case 'fence-held':
    case 'command-started':
    case 'cut-over-finished':
    case 'cut-over-aborted':
      return event.type
    default:
      return null
  }
}
