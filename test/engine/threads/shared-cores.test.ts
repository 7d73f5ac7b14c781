/** Cores between the server's indexes and our threads. */
import { expect, test } from 'vitest'
import { SharedCores } from '../../../src/engine/threads/shared-cores.ts'

test('our threads have what the server leaves them, and always one', () => {
  const cores = new SharedCores(2)
  let freed = 0
  cores.onFree(() => freed++)
  expect(cores.free).toBe(2)
  const giveBack = [cores.take(), cores.take(), cores.take()]
  expect(cores.free).toBe(1)
  for (const one of giveBack) one()
  expect([cores.free, freed]).toEqual([2, 3])
})

test('a server elsewhere takes none of them', () => {
  const cores = new SharedCores()
  cores.take()
  expect(cores.free).toBe(Number.POSITIVE_INFINITY)
})
