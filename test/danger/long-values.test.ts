/** Values that go through in pieces: every way that a row of theirs can take. */
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { openWritable } from '../../src/engine/source/base/sqlite.ts'
import { connect } from '../../src/engine/target/connection/connection.ts'
import { exportFrom } from '../engine/export/exported.ts'
import { contentOf } from '../engine/export/same-databases.ts'
import { isNight } from '../support/breadth.ts'
import { forEachServerNightly, freshDatabase } from '../support/databases.ts'
import { dumpTarget } from '../support/dump.ts'
import { temporaryFolder } from '../support/folders.ts'
import { runForTest, verifyForTest } from '../support/run.ts'

const columns = 'doc json, t text, b blob, note varchar(20), n integer'
const tables = {
  'by id': `create table "by id" (id integer primary key, ${columns})`,
  'by rowid': `create table "by rowid" (id int, ${columns})`,
  'by key': `create table "by key" (id int, ${columns}, primary key (id)) without rowid`,
} as const

/** By day the ones that take the longest ways. */
const chosen = Object.entries(tables).filter(([name]) => isNight || name !== 'by id')

/** By day each row but the second, whose BLOB another one has, in one of the tables. */
const idsOf = (name: string): readonly number[] => {
  if (isNight) return [1, 2, 3, 4, 5, 6, 7]
  return name === 'by rowid' ? [1, 5, 7] : [3, 4, 6]
}

/** So many megabytes at least. */
const repeated = (megabytes: number, unit: string): string =>
  unit.repeat(Math.ceil((megabytes << 20) / Buffer.byteLength(unit)))

function createSource(file: string): void {
  const text = repeated(8, 'zwölf 🦆\n')
  const plain = repeated(8, 'plain text, ')
  const blob = Buffer.alloc(8 << 20, 'not\0text')
  const notUtf8 = Buffer.concat([Buffer.from(text), Buffer.from([0xc3])])
  using db = openWritable(file)
  db.pragma('synchronous = off')
  for (const [name, create] of chosen) {
    db.exec(create)
    const row = db.prepare(`insert into "${name}" values (?, ?, ?, ?, ?, ?)`)
    const notText = db.prepare(`insert into "${name}" (id, t, b) values (5, cast(? as text), ?)`)
    const inserts = [
      () => row.run(1, '{"b": 1, "a": [2.50]}', text, null, 'first', 1),
      () => row.run(2, null, null, blob, 'second', 2),
      () => row.run(3, '[1]', plain, blob, null, 3),
      // Text among BLOBs: normalized.
      () => row.run(4, null, 'short', plain, 'fourth', 4),
      // Refused: not UTF-8, and U+0000.
      () => notText.run(notUtf8, blob),
      () => row.run(6, null, `${text}\0`, null, 'sixth', 6),
      () => row.run(7, null, 'the end', Buffer.from('end'), 'seventh', 7),
    ]
    for (const id of idsOf(name)) inserts[id - 1]!()
  }
}

forEachServerNightly((server) => {
  it('are copied, verified, put aside, kept, repaired and written back', { timeout: 300_000 }, async () => {
    const folder = temporaryFolder()
    const file = join(folder, 'long.db')
    createSource(file)
    const target = await freshDatabase(server.url)
    const connection = await connect(target.address)
    try {
      const { report } = await runForTest({
        sources: [file],
        url: target.url,
        workFolder: join(folder, 'work'),
        options: { exact: true },
        request: { mapping: 'auto', verifyLevel: 'checksum' },
      })
      expect(report?.verify.differences).toEqual([])
      expect(report).toMatchObject({
        status: 'quarantined',
        quarantine: { rows: (isNight ? 2 : 1) * chosen.length },
      })
      const before = await dumpTarget(target.address)

      // The last byte of one, the length of another, one that is gone.
      if (isNight)
        await connection.execute('update public."by id" set b = set_byte(b, length(b) - 1, 0) where id = 2')
      await connection.execute(`
        update public."by rowid" set t = t || ' ' where id = 1;
        delete from public."by key" where id = 3`)
      const found = await verifyForTest(target.url, join(folder, 'work'), false)
      expect(found.differences.map(({ table, kind, column }) => [table, kind, column])).toEqual([
        ['long.db/by key', 'count', null],
        ...(isNight ? [['long.db/by id', 'changed', 'b']] : []),
        // Nothing names a row of this table.
        ['long.db/by rowid', 'extra-row', null],
        ['long.db/by rowid', 'missing-row', null],
        ['long.db/by key', 'missing-row', null],
      ])
      expect((await verifyForTest(target.url, join(folder, 'work'), true)).ok).toBe(true)
      expect(await dumpTarget(target.address)).toEqual(before)

      const exported = await exportFrom(target, join(folder, 'back'))
      expect(exported).toMatchObject({ unwritten: [], empty: [] })
      expect(contentOf(exported.databases[0]!.file)).toEqual(contentOf(file))
    } finally {
      await connection.end()
      await target.drop()
    }
  })
})
