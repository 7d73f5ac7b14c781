/** Several databases of one shape, and almost of one shape, into one set of tables: verified, written back, repaired, refused. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, expect, it } from 'vitest'
import { RunControl } from '../../src/engine/events/control.ts'
import { verifyAgain } from '../../src/engine/run/past-runs/verify-again.ts'
import { openWritable } from '../../src/engine/source/base/sqlite.ts'
import { connect } from '../../src/engine/target/connection/connection.ts'
import { exportFrom } from '../engine/export/exported.ts'
import { contentOf } from '../engine/export/same-databases.ts'
import { type FreshDatabase, forEachServerNightly, freshDatabase } from '../support/databases.ts'
import { temporaryFolder } from '../support/folders.ts'
import { runForTest } from '../support/run.ts'

const schema = `
  create table trades (
    id integer primary key autoincrement, pair varchar(20) not null, amount decimal(20,8) check (amount > 0), opened datetime,
    strategy text, unique (pair, opened)
  );
  create table orders (
    order_id integer primary key, trade_id integer not null references trades (id) on delete cascade, side text collate nocase,
    parent_id integer references orders (order_id) on delete set null, twice integer generated always as (order_id * 2) stored
  );
  create index orders_by_trade on orders (trade_id);
  create unique index orders_side on orders (trade_id, side);
  create table pairlocks (pair text, reason text, primary key (pair, reason)) without rowid;
  create table loose (note, value);
  create table kv (key text primary key, value blob);`

const rows = (bot: number): string => `
  insert into trades (pair, amount, opened, strategy) values
    ('BTC/USDT', 0.5 * ${bot}, '2025-01-0${bot} 10:00:00', 's${bot}'), ('ETH/USDT', 1.25, '2025-02-01 00:00:00', null);
  delete from trades where id = 2;
  insert into trades (pair, amount, opened) values ('ADA/USDT', ${bot}, '2025-03-01 00:00:00');
  insert into orders (order_id, trade_id, side, parent_id) values (1, 1, 'buy', null), (2, 1, 'sell', 1), (${bot} + 10, 3, 'Buy', 2);
  insert into pairlocks values ('BTC/USDT', 'x'), ('A${bot}', 'y');
  insert into loose values ('same', 1), ('same', 1), ('bot ${bot}', ${bot}.5), (x'00ff', null);
  insert into kv values ('version', x'0${bot}'), ('bot', '${bot}');`

function writeBots(folder: string): void {
  mkdirSync(folder, { recursive: true })
  const write = (name: string, sql: string): void => {
    const db = openWritable(join(folder, name))
    db.pragma('foreign_keys = off')
    db.exec(sql)
    db.close()
  }
  write('bot1.sqlite', schema + rows(1))
  write('bot2.sqlite', schema + rows(2))
  // An older one: a table and a column less, a column at another place, a reference that leads nowhere, a text that PostgreSQL refuses.
  write(
    'bot3.sqlite',
    schema
      .replace(/create table pairlocks.*?;/s, '')
      .replace(/opened datetime,\s*strategy text,/, 'opened datetime,') +
      rows(3)
        .replace(/insert into pairlocks.*?;/s, '')
        .replace('opened, strategy)', 'opened)')
        .replace(", 's3'", '')
        .replace(', null);', ');') +
      `insert into orders (order_id, trade_id) values (99, 4711); insert into orders (order_id, trade_id, side) values (98, 3, 'a' || char(0));
       alter table kv add column extra text default 'late'; update kv set extra = 'here' where key = 'bot';`,
  )
}

forEachServerNightly((server) => {
  const folder = temporaryFolder()
  const sources = join(folder, 'bots')
  const context = { control: new RunControl(), emit: () => {} }
  beforeAll(() => writeBots(sources))

  const verify = (target: FreshDatabase, repair: boolean) =>
    verifyAgain(
      {
        target: { target: target.url, env: {}, workFolder: folder, port: null },
        run: null,
        level: 'full',
        jobs: 2,
        repair,
      },
      context,
    )

  it('rows keep their ids and say where they are from; what was in the files comes back', {
    timeout: 120_000,
  }, async () => {
    const target = await freshDatabase(server.url)
    const connection = await connect(target.address)
    try {
      const { report } = await runForTest({
        sources: [sources],
        url: target.url,
        workFolder: folder,
        options: { exact: true, into: 'one' },
        request: { verifyLevel: 'full' },
      })
      expect(report?.verify.differences).toEqual([])
      expect(report?.verify.checks.filter(({ ok }) => !ok)).toEqual([])
      expect(report).toMatchObject({ status: 'quarantined', quarantine: { rows: 1 } })
      const { rows: trades } = await connection.query(
        'select origin, id::int as id, pair, amount, strategy from public.trades order by 1, 2',
      )
      expect(trades).toEqual([
        { origin: 'bot1.sqlite', id: 1, pair: 'BTC/USDT', amount: '0.50000000', strategy: 's1' },
        { origin: 'bot1.sqlite', id: 3, pair: 'ADA/USDT', amount: '1.00000000', strategy: null },
        { origin: 'bot2.sqlite', id: 1, pair: 'BTC/USDT', amount: '1.00000000', strategy: 's2' },
        { origin: 'bot2.sqlite', id: 3, pair: 'ADA/USDT', amount: '2.00000000', strategy: null },
        { origin: 'bot3.sqlite', id: 1, pair: 'BTC/USDT', amount: '1.50000000', strategy: null },
        { origin: 'bot3.sqlite', id: 3, pair: 'ADA/USDT', amount: '3.00000000', strategy: null },
      ])
      const { rows: keys } = await connection.query<{ line: string }>(
        `select conrelid::regclass::text || ' ' || pg_get_constraintdef(oid) as line from pg_constraint
          where connamespace = 'public'::regnamespace and contype in ('p', 'u', 'f') order by 1`,
      )
      expect(keys.map(({ line }) => line)).toMatchInlineSnapshot(`
        [
          "public.kv PRIMARY KEY (origin, key)",
          "public.orders FOREIGN KEY (origin, parent_id) REFERENCES public.orders(origin, order_id)",
          "public.orders FOREIGN KEY (origin, trade_id) REFERENCES public.trades(origin, id) ON DELETE CASCADE NOT VALID",
          "public.orders PRIMARY KEY (origin, order_id)",
          "public.pairlocks PRIMARY KEY (origin, pair, reason)",
          "public.trades PRIMARY KEY (origin, id)",
          "public.trades UNIQUE (origin, pair, opened)",
        ]
      `)
      const codes = report!.findings.map(({ code }) => code)
      for (const code of ['tables-merged', 'column-not-in-all', 'orphans', 'reference-action-left-out'])
        expect(codes).toContain(code)

      const exported = await exportFrom(target, join(folder, 'back'))
      expect(exported).toMatchObject({ unwritten: [], empty: [] })
      for (const { database, file } of exported.databases)
        expect(contentOf(file), database).toEqual(contentOf(join(sources, database)))

      // Rows of one origin are edited, those of the others stay.
      await connection.execute(`
        delete from public.kv where origin = 'bot2.sqlite' and key = 'bot';
        delete from public.loose where origin = 'bot1.sqlite' and note = 'bot 1';
        update public.trades set amount = 7 where origin = 'bot3.sqlite' and id = 3;
        insert into public.loose (origin, note) values ('bot2.sqlite', 'new')`)
      const differs = await verify(target, false)
      expect(new Set(differs.differences.map(({ table }) => table))).toEqual(
        new Set(['bot1.sqlite/loose', 'bot2.sqlite/kv', 'bot2.sqlite/loose', 'bot3.sqlite/trades']),
      )
      expect(await verify(target, true)).toMatchObject({ ok: true, differences: [] })
      await connection.execute(
        `insert into public.loose (origin, note) values ('bot4.sqlite', 'from nowhere')`,
      )
      expect((await verify(target, false)).differences).toMatchObject([{ kind: 'count' }])
    } finally {
      await connection.end()
      await target.drop()
    }
  })

  it('tables that can be no one table are refused before anything is written', async () => {
    const unlike = join(folder, 'unlike')
    mkdirSync(unlike)
    for (const [name, sql] of [
      ['a.db', 'create table t (id integer primary key, x)'],
      ['b.db', 'create table t (id text primary key, x)'],
    ] as const) {
      const db = openWritable(join(unlike, name))
      db.exec(sql)
      db.close()
    }
    const target = await freshDatabase(server.url)
    try {
      await expect(
        runForTest({
          sources: [unlike],
          url: target.url,
          workFolder: folder,
          options: { into: 'one' },
          request: { mapping: 'auto' },
        }),
      ).rejects.toMatchObject({ kind: 'plan', message: expect.stringContaining('"t" of b.db') })
    } finally {
      await target.drop()
    }
  })
})
