/** Threads are used again by the next pool, each pool with a workplace of its own. */
import { threadId } from 'node:worker_threads'
import { expect, test } from 'vitest'
import { WorkerPool } from '../../../src/engine/threads/worker-pool.ts'
import { type Counted, type CountingTask, openPlace } from './counting-place.ts'

const notices: string[] = []

const open = (workerData: string, count = 1) =>
  WorkerPool.open<CountingTask, Counted, string>({
    module: new URL('./counting-place.ts', import.meta.url),
    name: 'counting worker',
    workerData,
    count,
    onNotice: (notice) => notices.push(`${workerData} hears ${notice}`),
  })

async function perform(pool: Awaited<ReturnType<typeof open>>, tasks: CountingTask[]): Promise<Counted[]> {
  const results: Counted[] = []
  const queue = [...tasks]
  await pool.performAll(
    async () => queue.shift() ?? null,
    (_, { result }) => results.push(result),
  )
  return results
}

test('the next pool has the thread of the one before, and a workplace of its own', async () => {
  const first = await open('first')
  const [one, two] = await perform(first, ['count', 'notice'])
  await first.close()
  const second = await open('second')
  const [three] = await perform(second, ['notice'])
  await second.close()
  expect(three!.thread).toBe(one!.thread)
  expect([one, two, three].map((counted) => [counted!.data, counted!.count])).toEqual([
    ['first', 1],
    ['first', 2],
    ['second', 1],
  ])
  expect(notices).toEqual(['first hears first', 'second hears second'])
})

test('two pools at a time share no thread', async () => {
  const [first, second] = await Promise.all([open('first', 2), open('second', 2)])
  const [ours, theirs] = await Promise.all([
    perform(first, ['count', 'count', 'count', 'count']),
    perform(second, ['count', 'count', 'count', 'count']),
  ])
  await Promise.all([first.close(), second.close()])
  const threads = new Set(theirs.map(({ thread }) => thread))
  expect(ours.filter(({ thread }) => threads.has(thread))).toEqual([])
})

test('a thread that died, or whose workplace could not be closed, is not used again', async () => {
  const dying = await open('dying')
  await expect(perform(dying, ['die'])).rejects.toThrow('A counting worker ended unexpectedly (exit code 3).')
  await dying.close()
  const stuck = await open('cannot close')
  const [before] = await perform(stuck, ['count'])
  await stuck.close()
  const after = await open('after')
  const [counted] = await perform(after, ['count'])
  await after.close()
  expect(counted!.thread).not.toBe(before!.thread)
})

test('a task that fails, and a workplace that cannot be opened, leave the thread as it was', async () => {
  const failing = await open('failing')
  const [before] = await perform(failing, ['count'])
  await expect(perform(failing, ['fail'])).rejects.toThrow('failed as asked')
  await failing.close()
  await expect(open('refuse')).rejects.toThrow('not today')
  const after = await open('after')
  const [counted] = await perform(after, ['count'])
  await after.close()
  expect(counted).toEqual({ thread: before!.thread, data: 'after', count: 1 })
})

test('the caller’s own thread performs one task after the other, and serves its events between them', async () => {
  const place = await openPlace('here', () => {})
  const pool = WorkerPool.alone('counting worker', place) as Awaited<ReturnType<typeof open>>
  let turns = 0
  const turning = setInterval(() => turns++, 0)
  const results = await perform(
    pool,
    Array.from({ length: 200 }, () => 'count' as const),
  )
  clearInterval(turning)
  expect(results.map(({ count }) => count)).toEqual(results.map((_, at) => at + 1))
  expect(results[0]!.thread).toBe(threadId)
  expect(turns).toBeGreaterThan(0)
  await expect(perform(pool, ['count', 'fail', 'count'])).rejects.toThrow('failed as asked')
  expect((await perform(pool, ['count'])).map(({ count }) => count)).toEqual([202])
  await pool.close()
})
