import { expect, it } from 'vitest'
import { verifyLines } from '../../src/faces/verify-lines.ts'

it('of many tables lists those that differ and the largest, and counts the others', () => {
  const tables = Array.from({ length: 300 }, (_, at) => ({
    tableId: `a.db/t${at}`,
    rows: at,
    match: at !== 3,
  }))
  const answer = {
    run: '2026-11-29-1',
    ok: false,
    tables,
    differences: [],
    checks: [],
    reloadable: [],
    repaired: [],
  }
  const lines = verifyLines(answer, false)
  expect(lines.filter((line) => line.includes('a.db/'))).toHaveLength(24)
  expect(lines.join('\n')).toMatch(/t3 +3 +DIFFERS/)
  expect(lines.join('\n')).toMatch(/t299 +299 +agrees/)
  expect(lines).toContain('  … and 276 smaller tables that agree; --verbose lists all')
  expect(verifyLines(answer, true).filter((line) => line.includes('a.db/'))).toHaveLength(300)
})
