/** Data-only into types that only an application makes: each value arrives with its meaning, or the type is refused before anything is written. */
import { expect, it } from 'vitest'
import { MigrateError } from '../../src/engine/model/errors.ts'
import { forEachServerNightly } from '../support/databases.ts'
import { runForTest, verifyForTest } from '../support/run.ts'
import { inScene } from '../support/scene.ts'

const target = `
  create extension citext with schema public;
  create type public."Mood" as enum ('sad', 'Ok', 'it''s fine');
  create domain public.email as text check (value ~ '@');
  create domain public.work_email as public.email not null;
  create domain public.amount as numeric(8,2);
  create table public.kinds (
    id integer primary key, mood public."Mood", name public.citext, mail public.work_email, price public.amount,
    address inet, network cidr, took interval, spent interval, code character(4), ratio real, small smallint,
    flags bit(5), mask bit varying(8), paid money, doc xml, uid uuid, seen timestamptz,
    tags text[], counts integer[], moods public."Mood"[], prices numeric(6,2)[], marks boolean[], floats real[],
    search tsvector generated always as (to_tsvector('simple', coalesce(name::text, ''))) stored);`

const source = `
  create table kinds (
    id integer primary key, mood text, name text, mail text, price real, address text, network text, took bigint, spent text,
    code text, ratio real, small integer, flags text, mask text, paid real, doc text, uid text, seen datetime,
    tags text, counts text, moods text, prices text, marks text, floats text);
  insert into kinds values
    (1, 'sad', 'Ann', 'a@b', 1.25, '10.0.0.1', '10.0.0.0/8', 3723000001, '1 day, 2:03:04.5', 'ab', 0.1, -7, '10101', '101', 12.34, '<a>x</a>', '{0F8FAD5B-D9CB-469F-A165-70867728950E}', '2024-01-01 10:00:00+02:00',
     '["a","b \\"q\\", c",null,"NULL",""]', '[1,-2,3]', '["Ok","it''s fine"]', '[1.5,2]', '[true,false]', '[0.1,1e+30]'),
    (2, 'OK', 'Émile', 'c@d', 3, '2001:db8::1/64', '2001:DB8::/32', -90000000000, 'P1Y2M3DT4H5M6.7S', 'é', 16777217, 32767, '00000', '', 0.5,
     '<?xml version="1.0" encoding="UTF-8"?>' || char(10) || '<b/>', 'urn:uuid:0f8fad5b-d9cb-469f-a165-70867728950e', '2024-01-01 10:00:00', '[]', '[]', '[]', '[null]', '[]', '[]'),
    (3, null, null, 'e@f', null, '::ffff:1.2.3.4', null, null, '-00:00:01', '', -0.0, 0, null, null, null, null, null, null, null, null, null, null, null, null);`

