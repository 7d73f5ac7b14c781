import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { dialects } from '../mappings/dialects/index.ts'
import { isNight } from '../support/breadth.ts'
import { forEachServerNightly, freshDatabase } from '../support/databases.ts'
import { folderState, temporaryFolder } from '../support/folders.ts'
import { runForTest } from '../support/run.ts'

// Every dialect is planned by day too: test/mappings/gpt-trader.test.ts.
const moved = dialects.filter((_, index) => isNight || index % 4 === 0)

forEachServerNightly((server) => {
  it.each(moved)('$name: everything is moved, and every value is found again', async (dialect) => {
    const folder = temporaryFolder()
    const sources = join(folder, 'databases')
    mkdirSync(sources)
    dialect.create(sources)
    const before = folderState(sources)
    const database = await freshDatabase(server.url)
    try {
      const { report } = await runForTest({
        sources: [sources],
        url: database.url,
        workFolder: join(folder, 'work'),
        options: { allowMissing: dialect.allowMissing ?? false },
        request: { verifyLevel: 'full' },
      })
      expect(report?.error).toBeUndefined()
      expect(report?.verify.differences).toEqual([])
      expect(report?.verify.checks.filter((check) => !check.ok)).toEqual([])
      const quarantined = Object.fromEntries(
        report?.tables
          .filter(({ rows }) => rows.quarantined > 0)
          .map(({ database: name, table, rows }) => [`${name}/${table}`, rows.quarantined]) ?? [],
      )
      expect(quarantined).toEqual(dialect.quarantined ?? {})
      expect(folderState(sources)).toEqual(before)
    } finally {
      await database.drop()
    }
  })
})
