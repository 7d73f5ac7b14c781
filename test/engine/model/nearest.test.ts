import { expect, it } from 'vitest'
import { nearest } from '../../../src/engine/model/nearest.ts'

it.each([
  ['sorce', 'source'],
  ['soruce', 'source'],
  ['tagret', 'target'],
  ['x', null],
  ['', null],
  ['something-else', null],
])('%s → %s', (word, expected) => {
  expect(nearest(word, ['source', 'target', 'yes'])).toBe(expected)
})
