/** The decimals of REALs, as the census counts them, are those that SQLite's rounding leaves. */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { Cell } from '../../../../src/engine/encode/cell/cell.ts'
import type { Question } from '../../../../src/engine/plan/typing/choice.ts'
import { haveDecimals } from '../../../../src/engine/plan/typing/number-ranges.ts'
import { openMemory } from '../../../../src/engine/source/base/sqlite.ts'
import { ColumnCount } from '../../../../src/engine/source/census/column-count.ts'
import { propertyRuns } from '../../../support/breadth.ts'

const reals = fc.oneof(
  ...[0, 1, 2, 4, 8].map((places) =>
    fc.integer({ min: -(10 ** 12), max: 10 ** 12 }).map((number) => number / 10 ** places),
  ),
  fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e12, max: 1e12 }),
  fc.constantFrom(0.1 + 0.2, 1 / 3, 1.005, 2.675, 999_999_999_999.99, 0.5, 1e-9),
)

it('asks SQLite nothing that the census knows, and would be told the same', () => {
  using db = openMemory()
  db.exec('create table t (c)')
  let known = 0
  fc.assert(
    fc.property(
      fc.array(reals, { minLength: 1, maxLength: 8 }),
      fc.integer({ min: 0, max: 3 }),
      (values, decimals) => {
        const column = new ColumnCount('c')
        const cell = new Cell()
        db.exec('delete from t')
        for (const value of values) {
          cell.setReal(value)
          column.see(cell)
          db.prepare('insert into t values (?)').run(value)
        }
        const census = column.settle()!
        let asked = 0
        const ask = (condition: string): number => {
          asked++
          return Number(db.prepare(`select count(*) from t where ${condition}`).pluck().get())
        }
        const { spellings, ...unspelled } = census
        const question = { column: { name: 'c' }, ask }
        const counted = haveDecimals({ ...question, census } as unknown as Question, decimals)
        const isKnown = asked === 0
        expect(isKnown).toBe(spellings?.realDigits != null)
        if (isKnown) known++
        expect(counted).toBe(
          haveDecimals({ ...question, census: unspelled } as unknown as Question, decimals),
        )
      },
    ),
    { numRuns: propertyRuns(1000) },
  )
  expect(known).toBeGreaterThan(100)
})
