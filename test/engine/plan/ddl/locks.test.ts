import { expect, test } from 'vitest'
import { writeDdl } from '../../../../src/engine/plan/ddl/ddl.ts'
import { locksOf } from '../../../../src/engine/plan/ddl/locks.ts'
import { quoteTable } from '../../../../src/engine/syntax/postgres-names.ts'
import { connect } from '../../../../src/engine/target/connection/connection.ts'
import { forEachServer, freshDatabase } from '../../../support/databases.ts'
import { everything } from '../target-samples.ts'

forEachServer((server) => {
  test('neither creating nor dropping tables takes more locks than estimated', async () => {
    const database = await freshDatabase(server.url)
    const connection = await connect(database.address)
    const locks = async (): Promise<number> => {
      const { count } = await connection.queryOne<{ count: number }>(
        `select count(distinct (locktype, relation, classid, objid))::int as count
           from pg_locks where pid = pg_backend_pid() and locktype in ('relation', 'object') and coalesce(relation, objid) >= 16384`,
      )
      return count
    }
    try {
      const tables = everything.tables.filter(({ existing }) => !existing)
      const { beforeLoad, afterLoad } = writeDdl({ ...everything, tables, views: [] }, connection.major)
      const estimate = tables.reduce((sum, table) => sum + locksOf(table), 0)
      await connection.transaction(async () => {
        for (const { sql } of beforeLoad) await connection.execute(sql)
        expect(await locks()).toBeLessThanOrEqual(estimate)
      })
      for (const { sql } of afterLoad) await connection.execute(sql)
      await connection.execute(`begin; drop table ${tables.map(quoteTable).join(', ')}`)
      const taken = await locks()
      await connection.execute('rollback')
      expect(taken).toBeLessThanOrEqual(estimate)
      expect(taken).toBeGreaterThan(estimate / 2)
    } finally {
      await connection.end()
      await database.drop()
    }
  })
})
