import fc from 'fast-check'
import { afterAll, expect, test } from 'vitest'
import { utf8Of } from '../../../../src/engine/source/base/raw-cells.ts'
import { openReadOnly } from '../../../../src/engine/source/base/sqlite.ts'
import { propertyRuns } from '../../../support/breadth.ts'
import { catalogTables, TempFolder } from '../tables.ts'
import { readAll } from './read-all.ts'

const folder = new TempFolder()
afterAll(() => folder[Symbol.dispose]())

const encodings = ['UTF-16le', 'UTF-16be'] as const

test('UTF-16: text arrives as UTF-8, lone surrogates as bytes that are not UTF-8, blobs untouched', () => {
  for (const encoding of encodings) {
    const lone = encoding === 'UTF-16le' ? '3DD84100' : 'D83D0041'
    const file = folder.make((db) => {
      db.pragma(`encoding = '${encoding}'`)
      db.exec(
        `create table t (a); insert into t values ('é😀'), (cast(x'${lone}' as text)), (x'4100'), ('a'||char(0)), (5.0)`,
      )
    })
    const db = openReadOnly(file)
    const { rows } = readAll(db, catalogTables(file)[0]!, 2)
    expect(rows.flat()).toEqual([
      `text:${Buffer.from('é😀').toString('hex')}`,
      'text:eda0bd41',
      'blob:4100',
      'text:6100',
      'real:5',
    ])
    db.close()
  }
})

test('UTF-16: any code units arrive as those that are stored', () => {
  const units = fc.array(
    fc.constantFrom(
      '0041',
      '00e9',
      'fffd',
      'feff',
      '0000',
      'd800',
      'd83d',
      'dbff',
      'dc00',
      'de00',
      'dfff',
      '65e5',
    ),
    { maxLength: 5 },
  )
  fc.assert(
    fc.property(
      fc.array(units, { minLength: 1, maxLength: 6 }),
      fc.constantFrom(...encodings),
      (texts, encoding) => {
        const stored = texts.map((text) => {
          const bytes = Buffer.from(text.join(''), 'hex')
          return encoding === 'UTF-16le' ? bytes.swap16() : bytes
        })
        const file = folder.make((db) => {
          db.pragma(`encoding = '${encoding}'`)
          db.exec('create table t (a)')
          const insert = db.prepare('insert into t values (cast(? as text))')
          for (const bytes of stored) insert.run(bytes)
        })
        const db = openReadOnly(file)
        const { rows } = readAll(db, catalogTables(file)[0]!, 2)
        const name = encoding === 'UTF-16le' ? 'utf16le' : 'utf16be'
        expect(rows.flat()).toEqual(stored.map((bytes) => `text:${utf8Of(bytes, name).toString('hex')}`))
        db.close()
      },
    ),
    { numRuns: propertyRuns(400) },
  )
})
