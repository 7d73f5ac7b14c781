import { afterAll, describe, expect, it } from 'vitest'
import { openReadOnly } from '../../../../src/engine/source/base/sqlite.ts'
import { readCatalog } from '../../../../src/engine/source/catalog/catalog.ts'
import { countTables } from '../../../../src/engine/source/census/count-tables.ts'
import { type Inspector, openAlone, openWithThreads } from '../../../../src/engine/source/census/inspector.ts'
import { TempFolder } from '../tables.ts'

const folder = new TempFolder()
afterAll(() => folder[Symbol.dispose]())

/** Few values up to a row, many beyond it; JSON in some ranges only; integers beyond 2^53. */
const file = folder.make((db) => {
  db.exec(`create table wide (id integer primary key, few text, many text, json text, big integer)`)
  db.exec(`create table "short one" (a, b)`)
  db.exec(`insert into "short one" values (1, 'x'), (null, x'00')`)
  const insert = db.prepare('insert into wide values (?, ?, ?, ?, ?)')
  for (let row = 0; row < 3000; row++) {
    const json = row > 2000 ? `{"row": ${row}}` : `plain ${row}`
    insert.run(row * 1000, `value ${row % 3}`, `text ${row > 1500 ? row : 0}`, json, 2n ** 60n + BigInt(row))
  }
})

async function lookedInto(inspector: Inspector) {
  const db = openReadOnly(file)
  try {
    const counted = await countTables(inspector, file, db, readCatalog(db, 'a.db'), async () => null)
    const rest = await inspector.perform([
      { kind: 'hash', file },
      { kind: 'check', file, path: file },
    ])
    return { counted, rest }
  } finally {
    db.close()
    await inspector.close()
  }
}

describe('an inspector with threads', () => {
  it('answers as the one without, in the order of the tasks', async () => {
    const alone = await lookedInto(await openAlone())
    expect(alone.counted.get('wide')!.columns.get('few')!.values).toHaveLength(3)
    expect(alone.counted.get('wide')!.columns.get('many')!.values).toBeNull()
    expect(alone.counted.get('wide')!.columns.get('json')!.textForms.json).toBe(999)
    expect(alone.rest).toMatchObject([{ kind: 'hash' }, { kind: 'check', damage: [] }])
    expect(await lookedInto(await openWithThreads(2))).toEqual(alone)
  })

  it('takes more tasks while it is busy, and reports the failure of one to all who wait', async () => {
    const inspector = await openWithThreads(2)
    const hash = { kind: 'hash', file } as const
    const both = await Promise.all([inspector.perform([hash, hash, hash]), inspector.perform([hash])])
    expect(both.map((results) => results.length)).toEqual([3, 1])
    const checks = [
      inspector.perform([{ kind: 'hash', file: `${file}-gone` }]),
      inspector.perform([hash, hash]),
    ]
    const [failed, other] = await Promise.allSettled(checks)
    expect(failed).toMatchObject({
      status: 'rejected',
      reason: { message: expect.stringContaining('there is no such file or folder') },
    })
    if (other!.status === 'rejected') expect(String(other!.reason)).toContain('there is no such file')
    await expect(inspector.perform([hash])).rejects.toThrow(/there is no such file or folder/)
    await inspector.close()
  })

  it('reports a file that is gone, and can be closed', async () => {
    const inspector = await openWithThreads(2)
    await expect(inspector.perform([{ kind: 'hash', file: `${file}-gone` }])).rejects.toThrow(
      /there is no such file or folder/,
    )
    await inspector.close()
  })
})
