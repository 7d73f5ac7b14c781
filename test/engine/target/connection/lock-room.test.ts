import { expect, test } from 'vitest'
import { groupByLocks } from '../../../../src/engine/target/connection/lock-room.ts'

test('groups keep the order and fill the room; what is larger than it is alone', () => {
  expect(groupByLocks([3, 4, 3, 1, 99, 10, 1], (locks) => locks, 10)).toEqual([
    [3, 4, 3],
    [1],
    [99],
    [10],
    [1],
  ])
  expect(groupByLocks([], () => 1, 10)).toEqual([])
})
