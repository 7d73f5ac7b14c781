/** Who reads what while the server builds indexes, with workers that do nothing. */
import { expect, test } from 'vitest'
import { RowSum } from '../../../src/engine/encode/rows/row-hash.ts'
import { RunControl } from '../../../src/engine/events/control.ts'
import type { Plan, TablePlan } from '../../../src/engine/model/plan.ts'
import { SharedCores } from '../../../src/engine/threads/shared-cores.ts'
import type { CopyWorkers } from '../../../src/engine/workers/copy-workers.ts'
import type { Task, TaskResult } from '../../../src/engine/workers/task.ts'
import { ChecksumComparison } from '../../../src/engine/workers/verify-checksums.ts'

const sum = new RowSum().toString()
const tables = Array.from({ length: 5 }, (_, at) => ({
  id: `a.db/t${at}`,
  fate: { kind: 'copy', copy: { target: { schema: 's', table: `t${at}` }, identity: { kind: 'multiset' } } },
})) as unknown as TablePlan[]
const plan = { tables, sourceRows: {} } as unknown as Plan
const context = { control: new RunControl(), emit: () => {} }

/** As a pool of so many workers; `most` is how many were at work at once. */
function idleWorkers(count: number) {
  const seen = { underWay: 0, most: 0 }
  const performAll = async (
    next: () => Promise<Task | null>,
    onDone: (task: Task, done: { result: TaskResult; elapsedMs: number }) => void,
  ): Promise<void> => {
    const work = async (): Promise<void> => {
      for (let task = await next(); task !== null; task = await next()) {
        seen.most = Math.max(seen.most, ++seen.underWay)
        await new Promise((resolve) => setTimeout(resolve, 2))
        seen.underWay--
        const result: TaskResult =
          task.kind === 'sum-entries'
            ? { kind: 'sum-entries', sums: task.tableIds.map(() => new Map()) }
            : { kind: 'sum-targets', sums: tables.map(() => ({ rows: 0, sum })) }
        onDone(task, { result, elapsedMs: 2 })
      }
    }
    await Promise.all(Array.from({ length: count }, work))
  }
  return { workers: { performAll } as unknown as CopyWorkers, seen }
}

test('comes to an end with more workers than cores', async () => {
  const { workers, seen } = idleWorkers(8)
  const comparison = new ChecksumComparison(workers, plan, [], new Map(), new SharedCores(2), context)
  expect((await comparison.finish()).map(({ match }) => match)).toEqual(tables.map(() => true))
  expect(seen.most).toBe(2)
})

test('one thread reads while the server is busy on all cores, and the others continue when it is not', async () => {
  const { workers, seen } = idleWorkers(2)
  const cores = new SharedCores(2)
  const giveBack = [cores.take(), cores.take()]
  const comparison = new ChecksumComparison(workers, plan, [], new Map(), cores, context)
  for (const table of ['t0', 't1', 't2']) comparison.readTarget({ schema: 's', table })
  await new Promise((resolve) => setTimeout(resolve, 30))
  expect(seen.most).toBe(1)
  for (const one of giveBack) one()
  await comparison.finish()
  expect(seen.most).toBe(2)
})
