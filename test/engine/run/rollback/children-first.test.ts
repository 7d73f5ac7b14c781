import fc from 'fast-check'
import { expect, test } from 'vitest'
import { childrenFirst } from '../../../../src/engine/run/rollback/children-first.ts'

const table = (number: number) => ({ schema: 's', table: `t${number}` })

test('no table is removed while another refers to it, except in the last group', () => {
  const references = fc.array(fc.tuple(fc.nat(11), fc.nat(11)), { maxLength: 20 })
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 10 }), references, (count, pairs) => {
      const tables = Array.from({ length: count }, (_, number) => table(number))
      const referring = pairs.map(([child, parent]) => ({ child: table(child), parent: table(parent) }))
      const groups = childrenFirst(tables, referring)
      expect(groups.flat().toSorted((a, b) => tables.indexOf(a) - tables.indexOf(b))).toEqual(tables)
      for (const [at, group] of groups.entries()) {
        const left = new Set(
          groups
            .slice(at)
            .flat()
            .map((one) => one.table),
        )
        const isReferred = (name: string) =>
          referring.some(
            ({ child, parent }) => parent.table === name && child.table !== name && left.has(child.table),
          )
        // Only tables that none can go before wait for the end.
        if (group.length > 1) expect(group.every((one) => isReferred(one.table))).toBe(true)
        else if (at < groups.length - 1) expect(isReferred(group[0]!.table)).toBe(false)
      }
    }),
  )
})
