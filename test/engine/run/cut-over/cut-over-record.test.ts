import { expect, it } from 'vitest'
import type { RunContext } from '../../../../src/engine/events/run-context.ts'
import type { Follower, FollowWork } from '../../../../src/engine/follow/follower.ts'
import { type CutOverRequest, RecordedCutOver } from '../../../../src/engine/run/cut-over/cut-over-record.ts'

it('commit-in-doubt: a state that may be in the journal is left again, and was never reported', async () => {
  const events: unknown[] = []
  const connection = {
    execute: async () => {},
    query: async () => ({ rows: [], count: 1 }),
    transaction: async (work: () => Promise<void>) => {
      await work()
      throw new Error('canceling statement due to statement timeout')
    },
  }
  const cutting = new RecordedCutOver(
    { run: '2026-11-22-1' } as FollowWork,
    { connection, epoch: 1, source: { id: 1 } } as unknown as Follower,
    {} as CutOverRequest,
    { emit: (event: unknown) => events.push(event) } as unknown as RunContext,
  )
  await expect(cutting.enter('fenced', false)).rejects.toThrow('timeout')
  expect(cutting.state).toBe('fenced')
  await cutting.enter('following', true)
  expect(cutting.state).toBe('following')
  expect(events).toEqual([])
})
