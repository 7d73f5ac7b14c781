import { join } from 'node:path'
import { expect, it } from 'vitest'
import { RunControl } from '../../src/engine/events/control.ts'
import { verifyAgain } from '../../src/engine/run/past-runs/verify-again.ts'
import { openWritable } from '../../src/engine/source/base/sqlite.ts'
import { connect } from '../../src/engine/target/connection/connection.ts'
import { forEachServer, freshDatabase } from '../support/databases.ts'
import { temporaryFolder } from '../support/folders.ts'
import { runForTest } from '../support/run.ts'

const schema = `
  create table bill (
    id integer primary key,
    name text,
    price real,
    quantity integer,
    label text generated always as (upper(name)) stored,
    total real generated always as (price * quantity) virtual,
    twice integer generated always as (quantity * 2) stored,
    is_big integer generated always as (quantity > 2) virtual,
    both text generated always as (name || '-' || quantity) virtual,
    size integer generated always as (length(name)) virtual
  );
  insert into bill (id, name, price, quantity) values
    (1, 'straße', 0.1, 3), (2, 'ÄÖÜ ß ı', 1e300, 2), (3, '', -0.0, 0), (4, null, 2.5, null),
    (5, 'x', null, -7), (6, 'naïve', 1e-320, 9007199254740993);`

forEachServer((server) => {
  it('compares what the server computes with what SQLite computed, and finds what differs', async () => {
    const folder = temporaryFolder()
    const file = join(folder, 'bills.db')
    const db = openWritable(file)
    db.exec(schema)
    db.close()
    const database = await freshDatabase(server.url)
    const connection = await connect(database.address)
    try {
      const { report, plan } = await runForTest({ sources: [file], url: database.url, workFolder: folder })
      expect(report?.verify.differences).toEqual([])
      expect(report?.status).toBe('ok')
      const [table] = plan.schema.tables
      const computed = table!.columns.filter(({ generated }) => generated !== null).map(({ name }) => name)
      expect(computed).toContain('twice')

      await connection.execute('alter table public.bill drop column twice')
      await connection.execute(
        'alter table public.bill add column twice bigint generated always as (case when id = 5 then 0 else quantity * 2 end) stored',
      )
      for (const level of ['checksum', 'full'] as const) {
        const again = await verifyAgain(
          {
            target: { target: database.url, env: {}, workFolder: folder, port: null },
            run: null,
            level,
            jobs: 1,
            repair: false,
          },
          { control: new RunControl(), emit: () => {} },
        )
        const { differences, ok } = again
        expect(ok).toBe(false)
        const named = differences.filter(({ kind }) => kind === 'changed')
        expect(named).not.toEqual([])
        for (const one of named) {
          const changed = { key: '5', column: 'twice', source: '-14', target: '0' }
          expect(one).toEqual({ table: 'bills.db/bill', kind: 'changed', ...changed })
        }
      }
    } finally {
      await connection.end()
      await database.drop()
    }
  })
})
