import { expect, it } from 'vitest'
import { compareRows, type KeyedRows } from '../../../../src/engine/queries/compare/compare-outcomes.ts'

it('rows whose numbers are nearly the same are compared by their order, too', () => {
  const sqlite: KeyedRows = [
    ['s x', 'n 1000000.00001'],
    ['s y', 'n 5'],
    ['s z', '-'],
  ]
  const nearly: KeyedRows = [
    ['s x', 'n 1000000.00002'],
    ['s y', 'n 5'],
    ['s z', '-'],
  ]
  const moved: KeyedRows = [nearly[2]!, nearly[0]!, nearly[1]!]
  const ordered = { isOrdered: true, sortKeys: null }
  expect(compareRows(sqlite, nearly, ordered)).toBeNull()
  expect(compareRows(sqlite, moved, ordered)).toMatchObject({ kind: 'order', at: 0 })
  expect(compareRows(sqlite, moved, { isOrdered: false, sortKeys: null })).toBeNull()
  expect(compareRows(sqlite, [['s x', 'n 2'], ...nearly.slice(1)], ordered)).toMatchObject({ kind: 'rows' })
})
