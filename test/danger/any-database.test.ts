/**
 * Any database that SQLite can hold is moved with nothing lost, or refused with a reason before anything is written; judged by
 * the outside checker.
 */
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { MigrateError } from '../../src/engine/model/errors.ts'
import { anyDatabase, writeAnyDatabase } from '../support/any-database.ts'
import { anyDatabases, endOnFailure, seed } from '../support/breadth.ts'
import { forEachServerNightly, freshDatabase } from '../support/databases.ts'
import { temporaryFolder } from '../support/folders.ts'
import { isUntouched, judge } from '../support/outside-checker.ts'
import { runForTest } from '../support/run.ts'

forEachServerNightly((server) => {
  const runs = server.kind === 'embedded' ? anyDatabases : Math.ceil(anyDatabases / 3)
  it(`moves ${runs} generated databases or refuses them (seed ${seed})`, {
    timeout: 60_000 + anyDatabases * 20_000,
  }, async () => {
    const outcomes: Record<string, number> = {}
    const count = (outcome: string): void => {
      outcomes[outcome] = (outcomes[outcome] ?? 0) + 1
    }
    await fc.assert(
      fc.asyncProperty(anyDatabase, async (generated) => {
        const folder = temporaryFolder()
        const file = join(folder, 'any.db')
        const rows = writeAnyDatabase(file, generated)
        const target = await freshDatabase(server.url)
        try {
          const { report, plan } = await runForTest({
            sources: [file],
            url: target.url,
            workFolder: join(folder, 'work'),
            request: { jobs: 1, mapping: 'auto', verifyLevel: 'full' },
          })
          expect(report?.error).toBeUndefined()
          expect(report?.verify.differences).toEqual([])
          expect(report?.verify.checks.filter((check) => !check.ok)).toEqual([])
          expect(['ok', 'quarantined']).toContain(report?.status)
          const judgement = await judge(file, 'any.db', target.url, plan)
          expect(judgement.complaints).toEqual([])
          expect(judgement.rows).toBe(rows)
          expect(judgement.quarantined).toBe(report?.quarantine.rows)
          expect(roundedCells(report!)).toBeGreaterThanOrEqual(judgement.altered)
          count(report!.status)
        } catch (error) {
          if (!(error instanceof MigrateError) || !['plan', 'source'].includes(error.kind)) throw error
          expect(error.message).not.toBe('')
          expect(await isUntouched(target.url)).toBe(true)
          count(error.code)
        } finally {
          await target.drop()
        }
      }),
      {
        numRuns: runs,
        endOnFailure,
      },
    )
    console.info(JSON.stringify(outcomes))
    expect((outcomes.ok ?? 0) + (outcomes.quarantined ?? 0)).toBeGreaterThan(runs / 4)
  })
})

function roundedCells(report: {
  tables: readonly { columns: readonly { cells: { rounded: number } }[] }[]
}): number {
  return report.tables.flatMap(({ columns }) => columns).reduce((sum, { cells }) => sum + cells.rounded, 0)
}