forEachServerNightly((server) => {
  it('writes each type, compared value by value', async () => {
    await inScene(
      server.url,
      { name: 'app.db', sql: source },
      async ({ file, workFolder, url, connection }) => {
        await connection.execute(target)
        const { report } = await runForTest({
          sources: [file],
          url,
          workFolder,
          options: { dataOnly: true },
          request: { verifyLevel: 'full' },
        })
        expect(report?.error ?? null).toBeNull()
        expect(report?.verify.differences).toEqual([])
        expect(report?.verify.checks.filter(({ ok }) => !ok)).toEqual([])
        expect(report?.quarantine.rows).toBe(0)
        const { rows } = await connection.query(
          `select mood::text, name::text, price::text, host(address) as address, network::text, took::text, spent::text,
                code::text, ratio::text, flags::text, mask::text, paid::numeric::text, doc::text, tags::text,
                uid::text, (seen at time zone 'UTC')::text as seen, counts::text, moods::text, prices::text, marks::text, floats::text
           from public.kinds order by id`,
        )
        expect(rows).toEqual([
          {
            mood: 'sad',
            name: 'Ann',
            price: '1.25',
            address: '10.0.0.1',
            network: '10.0.0.0/8',
            took: '01:02:03.000001',
            spent: '1 day 02:03:04.5',
            code: 'ab',
            ratio: '0.1',
            flags: '10101',
            mask: '101',
            paid: '12.34',
            doc: '<a>x</a>',
            uid: '0f8fad5b-d9cb-469f-a165-70867728950e',
            seen: '2024-01-01 08:00:00',
            tags: '{a,"b \\"q\\", c",NULL,"NULL",""}',
            counts: '{1,-2,3}',
            moods: '{Ok,"it\'s fine"}',
            prices: '{1.50,2.00}',
            marks: '{t,f}',
            floats: '{0.1,1e+30}',
          },
          {
            mood: 'Ok',
            name: 'Émile',
            price: '3.00',
            address: '2001:db8::1',
            network: '2001:db8::/32',
            took: '-1 days -01:00:00',
            spent: '1 year 2 mons 3 days 04:05:06.7',
            code: 'é',
            ratio: '1.6777216e+07',
            flags: '00000',
            mask: '',
            paid: '0.50',
            doc: '<b/>',
            uid: '0f8fad5b-d9cb-469f-a165-70867728950e',
            seen: '2024-01-01 10:00:00',
            tags: '{}',
            counts: '{}',
            moods: '{}',
            prices: '{NULL}',
            marks: '{}',
            floats: '{}',
          },
          expect.objectContaining({ mood: null, address: '::ffff:1.2.3.4', spent: '-00:00:01', ratio: '0' }),
        ])
        expect(report?.findings.filter(({ severity }) => severity !== 'notice')).toMatchObject([
          { code: 'zones-mixed', column: 'seen', count: 1 },
        ])
        expect(report?.tables[0]?.columns.find((column) => column.source === 'ratio')?.cells).toMatchObject({
          rounded: 1,
        })
      },
    )
  })

  it('puts what a type does not hold into quarantine, by name', async () => {
    const sql = `
      create table kinds (id integer primary key, mood text, mail text, address text, network text, spent text, flags text, paid text, tags text, doc text);
      insert into kinds (id, mail, mood) values (1, 'a@b', 'angry'), (2, 'no address', 'sad'), (3, null, 'sad');
      insert into kinds (id, mail, address) values (4, 'a@b', '10.0.0.256'), (5, 'a@b', '1::2::3');
      insert into kinds (id, mail, network) values (6, 'a@b', '10.0.0.1/8');
      insert into kinds (id, mail, spent) values (7, 'a@b', 'soon'), (8, 'a@b', '');
      insert into kinds (id, mail, flags) values (9, 'a@b', '101');
      insert into kinds (id, mail, paid) values (10, 'a@b', '0.001');
      insert into kinds (id, mail, tags) values (11, 'a@b', '{a,b}'), (12, 'a@b', '[["a"],["b"]]'), (13, 'a@b', '["good"]'), (16, 'a@b', '[["a"],["b","c"]]'), (17, 'a@b', 'a,b');
      insert into kinds (id, mail, doc) values (14, 'a@b', '<a>'), (15, 'a@b', '<?xml version="1.1"?><a/>');`
    await inScene(server.url, { name: 'app.db', sql }, async ({ file, workFolder, url, connection }) => {
      await connection.execute(target)
      const { report } = await runForTest({
        sources: [file],
        url,
        workFolder,
        options: { dataOnly: true },
        request: { verifyLevel: 'full' },
      })
      expect(report?.error ?? null).toBeNull()
      expect(report?.status).toBe('quarantined')
      expect(report?.verify.differences).toEqual([])
      const { rows } = await connection.query<{ id: number }>('select id from public.kinds order by id')
      expect(rows.map(({ id }) => id)).toEqual([11, 12, 13])
      const refused = await connection.query<{ code: string }>(
        'select distinct code from gpt_migrate.quarantine order by code',
      )
      expect(refused.rows.map(({ code }) => code)).toEqual([
        'not-an-address',
        'not-an-interval',
        'not-bits',
        'not-in-enumeration',
        'not-of-type',
        'null-in-not-null',
        'numeric-overflow',
        'refused-by-server',
        'xml-declaration',
      ])
    })
  })

  it('writes types that only the server reads as the server reads their text, and reports what it would change', async () => {
    const types = [
      ['int4range', '[1,5]', '[1,6)'],
      ['numrange', '[1.50,2.250)', '[1.50,2.250)'],
      ['tstzrange', '["2024-01-01 10:00",)', '["2024-01-01 09:00:00+00",)'],
      ['macaddr8', '08-00-2b-01-02-03-04-05', '08:00:2b:01:02:03:04:05'],
      ['timetz', '10:00+02', '10:00:00+02'],
      ['hstore', 'b=>NULL,"a b"=>"1"', '"b"=>NULL, "a b"=>"1"'],
      ['pg_lsn', '16/B374D848', '16/B374D848'],
      ['oid', '4294967295', '4294967295'],
      ['point', '(1.50,2)', '(1.5,2)'],
      ['polygon', '0,0,1,1,2,0', '((0,0),(1,1),(2,0))'],
      ['int[]', '[[1,2],[3,4]]', '{{1,2},{3,4}}'],
      ['jsonb[]', '[{"a":1.10},null]', '{"{\\"a\\": 1.10}","null"}'],
      ['bytea[]', '["\\\\x00ff"]', '{"\\\\x00ff"}'],
      ['tsvector', 'fat:2 cat:3', "'cat':3 'fat':2"],
      ['tsquery', 'fat & rat', "'fat' & 'rat'"],
      ['jsonpath', '$.a', '$."a"'],
      ['pair', '(1,"a b",2.50)', '(1,"a b",2.50)'],
      ['"char"', 'x', 'x'],
      ['name', 'some', 'some'],
      ['interval(3)', '1 day 1.5', '1 day 00:00:01.5'],
      ['shift', '[1,5)', '[1,5)'],
    ] as const
    const names = types.map((_, index) => `c${index}`)
    const row = types.map(([, text]) => `'${text.replaceAll("'", "''")}'`)
    const refused: readonly (readonly [string, string])[] = [
      ['int4range', '[5,1]'],
      ['point', '(1.23456789012345678,2)'],
      ['"char"', 'xy'],
      ['pair', '(1,a,2.505)'],
      ['shift', '[-1,5)'],
      ['interval(3)', '0.0004 s'],
      // A server sends it, and does not take it back (SQLSTATE XX000).
      ['tsquery', ''],
    ]
    const sql = `create table odd (id integer primary key, ${names.map((name) => `${name} text`).join(', ')});
      insert into odd values (1, ${row.join(', ')}), (2, ${row.map((one, index) => (types[index]![0] === 'shift' ? one : 'null')).join(', ')});
      ${refused.map(([type, text], index) => `insert into odd values (${10 + index}, ${types.map(([own], at) => (own === type ? `'${text}'` : row[at])).join(', ')});`).join('\n')}`
    await inScene(server.url, { name: 'app.db', sql }, async ({ file, workFolder, url, connection }) => {
      await connection.execute(
        `create extension hstore with schema public;
         create type public.pair as (n integer, s text, p numeric(5,2));
         create domain public.shift as int4range not null check (lower(value) >= 0);
         create table public.odd (id integer primary key, ${types.map(([type], index) => `c${index} ${/^(?:hstore|pair|shift)$/.test(type) ? 'public.' : ''}${type}`).join(', ')})`,
      )
      const { report } = await runForTest({
        sources: [file],
        url,
        workFolder,
        options: { dataOnly: true, timezone: 'Europe/Berlin' },
        request: { verifyLevel: 'full' },
      })
      expect(report?.error ?? null).toBeNull()
      expect(report?.verify.differences).toEqual([])
      expect(report?.quarantine.rows).toBe(refused.length)
      const { rows } = await connection.query<Record<string, string>>(
        `select ${names.map((name) => `${name}::text`).join(', ')} from public.odd order by id`,
      )
      expect(rows).toHaveLength(2)
      expect(Object.values(rows[0]!)).toEqual(types.map(([, , printed]) => printed))
      await connection.execute(`update public.odd set c0 = '[7,8)' where id = 1`)
      const again = await verifyForTest(url, workFolder, false)
      expect(again.differences).toMatchObject([{ column: 'c0', target: expect.stringMatching(/^\\x/) }])
    })
  })

  it('refuses a type that is not written before anything is', async () => {
    const types = ['aclitem']
    const columns = types.map((type, index) => `c${index} ${type}`)
    const sql = `create table odd (id integer primary key, ${types.map((_, index) => `c${index} text`).join(', ')}, took integer);
      insert into odd (id, took) values (1, 60);`
    await inScene(server.url, { name: 'app.db', sql }, async ({ file, workFolder, url, connection }) => {
      await connection.execute(
        `create table public.odd (id integer primary key, ${columns.join(', ')}, took interval)`,
      )
      const run = runForTest({ sources: [file], url, workFolder, options: { dataOnly: true } })
      const error: unknown = await run.then(
        () => null,
        (thrown: unknown) => thrown,
      )
      expect(error).toBeInstanceOf(MigrateError)
      expect(error).toMatchObject({ kind: 'plan', code: 'type-not-written' })
      const { rows } = await connection.query(`select from pg_namespace where nspname = 'gpt_migrate'`)
      expect(rows).toHaveLength(0)
    })
  })
})
