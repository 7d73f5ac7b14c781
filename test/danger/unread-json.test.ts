/**
 * JSON that the census has settled is copied and summed without being read. Each byte in which the target differs is found nevertheless, and
 * so is a census that was wrong.
 */
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { RunControl } from '../../src/engine/events/control.ts'
import { verifyAgain } from '../../src/engine/run/past-runs/verify-again.ts'
import { openWritable } from '../../src/engine/source/base/sqlite.ts'
import { connect } from '../../src/engine/target/connection/connection.ts'
import { forEachServer, freshDatabase } from '../support/databases.ts'
import { temporaryFolder } from '../support/folders.ts'
import { runForTest } from '../support/run.ts'

const MANY = 60
const documents = Array.from(
  { length: MANY },
  (_, row) => `{"a": ${row}.50, "bb": "naïve\\n ${row}", "cc": [1, 2]}`,
)

/** Statements that change a document in one byte, or in order. */
const faults: readonly (readonly [danger: string, sql: string])[] = [
  [
    'a byte inside a string of jsonb',
    `update public.t set b = replace(b::text, 've', 'vf')::jsonb where id = 7`,
  ],
  ['a digit of jsonb', `update public.t set b = jsonb_set(b, '{a}', '7.51') where id = 7`],
  ['the scale of a number of jsonb', `update public.t set b = jsonb_set(b, '{a}', '7.5') where id = 7`],
  ['a key of jsonb', `update public.t set b = b - 'cc' where id = 7`],
  [
    'a byte inside a string of json',
    `update public.t set j = replace(j::text, 've', 'vf')::json where id = 7`,
  ],
  ['a blank of json', `update public.t set j = replace(j::text, '[1, 2]', '[1,2]')::json where id = 7`],
  [
    'the order of keys of json',
    `update public.t set j = json_build_object('bb', j -> 'bb', 'a', j -> 'a', 'cc', j -> 'cc') where id = 7`,
  ],
  [
    'another spelling of json',
    `update public.t set j = replace(j::text, 'naïve', 'na\\u00efve')::json where id = 7`,
  ],
]

forEachServer((server) => {
  it('finds every byte in which a document differs that was not read', async () => {
    const folder = temporaryFolder()
    const file = join(folder, 'documents.db')
    const db = openWritable(file)
    db.exec('create table t (id integer primary key, b jsonb, j json, other jsonb)')
    const insert = db.prepare('insert into t (b, j, other) values (?, ?, ?)')
    for (const [row, text] of documents.entries()) insert.run(text, text, `{"z":${row},"a":1}`)
    db.close()
    const database = await freshDatabase(server.url)
    const connection = await connect(database.address)
    const isRight = async (): Promise<boolean> => {
      const target = { target: database.url, env: {}, workFolder: folder, port: null }
      const request = { target, run: null, level: 'checksum', jobs: 1, repair: false } as const
      const { ok, tables } = await verifyAgain(request, { control: new RunControl(), emit: () => {} })
      expect(tables.map(({ match }) => match)).toEqual([ok])
      return ok
    }
    try {
      const { report, plan } = await runForTest({ sources: [file], url: database.url, workFolder: folder })
      expect(report?.status).toBe('ok')
      expect(report?.forecast?.deviations).toEqual([])
      const exact = report?.tables[0]?.columns.map(({ target, cells }) => [target, cells.exact])
      expect(exact?.slice(1)).toEqual([
        ['b', MANY],
        ['j', MANY],
        ['other', 0],
      ])
      expect(plan.unchangedJson).toEqual({ 'documents.db/t': ['b', 'j'] })
      const stored = await connection.query('select b::text, j::text from public.t order by id', [])
      expect(stored.rows).toEqual(documents.map((text) => ({ b: text, j: text })))
      expect(await isRight()).toBe(true)

      await connection.execute('create table public.kept as select * from public.t')
      for (const [danger, sql] of faults) {
        await connection.execute(sql)
        expect(await isRight(), danger).toBe(false)
        await connection.execute(
          'update public.t set b = kept.b, j = kept.j from public.kept where t.id = kept.id and t.id = 7',
        )
        expect(await isRight(), danger).toBe(true)
      }
      // As if the census had said so of documents that jsonb prints otherwise.
      await connection.execute(
        `update gpt_migrate.run set plan = jsonb_set(plan::jsonb, '{unchangedJson,documents.db/t}', '["b", "j", "other"]')`,
      )
      expect(await isRight()).toBe(false)
    } finally {
      await connection.end()
      await database.drop()
    }
  })
})
