import { expect, it } from 'vitest'
import type { Difference } from '../../../src/engine/model/report.ts'
import { mergeDifferences } from '../../../src/engine/verify/merge-differences.ts'

const changed = (key: string, column: string, source = 'a'): Difference => ({
  table: 's.db/t',
  kind: 'changed',
  key,
  column,
  source,
  target: 'b',
})
const missing: Difference = {
  table: 's.db/u',
  kind: 'missing-row',
  key: null,
  column: null,
  source: null,
  target: null,
}

it('what both comparisons found stands once, what one found stands too', () => {
  const [both, one, other] = [changed('1', 'x'), changed('2', 'x'), changed('1', 'y')]
  expect(mergeDifferences([both, one], [{ ...both, source: '"a"' }, other])).toEqual([both, one, other])
})

it('rows without a key count as often as they were found', () => {
  expect(mergeDifferences([missing], [missing])).toEqual([missing])
  expect(mergeDifferences([missing], [missing, missing, missing])).toHaveLength(3)
  expect(mergeDifferences([missing, missing], [missing])).toHaveLength(2)
})
