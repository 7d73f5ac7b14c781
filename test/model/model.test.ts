import { describe, expect, it } from 'vitest'
import { isNight } from '../support/breadth.ts'
import { explore } from './checker.ts'
import { fallbackModel, fallbackMutations } from './fallback-model.ts'
import {
  type FollowBounds,
  type FollowMutation,
  followModel,
  followMutations,
  renewed,
} from './follow-model.ts'
import { forwardModel, forwardMutations } from './forward-model.ts'
import { replay } from './replay.ts'

const quiet: FollowBounds = { commits: 2, kills: 0, stops: 0, cuts: 0, doubts: 0, failovers: 0, starts: 0 }

describe('following and cutting over', () => {
  it('keeps its promises in every state that commits, restarts, kills, lost answers and one failover lead to', () => {
    const bounds: FollowBounds = isNight
      ? { commits: 3, kills: 2, stops: 1, cuts: 1, doubts: 1, failovers: 1, starts: 3 }
      : { commits: 2, kills: 1, stops: 1, cuts: 1, doubts: 0, failovers: 1, starts: 1 }
    const outcome = explore(followModel(bounds), isNight ? 6_000_000 : 150_000)
    expect(outcome).toMatchObject({ broken: null, trace: [] })
    expect(outcome.states).toBeGreaterThan(100_000)
    for (const action of [
      'round-applied',
      'target-failed-over',
      'command-started',
      'cut-over-finished',
      'hold-ended',
    ])
      expect(outcome.actions.get(action), action).toBeGreaterThan(0)
  })

  it('keeps them over a kill, a power cut and two starts', () => {
    const bounds = { ...quiet, kills: 1, cuts: 1, starts: 2 }
    expect(explore(followModel(bounds), 400_000)).toMatchObject({ broken: null, complete: true })
  })

  it.each(Object.keys(followMutations) as FollowMutation[])('catches: %s', (mutation) => {
    const bounds = { ...quiet, ...followMutations[mutation] }
    const outcome = explore(followModel(bounds, mutation), 200_000)
    expect(outcome.broken).not.toBeNull()
  })
})

describe('bringing back and going back', () => {
  const bounds = { writes: 4, kills: 2, starts: 3 }

  it('keeps its promises in every state', () => {
    const outcome = explore(fallbackModel(bounds), 1_000_000)
    expect(outcome).toMatchObject({ broken: null, complete: true })
    expect(outcome.states).toBeGreaterThan(1_000)
  })

  it.each([...fallbackMutations])('catches: %s', (mutation) => {
    expect(explore(fallbackModel(bounds, mutation), 1_000_000).broken).not.toBeNull()
  })
})

describe('forward again', () => {
  const bounds = { writes: 3, strays: 1, kills: 3, starts: 4 }

  it('keeps its promises in every state', () => {
    const outcome = explore(forwardModel(bounds), 1_000_000)
    expect(outcome).toMatchObject({ broken: null, trace: [], complete: true })
    expect(outcome.states).toBeGreaterThan(1_000)
    for (const action of ['late-writes-left-behind', 'sqlite-kept', 'postgresql-kept', 'cut-over-finished'])
      expect(outcome.actions.get(action), action).toBeGreaterThan(0)
  })

  it.each([...forwardMutations])('catches: %s', (mutation) => {
    expect(explore(forwardModel(bounds, mutation), 1_000_000).broken).not.toBeNull()
  })
})

describe('what a program says that it did', () => {
  const bounds: FollowBounds = { ...quiet, kills: 1, starts: 1, doubts: 1 }
  const seen = new Set([
    'following-started',
    'round-applied',
    'fence-held',
    'fence-opened',
    'command-started',
    'command-ended',
    'command-failed',
    'cut-over-finished',
    'cut-over-aborted',
  ])
  const fits = (...events: string[]) =>
    replay(followModel(bounds), events, seen, (state) => renewed(state, bounds))

  it('is a path of the model: rounds, a kill, a cut-over', () => {
    const rounds = Array.from({ length: 20 }, () => 'round-applied')
    expect(
      fits(
        ...rounds,
        'following-started',
        'round-applied',
        'fence-held',
        'round-applied',
        'command-started',
        'command-ended',
        'fence-opened',
        'cut-over-finished',
      ),
    ).toEqual({ fits: true, events: 28 })
  })

  it('is none when CMD is started without a fence, or the fence opens before CMD has ended', () => {
    expect(fits('round-applied', 'command-started')).toMatchObject({ fits: false, event: 'command-started' })
    expect(fits('fence-held', 'command-started', 'fence-opened', 'command-ended')).toMatchObject({
      fits: false,
      event: 'fence-opened',
    })
  })

  it('is none when rounds continue after the switch', () => {
    expect(
      fits('fence-held', 'command-started', 'command-ended', 'fence-opened', 'round-applied'),
    ).toMatchObject({
      fits: false,
      event: 'round-applied',
    })
  })
})
