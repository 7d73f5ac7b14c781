/** Very little work is done without threads, and comes out the same. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { expect, test } from 'vitest'
import { anyServer } from '../../support/databases.ts'
import { runForTest, verifyAgainForTest } from '../../support/run.ts'
import { inScene } from '../../support/scene.ts'

const sql = `create table parents (id integer primary key, name text not null, price real, at timestamp);
  create table children (parent integer references parents (id), note text, body blob);
  insert into parents values (1, 'one', 0.125, '2024-01-01 10:00:00'), (2, 'nul ' || char(0), 1e300, null), (3, 'three', 'x', 'never');
  insert into children values (1, 'a', x'00ff'), (9, 'nobody''s', null), (null, '', zeroblob(70000))`

/** Runs and verifies; returns what came out, and how many threads were started for it. */
async function move(jobs: number | null) {
  let threads = 0
  const count = (): void => {
    threads++
  }
  const found: unknown[] = []
  subscribe('worker_threads', count)
  try {
    await inScene(anyServer().url, { name: 'a.db', sql }, async ({ file, workFolder, url }) => {
      const request = { jobs, verifyLevel: 'full' } as const
      const { report } = await runForTest({ sources: [file], url, workFolder, request })
      expect(report!.quarantine.rows).toBeGreaterThan(0)
      const { tables } = await verifyAgainForTest(url, workFolder, { jobs, level: 'full' })
      found.push(report!.status, report!.quarantine, report!.verify, tables)
    })
  } finally {
    unsubscribe('worker_threads', count)
  }
  return { threads, found }
}

test('no thread copies three rows, unless a number of workers is given', async () => {
  const here = await move(null)
  expect(here.threads).toBe(0)
  const inThreads = await move(2)
  expect(inThreads.threads).toBeGreaterThan(0)
  expect(here.found).toEqual(inThreads.found)
})
