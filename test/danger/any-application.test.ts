/**
 * Any database into any tables of an application: every cell arrives as itself, goes to quarantine, or is refused with a reason; never a
 * fault of the program's own.
 */
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { MigrateError } from '../../src/engine/model/errors.ts'
import { connect } from '../../src/engine/target/connection/connection.ts'
import { anyApplication, applicationGround, applicationStatements } from '../support/any-application.ts'
import { anyDatabase, writeAnyDatabase } from '../support/any-database.ts'
import { anyApplications, endOnFailure, seed } from '../support/breadth.ts'
import { forEachServerNightly, freshDatabase } from '../support/databases.ts'
import { temporaryFolder } from '../support/folders.ts'
import { runForTest } from '../support/run.ts'

/** Of one table each: a reason not to fill one is a reason to fill none. */
const pair = fc.tuple(
  anyDatabase
    .filter(({ tables }) => tables.length > 0)
    .map(({ tables, ...database }) => ({ ...database, tables: tables.slice(0, 1) })),
  anyApplication,
)

forEachServerNightly((server) => {
  it(`fills ${anyApplications} generated applications or says why not (seed ${seed})`, {
    timeout: 60_000 + anyApplications * 20_000,
  }, async () => {
    const outcomes: Record<string, number> = {}
    const count = (outcome: string): void => {
      outcomes[outcome] = (outcomes[outcome] ?? 0) + 1
    }
    await fc.assert(
      fc.asyncProperty(pair, async ([generated, application]) => {
        const folder = temporaryFolder()
        const file = join(folder, 'any.db')
        writeAnyDatabase(file, generated)
        const target = await freshDatabase(server.url)
        const connection = await connect(target.address)
        try {
          await connection.execute(applicationGround)
          for (const sql of applicationStatements(generated.tables[0]!, application))
            await connection.execute(sql).catch(() => undefined)
          const { report } = await runForTest({
            sources: [file],
            url: target.url,
            workFolder: join(folder, 'work'),
            options: { dataOnly: true, unmapped: 'archive' },
            request: { jobs: 1, verifyLevel: 'full' },
          })
          expect(report?.exitCode).not.toBe(70)
          expect(report?.error?.code).not.toBe('server-bug')
          const changes = report?.findings.some(({ code }) => code === 'triggers-run')
          if (changes !== true) {
            expect(report?.verify.differences).toEqual([])
            expect(report?.verify.checks.filter(({ ok }) => !ok)).toEqual([])
          }
          count(report?.error?.code ?? report!.status)
        } catch (error) {
          if (!(error instanceof MigrateError) || error.kind === 'bug') throw error
          expect(error.code).not.toBe('server-bug')
          if (error.kind === 'source') expect(error.code).toBe('file-empty')
          expect(error.message).not.toBe('')
          count(error.code)
        } finally {
          await connection.end()
          await target.drop()
        }
      }),
      { numRuns: anyApplications, endOnFailure },
    )
    console.info(JSON.stringify(outcomes))
    expect(Object.values(outcomes).reduce((sum, runs) => sum + runs, 0)).toBe(anyApplications)
  })
})
