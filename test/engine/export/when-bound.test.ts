import { join } from 'node:path'
import { expect, it } from 'vitest'
import { freeAtOnce } from '../../../src/engine/encode/cell/free-at-once.ts'
import { afterBinding, callWhenBound } from '../../../src/engine/export/when-bound.ts'
import { openLargeWritable } from '../../../src/engine/source/base/node-sqlite.ts'
import { openWritable } from '../../../src/engine/source/base/sqlite.ts'
import { temporaryFolder } from '../../support/folders.ts'

const encodings = ['UTF-8', 'UTF-16le'] as const
const openers = { 'the driver': openWritable, "Node's SQLite": openLargeWritable }

for (const [name, open] of Object.entries(openers)) {
  it.each(encodings)(`${name} has its own bytes when they are released (%s)`, (encoding) => {
    using db = open(join(temporaryFolder(), 'bound.db'))
    db.pragma(`encoding = '${encoding}'`)
    db.exec('create table t (id integer primary key, a text, b blob, c blob, n numeric)')
    const places = ['?', 'cast(? as text)', '?', '?', '?']
    const sql = `insert into t values (${[afterBinding(places[0]!), ...places.slice(1)].join(', ')})`
    for (const id of [null, 7n, -3n]) {
      const text = Buffer.alloc(5 << 20, Buffer.from('zwölf ', encoding === 'UTF-8' ? 'utf8' : 'utf16le'))
      const bytes = Buffer.alloc(5 << 20, 'not\0text')
      const size = bytes.length
      let calls = 0
      callWhenBound(db, () => {
        calls++
        freeAtOnce(text)
        freeAtOnce(bytes)
      })
      const [a, b] = [Buffer.from(text), Buffer.from(bytes)]
      db.prepare(sql).run(id, text, bytes, bytes.subarray(0, 9), '12')
      expect([calls, text.length, bytes.length]).toEqual([1, 0, 0])
      const [row] = db
        .prepare(
          `select typeof(a), cast(a as blob) = ?, b = ?, length(b), c = ?, typeof(n)
          from t where id = ?`,
        )
        .raw()
        .all(a, b, b.subarray(0, 9), id ?? 1n) as unknown[][]
      expect(row).toEqual(['text', 1, 1, size, 1, 'integer'])
    }
  })
}

it('is not called by what a schema says', () => {
  using db = openWritable(join(temporaryFolder(), 'schema.db'))
  db.pragma('trusted_schema = on')
  db.exec('create table t (a)')
  let calls = 0
  callWhenBound(db, () => {
    calls++
  })
  db.exec(`create view v as select ${afterBinding('1')} as one`)
  expect(() => db.prepare('select one from v').get()).toThrow(/unsafe use/)
  expect(calls).toBe(0)
})
