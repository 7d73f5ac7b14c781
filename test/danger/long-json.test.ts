/** JSON documents of megabytes, which are sent, summed and compared in pieces: each byte in which the target differs is found. */
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { RunControl } from '../../src/engine/events/control.ts'
import type { VerifyLevel } from '../../src/engine/model/report.ts'
import { verifyAgain } from '../../src/engine/run/past-runs/verify-again.ts'
import { openWritable } from '../../src/engine/source/base/sqlite.ts'
import { connect } from '../../src/engine/target/connection/connection.ts'
import { isNight } from '../support/breadth.ts'
import { forEachServerNightly, freshDatabase } from '../support/databases.ts'
import { temporaryFolder } from '../support/folders.ts'
import { runForTest } from '../support/run.ts'

const words = 'zwölf 🦆 '.repeat(Math.ceil((9 << 20) / 13))
const printed = `{"a": "${words}"}`
const inOtherOrder = `{"text":"${words}","a":1.50}`

/** Statements that change one character of a document, or its spelling. */
const faults: readonly (readonly [column: string, sql: string])[] = [
  ['kept', `update public.t set kept = overlay(kept::text placing 'X' from 5000000 for 1)::json`],
  ['kept', `update public.t set kept = (kept::text || ' ')::json`],
  ['settled', `update public.t set settled = overlay(settled::text placing 'X' from 5000000 for 1)::jsonb`],
  ['other', `update public.t set other = overlay(other::text placing 'X' from 5000000 for 1)::jsonb`],
  ['other', `update public.t set other = other || '{"a": 1.5}'`],
]

/** By day, the first fault of each column. */
const planted = faults.filter(
  ([column], at) => isNight || faults.findIndex(([other]) => other === column) === at,
)

forEachServerNightly((server) => {
  it('copies them in pieces and finds every byte that differs', { timeout: 300_000 }, async () => {
    const folder = temporaryFolder()
    const file = join(folder, 'documents.db')
    const db = openWritable(file)
    db.exec('create table t (id integer primary key, kept json, settled jsonb, other jsonb)')
    const insert = db.prepare('insert into t (kept, settled, other) values (?, ?, ?)')
    insert.run(inOtherOrder, printed, inOtherOrder)
    insert.run('{"b":1}', '{"b": 1}', '{"b":1}')
    db.close()
    const database = await freshDatabase(server.url)
    const connection = await connect(database.address)
    const isRight = async (level: VerifyLevel): Promise<boolean> => {
      const target = { target: database.url, env: {}, workFolder: folder, port: null }
      const request = { target, run: null, level, jobs: 1, repair: false } as const
      return (await verifyAgain(request, { control: new RunControl(), emit: () => {} })).ok
    }
    try {
      const { report, plan } = await runForTest({ sources: [file], url: database.url, workFolder: folder })
      expect(report?.status).toBe('ok')
      expect(plan.unchangedJson).toEqual({ 'documents.db/t': ['kept', 'settled'] })
      const { rows } = await connection.query(
        `select kept::text = $1 as kept, settled::text = $2 as settled, other = $1::jsonb as other from public.t where id = 1`,
        [inOtherOrder, printed],
      )
      expect(rows).toEqual([{ kept: true, settled: true, other: true }])
      expect(await isRight('full')).toBe(true)

      await connection.execute('create table public.kept as select * from public.t')
      for (const [column, sql] of planted) {
        await connection.execute(`${sql} where id = 1`)
        expect(await isRight('checksum'), sql).toBe(false)
        if (isNight || column !== 'other') expect(await isRight('full'), sql).toBe(false)
        await connection.execute(
          `update public.t set ${column} = kept.${column} from public.kept where t.id = kept.id and t.id = 1`,
        )
      }
      expect(await isRight('checksum')).toBe(true)
    } finally {
      await connection.end()
      await database.drop()
    }
  })
})
