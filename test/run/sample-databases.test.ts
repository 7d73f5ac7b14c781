import { join } from 'node:path'
import { expect, it } from 'vitest'
import { createSampleDatabases } from '../../src/engine/demo/sample-databases.ts'
import { connect } from '../../src/engine/target/connection/connection.ts'
import { forEachServer, freshDatabase } from '../support/databases.ts'
import { folderState, temporaryFolder } from '../support/folders.ts'
import { runForTest } from '../support/run.ts'

forEachServer((server) => {
  it('moves the six sample databases, verifies every value, and leaves the sources as they were', async () => {
    const folder = temporaryFolder()
    const sources = join(folder, 'databases')
    createSampleDatabases({ folder: sources, rows: 3000, seed: 1 })
    const before = folderState(sources)
    const database = await freshDatabase(server.url)
    try {
      const { report } = await runForTest({
        sources: [sources],
        url: database.url,
        workFolder: folder,
        request: { verifyLevel: 'full' },
      })
      expect(report?.verify.differences).toEqual([])
      expect(report?.verify.checks.filter((check) => !check.ok)).toEqual([])
      expect(report?.status).toBe('ok')
      expect(folderState(sources)).toEqual(before)
      const connection = await connect(database.address)
      const { rows } = await connection.query<{ side: string }>(
        'select distinct side from trading.orders order by 1',
      )
      expect(rows.map(({ side }) => side)).toEqual(['buy', 'sell'])
      await connection.end()
    } finally {
      await database.drop()
    }
  })
})
