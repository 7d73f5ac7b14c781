import { expect, it } from 'vitest'
import { connect } from '../../../../src/engine/target/connection/connection.ts'
import { readIndexProgress } from '../../../../src/engine/target/tables/index-progress.ts'
import { forEachServer, freshDatabase } from '../../../support/databases.ts'

forEachServer((server) => {
  it('reports how far an index is that another session builds, and nothing for sessions that build none', async () => {
    const database = await freshDatabase(server.url)
    const [builder, watcher] = [await connect(database.address), await connect(database.address)]
    try {
      await builder.execute(
        'create table public.t as select i, md5(i::text) as x from generate_series(1, 400000) i',
      )
      expect(await readIndexProgress(watcher, [builder.processId])).toEqual(new Map())
      let isBuilding = true
      const seen: number[] = []
      const building = builder.execute('create index on public.t (x)').finally(() => {
        isBuilding = false
      })
      while (isBuilding) {
        const done = (await readIndexProgress(watcher, [builder.processId])).get(builder.processId)
        if (done !== undefined) seen.push(done)
      }
      await building
      expect(seen.length).toBeGreaterThan(0)
      for (const done of seen) expect(done >= 0 && done <= 1).toBe(true)
      // The table is read, and what comes after it has begun.
      expect(seen.at(-1)).toBeGreaterThanOrEqual(0.5)
    } finally {
      await builder.end()
      await watcher.end()
      await database.drop()
    }
  })
})
