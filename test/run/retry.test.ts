import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { RunControl } from '../../src/engine/events/control.ts'
import { listRejects } from '../../src/engine/run/past-runs/list-target.ts'
import { retryTargetRejects } from '../../src/engine/run/past-runs/retry-target.ts'
import { verifyAgain } from '../../src/engine/run/past-runs/verify-again.ts'
import { openWritable } from '../../src/engine/source/base/sqlite.ts'
import { connect } from '../../src/engine/target/connection/connection.ts'
import { forEachServerNightly, freshDatabase } from '../support/databases.ts'
import { temporaryFolder } from '../support/folders.ts'
import { runForTest } from '../support/run.ts'

const context = { control: new RunControl(), emit: () => {} }

forEachServerNightly((server) => {
  it('an edited row leaves quarantine, is counted, and verifies; the others stay', async () => {
    const folder = temporaryFolder()
    const sources = join(folder, 'sources')
    mkdirSync(sources)
    const db = openWritable(join(sources, 'app.db'))
    db.exec(`create table people (id integer primary key, name varchar(5), age integer);
      insert into people values (1, 'Ann', 30), (2, 'much too long', 31), (3, 'Bob', 32), (4, 'also too long', 33)`)
    db.close()
    const database = await freshDatabase(server.url)
    const connection = await connect(database.address)
    const target = { target: database.url, env: {}, workFolder: folder, port: null }
    try {
      const { report } = await runForTest({
        sources: [sources],
        url: database.url,
        workFolder: folder,
        options: { strictTypes: true },
        request: { mapping: 'auto' },
      })
      expect(report?.status).toBe('quarantined')
      const { entries } = await listRejects({ target, run: null })
      expect(entries.map(({ ordinal }) => ordinal)).toEqual([2, 4])
      const retry = (lines: readonly unknown[]) => {
        const file = join(folder, 'rejects.jsonl')
        writeFileSync(file, lines.map((line) => JSON.stringify(line)).join('\n'))
        return retryTargetRejects({ target, run: null, file })
      }
      const [first, second] = entries
      const edited = { ...first!, cells: { ...first!.cells, name: { text: 'Cora' } } }
      expect(await retryTargetRejects({ target, run: null, file: null })).toMatchObject({
        loaded: 0,
        left: [{}, {}],
      })
      expect(await retry([edited, second])).toMatchObject({
        loaded: 1,
        left: [{ ordinal: 4, code: 'text-too-long' }],
      })
      const { rows } = await connection.query('select id::int as id, name from public.people order by id')
      expect(rows).toEqual([
        { id: 1, name: 'Ann' },
        { id: 2, name: 'Cora' },
        { id: 3, name: 'Bob' },
      ])
      expect((await listRejects({ target, run: null })).entries).toEqual([second])
      for (const level of ['checksum', 'full'] as const) {
        const answer = await verifyAgain({ target, run: null, level, jobs: 1, repair: false }, context)
        expect(answer).toMatchObject({ ok: true, differences: [] })
      }
      await connection.execute('delete from public.people where id = 2')
      const repaired = await verifyAgain(
        { target, run: null, level: 'checksum', jobs: 1, repair: true },
        context,
      )
      expect(repaired).toMatchObject({ ok: true, repaired: [{ inserted: 1, updated: 0, deleted: 0 }] })

      await connection.execute(`update gpt_migrate.mended set originals = '{"name": {"text": "another"}}'`)
      const altered = await verifyAgain(
        { target, run: null, level: 'checksum', jobs: 1, repair: false },
        context,
      )
      expect(altered).toMatchObject({
        ok: false,
        differences: [{ key: 'row 2', column: 'gpt_migrate.mended' }],
      })

      await expect(retry([edited])).rejects.toMatchObject({ code: 'no-such-reject' })
      const other = { ...second!, cells: { ...second!.cells, id: { integer: '9' } } }
      await expect(retry([other])).rejects.toMatchObject({ code: 'edit-of-key' })
      await expect(retry([{ ...second!, cells: { ...second!.cells, name: 'Dan' } }])).rejects.toMatchObject({
        code: 'not-a-cell',
      })
      await expect(retry(['nonsense'])).rejects.toMatchObject({ code: 'not-a-reject' })
    } finally {
      await connection.end()
      await database.drop()
    }
  })
})
