/** A phase that says every few microseconds how far it is floods no reader, and its last word is not lost. */
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { RunControl } from '../../../src/engine/events/control.ts'
import { runPhase } from '../../../src/engine/events/run-context.ts'
import type { Phase, RunEvent } from '../../../src/engine/model/event.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

/** What is emitted of a phase that says 1 to 1000, one a millisecond, and stops for a second after the tenth. */
async function emittedOf(phase: Phase, fails = false): Promise<(number | string)[]> {
  const events: RunEvent[] = []
  const work = runPhase(
    { control: new RunControl(), emit: (event) => events.push(event) },
    phase,
    1000,
    'statement',
    async (progress) => {
      for (let done = 1; done <= 1000; done++) {
        progress(done)
        await vi.advanceTimersByTimeAsync(done === 10 ? 1000 : 1)
      }
      progress(1001)
      if (fails) throw new Error('refused')
    },
  )
  await work.catch(() => undefined)
  await vi.advanceTimersByTimeAsync(1000)
  return events.map((event) => (event.type === 'phase-progress' ? event.done : event.type))
}

it('a few words in a second, the first, the last, and the one before silence among them', async () => {
  const emitted = await emittedOf('index')
  expect(emitted.slice(0, 3)).toEqual(['phase-started', 1, 10])
  expect(emitted.slice(-2)).toEqual([1001, 'phase-finished'])
  expect(emitted.length).toBeLessThan(20)
  expect(emitted.length).toBeGreaterThan(10)
})

it('nothing comes after a failure, and the last word before it', async () => {
  const emitted = await emittedOf('index', true)
  expect(emitted.at(-1)).toBe(1001)
})

it('every word at once where SQLite may never return from what is named', async () => {
  expect(await emittedOf('inspect')).toHaveLength(1003)
})
