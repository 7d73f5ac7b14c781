/** Expects that a run did what its forecast said. */
import { expect } from 'vitest'
import type { Report } from '../../src/engine/model/report.ts'

export function expectAsForecast(report: Report): void {
  const { forecast } = report
  expect(forecast?.deviations).toEqual([])
  expect(report.verify.checks.filter(({ ok }) => !ok)).toEqual([])
  expect(report.verify.differences).toEqual([])
  expect(forecast?.exitCode).toBe(report.exitCode)
  expect(forecast?.quarantine).toEqual(report.quarantine)
  const cells = (all: readonly { exact: number; normalized: number; rounded: number }[]) =>
    all.reduce((sum, { exact, normalized, rounded }) => sum + exact + normalized + rounded, 0)
  expect(cells(forecast!.tables.flatMap(({ columns }) => columns))).toBe(
    cells(report.tables.flatMap(({ columns }) => columns.map((column) => column.cells))),
  )
}
