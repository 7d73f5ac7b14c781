import { join } from 'node:path'
import { expect, it } from 'vitest'
import { createSampleDatabases } from '../../src/engine/demo/sample-databases.ts'
import { RunControl } from '../../src/engine/run/control.ts'
import { verifyAgain } from '../../src/engine/run/later.ts'
import { connect } from '../../src/engine/target/connection.ts'
import { forEachServer, freshDatabase } from '../support/databases.ts'
import { dumpTarget } from '../support/dump.ts'
import { temporaryFolder } from '../support/folders.ts'
import { runForTest } from '../support/run.ts'

const stage = { control: new RunControl(), emit: () => {} }

forEachServer((server) => {
  it('rows changed, removed and added are as the snapshot says again, and nothing else is touched', async () => {
    const folder = temporaryFolder()
    const sources = join(folder, 'databases')
    createSampleDatabases({ folder: sources, rows: 2000, seed: 5 })
    const database = await freshDatabase(server.url)
    const connection = await connect(database.address)
    const verify = (repair: boolean) =>
      verifyAgain(
        {
          target: { target: database.url, env: {}, workFolder: folder, port: null },
          run: null,
          level: 'checksum',
          jobs: 2,
          repair,
        },
        stage,
      )
    try {
      const { report } = await runForTest({ sources: [sources], url: database.url, workFolder: folder })
      expect(report?.status).toBe('ok')
      const before = await dumpTarget(database.address)
      expect(await verify(true)).toMatchObject({ ok: true, repaired: [] })

      // A parent of trades is changed where it stands: nothing happens to its children.
      await connection.execute(`
        update trading.orders set quantity = quantity + 1 where id in (select id from trading.orders order by id limit 3);
        delete from trading.trades where id = (select max(id) from trading.trades);
        update ml.predictions set confidence = 0.123 where id = (select min(id) from ml.predictions);
        delete from ml.feature_values where ctid = (select ctid from ml.feature_values limit 1)
      `)
      expect((await verify(false)).ok).toBe(false)
      const answer = await verify(true)
      expect(answer.differences).toEqual([])
      expect(answer.ok).toBe(true)
      const changes = Object.fromEntries(
        answer.repaired.map(({ tableId, inserted, updated, deleted }) => [
          tableId,
          [inserted, updated, deleted],
        ]),
      )
      expect(changes).toMatchObject({
        'trading.db/orders': [0, 3, 0],
        'trading.db/trades': [1, 0, 0],
        'ml_predictions.db/predictions': [0, 1, 0],
      })
      expect(changes['ml_features.db/feature_values']?.[0]).toBeGreaterThan(0)
      expect(await dumpTarget(database.address)).toEqual(before)
    } finally {
      await connection.end()
      await database.drop()
    }
  })
})
