/** Views that SQLite does not come to the end of preparing: nothing of ours may ask it to. */
import { expect, it } from 'vitest'
import { openReadOnly } from '../../src/engine/source/base/sqlite.ts'
import { listTables } from '../../src/engine/source/catalog/table-list.ts'
import { anyServer } from '../support/databases.ts'
import { runForTest } from '../support/run.ts'
import { inScene } from '../support/scene.ts'

const tower = Array.from({ length: 60 }, (_, at) =>
  at === 0
    ? 'create view v0 as select id from t;'
    : `create view v${at} as select a.id from v${at - 1} a join v${at - 1} b on a.id = b.id;`,
)

const sql = `create table t (id integer primary key); insert into t values (1), (2);
  create table u (k text primary key, n integer) without rowid, strict; insert into u values ('a', 1);
  ${tower.join('\n')}`

it('a tower of views does not keep its tables from being moved', { timeout: 60_000 }, async () => {
  await inScene(anyServer().url, { name: 'tower.db', sql }, async (scene) => {
    using db = openReadOnly(scene.file)
    expect(listTables(db).map(({ name, strict, withoutRowid }) => [name, strict, withoutRowid])).toEqual([
      ['t', false, false],
      ['u', true, true],
    ])
    const { report } = await runForTest({ ...scene, sources: [scene.file], request: { verifyLevel: 'full' } })
    expect(report!.status).toBe('ok')
  })
})
