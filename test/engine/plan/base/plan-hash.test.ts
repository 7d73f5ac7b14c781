import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { Plan } from '../../../../src/engine/model/plan.ts'
import { canonicalJson, planHash } from '../../../../src/engine/plan/base/plan-hash.ts'
import { usualOptions } from '../../../support/plan-options.ts'
import { everything } from '../target-samples.ts'

const plan: Plan = {
  version: 1,
  mapping: 'auto',
  sources: [],
  options: usualOptions,
  tables: [{ id: 'a/b', database: 'a', table: 'b', fate: { kind: 'exclude', reason: 'by the user' } }],
  schema: everything,
  findings: [],
  amendments: [],
  sourceRows: {},
}

it('what is copied changes the hash, what is said about it does not', () => {
  const hash = planHash(plan)
  expect(hash).toMatch(/^[0-9a-f]{64}$/)
  expect(planHash({ ...plan, mapping: 'x', sourceRows: { 'a/b': 3 } })).toBe(hash)
  expect(planHash({ ...plan, options: { ...usualOptions, timezone: 'Asia/Tokyo' } })).not.toBe(hash)
  expect(planHash({ ...plan, tables: [] })).not.toBe(hash)
})

it('a plan that was written and read again has the same hash', () => {
  expect(planHash(JSON.parse(JSON.stringify(plan)))).toBe(planHash(plan))
})

it('key order does not matter, array order does, and nothing is lost (property)', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const reversed = JSON.parse(JSON.stringify(value), (_, part) =>
        part !== null && typeof part === 'object' && !Array.isArray(part)
          ? Object.fromEntries(Object.entries(part).reverse())
          : part,
      )
      expect(canonicalJson(reversed)).toBe(canonicalJson(value))
      expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)))
    }),
  )
  expect(canonicalJson([1, 2])).not.toBe(canonicalJson([2, 1]))
  expect(canonicalJson(JSON.parse('{"__proto__":1}'))).toBe('{"__proto__":1}')
})
