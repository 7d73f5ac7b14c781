import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { openWritable } from '../../../src/engine/source/base/sqlite.ts'
import { connect } from '../../../src/engine/target/connection/connection.ts'
import { dialects } from '../../mappings/dialects/index.ts'
import { isNight } from '../../support/breadth.ts'
import { forEachServerNightly, freshDatabase } from '../../support/databases.ts'
import { bringBackOnce, changedRows, differencesOf } from '../../support/fallback.ts'
import { temporaryFolder } from '../../support/folders.ts'
import { migrateExactly } from '../export/exported.ts'

type Move = {
  readonly database: Awaited<ReturnType<typeof freshDatabase>>
  readonly sources: string
  readonly folder: string
  readonly back: string
  readonly run: (sql: string) => Promise<void>
}

forEachServerNightly((server) => {
  /** Moves what `create` makes, and hands over the target with its changes noted from here on. */
  async function moved(create: (folder: string) => void, work: (move: Move) => Promise<void>): Promise<void> {
    const folder = temporaryFolder()
    const sources = join(folder, 'sources')
    mkdirSync(sources)
    create(sources)
    const database = await freshDatabase(server.url)
    const connection = await connect(database.address)
    try {
      await migrateExactly(sources, database, folder, true)
      const back = join(folder, 'back')
      await bringBackOnce(database, back)
      await work({ database, sources, folder, back, run: (sql) => connection.execute(sql) })
    } finally {
      await connection.end()
      await database.drop()
    }
  }

  const oneFile = (sql: string) => (folder: string) => {
    const db = openWritable(join(folder, 'app.db'))
    db.pragma('foreign_keys = off')
    db.exec(sql)
    db.close()
  }

  it.each(isNight ? ['integer-ids', 'broker-ids', 'epoch-seconds'] : ['broker-ids'])(
    'changes in PostgreSQL come back, and untouched rows keep their bytes: %s',
    async (name) => {
      await moved(
        (folder) => dialects.find((dialect) => dialect.name === name)!.create(folder),
        async ({ database, sources, folder, back, run }) => {
          expect(changedRows(sources, back)).toEqual({})
          // A file with a column for each feature has none for another.
          const feature =
            name === 'epoch-seconds'
              ? 'array[(select min(key) from jsonb_object_keys(features) as key)]'
              : `'{added}'`
          await run(`
            update trading.orders set quantity = 42.5, side = case side when 'buy' then 'sell' else 'buy' end
             where id = (select min(id) from trading.orders);
            delete from trading.trades where id = (select min(id) from trading.trades);
            update trading.trades set order_id = (select order_id from trading.orders order by id desc limit 1)
             where id = (select max(id) from trading.trades);
            update ml.feature_values set features = jsonb_set(features, ${feature}, '1.5')
             where id = (select min(id) from ml.feature_values);
            update portfolio.optimization_runs
               set optimal_weights = coalesce(optimal_weights, '[]') || '[{"symbol": "NEW", "weight": 0.25}]'
             where id = (select min(id) from portfolio.optimization_runs)`)
          const answer = await bringBackOnce(database, back)
          expect(answer.aside).toEqual([])
          const changed = changedRows(sources, back)
          const others = ['ml_features.db/feature_values', 'portfolio_optimization.db/allocations']
          const expected = [...others, 'trading.db/orders', 'trading.db/trades']
          expect(Object.keys(changed).filter((table) => !expected.includes(table))).toEqual([])
          expect(changed['trading.db/orders']).toHaveLength(2)
          // As the file spells it, and not as PostgreSQL does.
          if (name === 'broker-ids') expect(changed['trading.db/orders']![1]).toMatch(/text '(Buy|Sell)'/)
          expect(changed['trading.db/trades']).toHaveLength(3)
          expect(changed['portfolio_optimization.db/allocations']).toHaveLength(1)
          expect(await differencesOf(database, back, join(folder, 'again'))).toEqual([])
        },
      )
    },
  )

  it('rows of every kind of table: without a key, WITHOUT ROWID, text keys, values that swap', async () => {
    await moved(
      oneFile(`
        create table log (line text, level integer);
        insert into log values ('a', 1), ('a', 1), ('b', 2), ('c', 3);
        create table pairs (a text, b integer, value blob, primary key (a, b)) without rowid;
        insert into pairs values ('x', 1, x'00ff'), ('x', 2, null), ('y', 1, x'');
        create table named (name text primary key, score real);
        insert into named values ('one', 1.0), ('two', 2.5), ('three', null);
        create table ranked (id integer primary key, place integer unique, who text);
        insert into ranked values (1, 1, 'ann'), (2, 2, 'bob'), (3, 3, 'cid');
        create table priced (id integer primary key, price numeric);
        insert into priced values (1, 1.5), (2, 2), (3, 2.25);`),
      async ({ database, folder, back, run, sources }) => {
        await run(`
          delete from public.log where ctid = (select min(ctid) from public.log where line = 'b');
          insert into public.log values ('d', 4);
          update public.pairs set value = '\\x01' where a = 'x' and b = 1;
          delete from public.pairs where a = 'y';
          insert into public.pairs values ('z', 9, null);
          update public.named set score = 7 where name = 'two';
          update public.named set name = 'drei' where name = 'three';
          update public.priced set price = case id when 1 then 1.50 when 2 then 2.750 else price end;
          begin; update public.ranked set place = -1 where id = 1; update public.ranked set place = 1 where id = 2;
          update public.ranked set place = 2 where id = 1; commit`)
        const answer = await bringBackOnce(database, back)
        expect(answer.aside).toEqual([])
        const changed = changedRows(sources, back)
        expect(changed['app.db/log']).toEqual(["- 3 | text 'b' | integer 2", "+ 5 | text 'd' | integer 4"])
        expect(changed['app.db/pairs']).toEqual([
          "- text 'x' | integer 1 | blob X'00FF'",
          "- text 'y' | integer 1 | blob X''",
          "+ text 'x' | integer 1 | blob X'01'",
          "+ text 'z' | integer 9 | null NULL",
        ])
        expect(changed['app.db/named']).toHaveLength(4)
        // Zeros behind the last digit are no other value.
        expect(changed['app.db/priced']).toEqual([
          '- 2 | integer 2 | integer 2',
          '+ 2 | integer 2 | real 2.75',
        ])
        expect(answer.tables.flatMap(({ lost }) => lost)).toEqual([])
        expect(changed['app.db/ranked']).toEqual([
          "- 1 | integer 1 | integer 1 | text 'ann'",
          "- 2 | integer 2 | integer 2 | text 'bob'",
          "+ 1 | integer 1 | integer 2 | text 'ann'",
          "+ 2 | integer 2 | integer 1 | text 'bob'",
        ])
        expect(await differencesOf(database, back, join(folder, 'again'))).toEqual([])
      },
    )
  })

  it("the file's own rules: triggers stay silent and stay there, what a rule refuses is kept aside and comes once it fits", async () => {
    await moved(
      oneFile(`
        create table items (id integer primary key, amount integer not null default 3 check (amount < 100), code text unique on conflict replace);
        insert into items values (1, 10, 'a'), (2, 20, 'b');
        create table audit (id integer primary key, what text);
        create trigger noted after update on items begin insert into audit(what) values ('updated ' || new.id); end;
        create trigger named after delete on main . "items" begin insert into audit(what) values ('on x.y'); end;`),
      async ({ database, back, run, sources }) => {
        await run(`
          alter table public.items drop constraint if exists items_amount_check;
          do $$ declare c record; begin
            for c in select conname from pg_constraint where conrelid = 'public.items'::regclass and contype = 'c'
            loop execute format('alter table public.items drop constraint %I', c.conname); end loop; end $$;
          update public.items set amount = 11 where id = 1;
          update public.items set amount = 500 where id = 2`)
        const answer = await bringBackOnce(database, back)
        expect(answer.asideCount).toBe(1)
        expect(answer.aside[0]).toMatchObject({ tableId: 'app.db/items' })
        expect(answer.aside[0]!.reason).toMatch(/CHECK constraint failed/)
        const changed = changedRows(sources, back)
        expect(changed).toEqual({
          'app.db/items': [
            "- 1 | integer 1 | integer 10 | text 'a'",
            "+ 1 | integer 1 | integer 11 | text 'a'",
          ],
        })
        const db = openWritable(join(back, 'app.db'))
        expect(
          db.prepare(`select sql from sqlite_schema where type = 'trigger' order by name`).pluck().all(),
        ).toEqual([
          `CREATE TRIGGER named after delete on main . "items" begin insert into audit(what) values ('on x.y'); end`,
          "CREATE TRIGGER noted after update on items begin insert into audit(what) values ('updated ' || new.id); end",
        ])
        db.close()
        await run(`update public.items set amount = 50 where id = 2`)
        expect((await bringBackOnce(database, back)).asideCount).toBe(0)
        expect(changedRows(sources, back)['app.db/items']).toContain(
          "+ 2 | integer 2 | integer 50 | text 'b'",
        )
      },
    )
  })

  it('a partition that is written directly, TRUNCATE, and a value that the old column cannot hold as it is', async () => {
    await moved(
      (folder) => dialects.find(({ name }) => name === 'integer-ids')!.create(folder),
      async ({ database, back, run, sources, folder }) => {
        await run(`
          do $$ declare p text; begin
            select tableoid::regclass::text into p from ml.predictions limit 1;
            execute format('update %s set confidence = 0.1234 where ctid = (select min(ctid) from %s)', p, p);
          end $$;
          truncate monitoring.performance_metrics`)
        await bringBackOnce(database, back)
        const changed = changedRows(sources, back)
        expect(changed['ml_predictions.db/predictions']).toHaveLength(2)
        expect(changed['trading.db/performance_metrics']!.every((row) => row.startsWith('-'))).toBe(true)
        expect(Object.keys(changed)).toHaveLength(2)
        expect(await differencesOf(database, back, join(folder, 'again'))).toEqual([])
        await run(
          'update trading.orders set quantity = 123456789012.12345678 where id = (select min(id) from trading.orders)',
        )
        expect((await bringBackOnce(database, back)).tables).toMatchObject([
          { tableId: 'trading.db/orders', updated: 1, lost: [{ column: 'quantity', rows: 1 }] },
        ])
      },
    )
  })

  it('a folder that is a source of a run is refused, and one that holds other files', async () => {
    await moved(
      oneFile("create table t (id integer primary key, x text); insert into t values (1, 'a')"),
      async ({ database, sources, folder }) => {
        const before = readFileSync(join(sources, 'app.db'))
        await expect(bringBackOnce(database, sources)).rejects.toMatchObject({ code: 'folder-is-source' })
        expect(readFileSync(join(sources, 'app.db')).equals(before)).toBe(true)
        const other = join(folder, 'other')
        mkdirSync(other)
        const db = openWritable(join(other, 'app.db'))
        db.exec('create table mine (x)')
        db.close()
        await expect(bringBackOnce(database, other)).rejects.toMatchObject({ code: 'fallback-folder' })
      },
    )
  })
})
