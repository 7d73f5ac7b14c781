/** What is said before the run is what the run does: to the cell, on any database. */
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { MigrateError } from '../../src/engine/model/errors.ts'
import type { Report } from '../../src/engine/model/report.ts'
import { anyDatabase, writeAnyDatabase } from '../support/any-database.ts'
import { foretoldDatabases, seed } from '../support/breadth.ts'
import { forEachServer, freshDatabase } from '../support/databases.ts'
import { temporaryFolder } from '../support/folders.ts'
import { runForTest } from '../support/run.ts'

forEachServer((server) => {
  const runs = server.kind === 'embedded' ? foretoldDatabases : Math.ceil(foretoldDatabases / 4)
  it(`does what was foretold of ${runs} generated databases (seed ${seed})`, {
    timeout: 60_000 + foretoldDatabases * 20_000,
  }, async () => {
    let compared = 0
    await fc.assert(
      fc.asyncProperty(anyDatabase, async (generated) => {
        const folder = temporaryFolder()
        const file = join(folder, 'any.db')
        writeAnyDatabase(file, generated)
        const target = await freshDatabase(server.url)
        try {
          const { report } = await runForTest({
            sources: [file],
            url: target.url,
            workFolder: join(folder, 'work'),
            request: { jobs: 1, mapping: 'auto' },
          })
          expectAsForetold(report!)
          compared++
        } catch (error) {
          if (!(error instanceof MigrateError) || !['plan', 'source'].includes(error.kind)) throw error
        } finally {
          await target.drop()
        }
      }),
      { numRuns: runs, endOnFailure: process.env.GPT_MIGRATE_SHRINK === undefined },
    )
    expect(compared).toBeGreaterThan(runs / 4)
  })
})

function expectAsForetold(report: Report): void {
  const { forecast } = report
  expect(forecast?.deviations).toEqual([])
  expect(forecast?.exitCode).toBe(report.exitCode)
  expect(forecast?.quarantine).toEqual(report.quarantine)
  const cells = (all: readonly { exact: number; normalized: number; rounded: number }[]) =>
    all.reduce((sum, { exact, normalized, rounded }) => sum + exact + normalized + rounded, 0)
  expect(cells(forecast!.tables.flatMap(({ columns }) => columns))).toBe(
    cells(report.tables.flatMap(({ columns }) => columns.map((column) => column.cells))),
  )
}
