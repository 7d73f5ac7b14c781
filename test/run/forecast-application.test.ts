/** What is said of tables that an application made is what its rules do: rows that break them are counted before the run. */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { MigrateError } from '../../src/engine/model/errors.ts'
import { expectAsForecast } from '../support/as-forecast.ts'
import { endOnFailure, forecastApplications, seed } from '../support/breadth.ts'
import { forEachServerNightly } from '../support/databases.ts'
import { ruledApplication } from '../support/ruled-application.ts'
import { runForTest } from '../support/run.ts'
import { inScene } from '../support/scene.ts'

forEachServerNightly((server) => {
  it(`does what was forecast for ${forecastApplications} applications' tables (seed ${seed})`, {
    timeout: 60_000 + forecastApplications * 20_000,
  }, async () => {
    const seen = { compared: 0, refused: 0, byServer: 0 }
    await fc.assert(
      fc.asyncProperty(ruledApplication, async ({ target, source, append }) => {
        await inScene(
          server.url,
          { name: 'any.db', sql: source },
          async ({ file, url, workFolder, connection }) => {
            await connection.execute(target)
            try {
              const { report } = await runForTest({
                sources: [file],
                url,
                workFolder,
                options: { dataOnly: true, append, unmapped: 'drop', epochs: { 'child.at': 'seconds' } },
                request: { jobs: 1 },
              })
              expectAsForecast(report!)
              seen.compared++
              seen.refused += report!.quarantine.rows
              seen.byServer += report!.quarantine.byCode['refused-by-server'] ?? 0
            } catch (error) {
              if (!(error instanceof MigrateError) || error.kind !== 'plan') throw error
            }
          },
        )
      }),
      { numRuns: forecastApplications, seed, endOnFailure },
    )
    expect(seen.compared).toBeGreaterThan(forecastApplications / 4)
    expect(seen.byServer).toBeGreaterThan(0)
  })
})
