import { join } from 'node:path'
import { expect, it } from 'vitest'
import { createSampleDatabases } from '../../src/engine/demo/sample-databases.ts'
import { connect } from '../../src/engine/target/connection/connection.ts'
import { cutSmallBlocks, fewRows } from '../support/block-size.ts'
import { forEachServerNightly, freshDatabase } from '../support/databases.ts'
import { dumpTarget } from '../support/dump.ts'
import { temporaryFolder } from '../support/folders.ts'
import { runForTest, verifyForTest } from '../support/run.ts'
import { writeTroubledSource } from '../support/troubled-source.ts'

cutSmallBlocks()

forEachServerNightly((server) => {
  it('rows changed, removed and added are as the snapshot says again, and nothing else is touched', async () => {
    const folder = temporaryFolder()
    const sources = join(folder, 'databases')
    createSampleDatabases({ folder: sources, rows: 400, seed: 5 })
    const database = await freshDatabase(server.url)
    const connection = await connect(database.address)
    try {
      const { report } = await runForTest({ sources: [sources], url: database.url, workFolder: folder })
      expect(report?.status).toBe('ok')
      const before = await dumpTarget(database.address)
      expect(await verifyForTest(database.url, folder, true)).toMatchObject({ ok: true, repaired: [] })

      // A parent of trades is changed where it stands: nothing happens to its children.
      await connection.execute(`
        update trading.orders set quantity = quantity + 1 where id in (select id from trading.orders order by id limit 3);
        delete from trading.trades where id = (select max(id) from trading.trades);
        update ml.predictions set confidence = 0.123 where id = (select min(id) from ml.predictions);
        delete from ml.feature_values where ctid = (select ctid from ml.feature_values limit 1)
      `)
      expect((await verifyForTest(database.url, folder, false)).ok).toBe(false)
      const answer = await verifyForTest(database.url, folder, true)
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

  it('quarantine and archive are as the snapshot says again, and no row is lost by it', async () => {
    const folder = temporaryFolder()
    const database = await freshDatabase(server.url)
    const connection = await connect(database.address)
    try {
      const { report } = await runForTest({
        sources: [writeTroubledSource(folder, fewRows)],
        url: database.url,
        workFolder: folder,
        options: { exact: true },
        request: { mapping: 'auto' },
      })
      expect(report).toMatchObject({ status: 'quarantined', verify: { ok: true } })
      const kept = `select (select count(*)::int from gpt_migrate.quarantine) as quarantined,
                           (select count(*)::int from gpt_migrate.archive) as archived`
      const [before, was] = [await dumpTarget(database.address), await connection.query(kept)]

      // Blocks of a table without a key, whose rows nothing in the target tells from those of other blocks.
      await connection.execute(`
        update gpt_migrate.block set checksum = repeat('0', 32) where table_id = 'troubled.db/many' and number = 2;
        delete from gpt_migrate.archive where table_id = 'troubled.db/many' and ordinal = 5;
        update gpt_migrate.quarantine set cells = '{}' where table_id = 'troubled.db/orders';
        insert into gpt_migrate.archive (run, table_id, block, ordinal, key, key_digest, kind, rows)
          select run, table_id, block, ordinal + 1000000, key, key_digest, kind, rows
            from gpt_migrate.archive where table_id = 'troubled.db/many' limit 1`)
      const differs = await verifyForTest(database.url, folder, false)
      expect(differs.ok).toBe(false)
      expect(differs.differences).toMatchObject([
        { table: 'troubled.db/many', kind: 'checksum' },
        { table: 'troubled.db/orders', kind: 'changed', key: 'row 3', column: 'gpt_migrate.quarantine' },
        { table: 'troubled.db/many', kind: 'extra-row', column: 'gpt_migrate.archive' },
        { table: 'troubled.db/many', kind: 'missing-row', key: 'row 5', column: 'gpt_migrate.archive' },
      ])
      expect(await verifyForTest(database.url, folder, true)).toMatchObject({ ok: true, differences: [] })
      expect(await dumpTarget(database.address)).toEqual(before)
      expect(await connection.query(kept)).toEqual(was)
    } finally {
      await connection.end()
      await database.drop()
    }
  })

  it('an entry of a block that does not exist is reported, and costs no row', async () => {
    const folder = temporaryFolder()
    const database = await freshDatabase(server.url)
    const connection = await connect(database.address)
    try {
      await runForTest({
        sources: [writeTroubledSource(folder, fewRows)],
        url: database.url,
        workFolder: folder,
        options: { exact: true },
        request: { mapping: 'auto' },
      })
      const before = await dumpTarget(database.address)
      await connection.execute(`
        insert into gpt_migrate.archive (run, table_id, block, ordinal, key, key_digest, kind, rows)
          select run, table_id, 77, ordinal + 1000000, key, key_digest, kind, rows
            from gpt_migrate.archive where table_id = 'troubled.db/many' order by ordinal limit 1`)
      const answer = await verifyForTest(database.url, folder, true)
      expect(answer).toMatchObject({ ok: false, differences: [{ kind: 'extra-row', key: 'row 1000001' }] })
      expect(await dumpTarget(database.address)).toEqual(before)
    } finally {
      await connection.end()
      await database.drop()
    }
  })
})
