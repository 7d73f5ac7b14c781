import { expect, it } from 'vitest'
import { withListsOfSeveral } from '../../../../src/engine/queries/statement/list-of-several.ts'

it.each([
  [
    'select 1 from t where a in (?) and b = ?',
    false,
    'select 1 from t where a in (?, ?, ?, ?, ?, ?) and b = ?',
  ],
  [
    'select 1 from t where a not IN (:a)',
    false,
    'select 1 from t where a not IN (:a, :a_2, :a_3, :a_4, :a_5, :a_6)',
  ],
  ['select 1 from t where a in (?, ?)', true, 'select 1 from t where a in (?, ?, ?, ?, ?, ?)'],
  ['select 1 from t where a in (?, ?)', false, null],
  ['select 1 from t where a in (?1)', false, null],
  ['select 1 from t where a in (?, 5)', true, null],
  ["select 'in (?)' from t where a in (select ?)", true, null],
])('%s, filled: %s', (sql, isFilled, wide) => {
  expect(withListsOfSeveral(sql, isFilled)).toBe(wide)
})
