/**
 * Tables WITHOUT ROWID, and columns that SQLite computes, are copied and summed as SQLite writes their rows anew. Each change of the target is
 * found, and every row that is read by another code than the sums' agrees.
 */
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { RunControl } from '../../src/engine/events/control.ts'
import { verifyAgain } from '../../src/engine/run/past-runs/verify-again.ts'
import { openWritable } from '../../src/engine/source/base/sqlite.ts'
import { connect } from '../../src/engine/target/connection/connection.ts'
import { forEachServerNightly, freshDatabase } from '../support/databases.ts'
import { temporaryFolder } from '../support/folders.ts'
import { runForTest } from '../support/run.ts'

const ROWS = 9000
/** Of WITHOUT ROWID tables; null for one with rowids and a computed column. */
const keys = ['n', 'a collate nocase desc, n', 'b collate rtrim, a, n desc', 'x, n', null]

const changes: readonly (readonly [danger: string, table: string, sql: string])[] = [
  ['a value', 't1', 'update public.t1 set r = 0.25 where n = 4001'],
  ['values of two rows exchanged', 't2', 'update public.t2 set r = 9003 - r where n in (4001, 5002)'],
  ['a missing row', 't3', 'delete from public.t3 where n = 8999'],
  ['a value that SQLite computed', 't4', "update public.t4 set g = g || ' ' where n = 17"],
]

forEachServerNightly((server) => {
  it('finds what is changed, exchanged or missing in rows that SQLite wrote anew', async () => {
    const folder = temporaryFolder()
    const file = join(folder, 'keyed.db')
    const db = openWritable(file)
    keys.forEach((key, table) => {
      const columns = 'a text, b text, x blob, r real'
      db.exec(
        key === null
          ? `create table t${table} (n integer primary key, ${columns}, g as (printf('%s %d', a, n)) virtual)`
          : `create table t${table} (${columns}, n integer, primary key (${key})) without rowid`,
      )
      db.exec(
        `with recursive k(i) as (select 0 union all select i + 1 from k where i < ${ROWS - 1})
         insert into t${table} (a, b, x, r, n)
         select char(97 + i % 7, 65 + i % 3), 'b' || i % 90 || iif(i % 2, ' ', ''), randomblob(i % 5), i, i from k`,
      )
    })
    db.close()
    const database = await freshDatabase(server.url)
    const connection = await connect(database.address)
    const differing = async (level: 'checksum' | 'full'): Promise<readonly string[]> => {
      const target = { target: database.url, env: {}, workFolder: folder, port: null }
      const request = { target, run: null, level, jobs: 1, repair: false } as const
      const { tables } = await verifyAgain(request, { control: new RunControl(), emit: () => {} })
      return tables.flatMap(({ tableId, match }) => (match ? [] : [tableId.replace('keyed.db/', '')]))
    }
    try {
      const { report } = await runForTest({ sources: [file], url: database.url, workFolder: folder })
      expect(report?.status).toBe('ok')
      expect(report?.tables.map(({ copyReader, reader }) => [copyReader, reader])).toEqual(
        keys.map(() => ['sqlite', 'page-sums']),
      )
      expect(await differing('full')).toEqual([])
      for (const [, , sql] of changes) await connection.execute(sql)
      expect(await differing('checksum')).toEqual(changes.map(([, table]) => table))
    } finally {
      await connection.end()
      await database.drop()
    }
  })
})
