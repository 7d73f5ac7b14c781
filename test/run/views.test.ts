import { dirname, join } from 'node:path'
import { expect, it } from 'vitest'
import { readRun } from '../../src/engine/journal/journal.ts'
import { createView, ViewComparing } from '../../src/engine/run/finish/create-view.ts'
import { rollBackRun } from '../../src/engine/run/rollback/rollback.ts'
import { openWritable } from '../../src/engine/source/base/sqlite.ts'
import { checkViews } from '../../src/engine/verify/check-views.ts'
import { forEachServerNightly } from '../support/databases.ts'
import { dumpTarget } from '../support/dump.ts'
import { runForTest } from '../support/run.ts'
import { inScene, type Scene } from '../support/scene.ts'

const tables = `
  create table customers (id integer primary key, name text not null, city text, vip boolean, created datetime);
  create table orders (id integer primary key, customer_id integer references customers (id), total real, price decimal(10,2),
    placed date, status text collate nocase, at integer, mixed);
  create table items (order_id integer, pos integer, qty integer, unit real, note text, primary key (order_id, pos)) without rowid;
  insert into customers values (1, 'Ann', 'Paris', 1, '2024-01-05 10:00:00'), (2, 'bob', null, 0, '2024-02-05 11:30:00'),
    (3, 'Émile', 'Rome', 1, '2024-03-01 00:00:00'), (4, 'Cyd', 'paris', 0, '2023-12-31 23:59:59');
  insert into orders values (1, 1, 10.5, 10.50, '2024-01-06', 'Open', 1700000000, 1), (2, 1, 20.25, 20.25, '2024-02-07', 'closed', 1700100000, 'x'),
    (3, 2, 5, 5, '2024-02-08', 'OPEN', 1700200000, null), (4, null, 7.125, 7.13, '2023-12-31', 'x', 1700300000, 2.5);
  insert into items values (1, 1, 2, 5.25, 'a'), (1, 2, 1, 1.0, null), (2, 1, 3, 6.75, 'b'), (3, 1, 1, 5, 'c');`

/** By name: those that are created, each with the rows that SQLite gives for it. */
const translated: Readonly<Record<string, string>> = {
  simple: `select id, name from customers where city is not null`,
  joined: `select o.id, c.name as customer, o.total from orders o join customers c on c.id = o.customer_id order by o.placed desc limit 2`,
  left_joined: `select c.*, o.id as oid from customers c left join orders o on o.customer_id = c.id`,
  comma_joined: `select c.name, o.id from customers c, orders o left join items i on i.order_id = o.id where c.id = o.customer_id`,
  parentheses: `select c.name from customers c inner join (orders o inner join items i on i.order_id = o.id) on o.customer_id = c.id where i.qty * i.unit > 5 and not (o.status = 'OPEN')`,
  by_using: `select * from (select id, name from customers) join (select id, total from orders) using (id)`,
  natural: `select * from (select id, name from customers) natural join (select id, total from orders)`,
  grouped: `select c.id, c.name, count(o.id) as n, sum(o.total) as s, round(avg(o.total), 2) as a, min(o.placed) as first, max(o.placed) last from customers c left outer join orders o on o.customer_id = c.id group by c.id having count(*) > 0 order by n desc`,
  one_of_group: `select c.name, c.city, sum(o.total) from customers c, orders o where o.customer_id = c.id group by c.name`,
  by_month: `select strftime('%Y-%m', placed) as month, count(*) n, total(total) from orders group by strftime('%Y-%m', placed) order by 1`,
  by_year: `select cast(strftime('%Y', created) as integer) as year, count(*) from customers group by year`,
  cases: `select id, case when vip then 'yes' else 'no' end as is_vip, coalesce(city, '?') as city, upper(name) as u, length(name) l, name || ' (' || id || ')' as label from customers`,
  null_first: `select city from customers order by city limit 2`,
  null_last: `select city from customers order by city desc limit 2`,
  binary_order: `select name from customers order by name limit 2`,
  union_all: `select name as n, 'c' as kind from customers union all select status, 'o' from orders`,
  union_distinct: `select city from customers union select note from items order by 1`,
  excepted: `select id from customers except select customer_id from orders`,
  subqueries: `select name, (select count(*) from orders where customer_id = customers.id) as n, exists (select 1 from orders o where o.customer_id = customers.id and o.total > 15) as big from customers`,
  first_of_many: `select name, (select total from orders where customer_id = customers.id order by total) as t from customers`,
  among: `select * from customers where id in (select customer_id from orders where total > 6) and id not in (2)`,
  common: `with t(cid, s) as (select customer_id, sum(total) from orders group by 1) select c.name, t.s from t join customers c on c.id = t.cid`,
  windows: `select id, row_number() over (partition by customer_id order by total desc) as rn, sum(total) over (order by id) as run from orders`,
  filtered: `select count(*) filter (where total > 6) as n, count(distinct customer_id) as d from orders`,
  on_view: `select customer, total * 2 as dbl from joined where total > 6`,
  'Odd "name"': `select "name" as "The Name", [city] from customers`,
  times: `select date(created) d, time(created) t, datetime(at, 'unixepoch') u, strftime('%j', created) j from customers join orders on customers.id = orders.customer_id`,
  group_texts: `select customer_id, group_concat(status) g from orders group by customer_id`,
  distinct_texts: `select group_concat(distinct city) as cities, count(*) as n from customers`,
  distinct_rows: `select distinct city from customers order by city`,
  between: `select id from orders where placed between '2024-01-01' and '2024-12-31' and status in ('open', 'closed')`,
  likes: `select name from customers where name like '%B%' or name glob 'É*'`,
  since: `select id from customers where created > '2024-02-01 00:00:00'`,
  whole_division: `select id / 2 as half, id % 2 as odd, total / 4.0 as quarter from orders`,
  shows_mixed: `select id, mixed from orders`,
  row_ids: `select rowid, name from customers`,
  aliases: `select total * 2 as twice from orders where twice > 15 order by twice`,
  left_to_right: `select city from customers except select 'Rome' intersect select 'Paris'`,
  given: `values (1, 'a'), (2, null)`,
  given_too: `select id, name from customers union values (9, 'nine'), (1, 'Ann')`,
  shifted: `select date(created, '+7 days') w, datetime(created, 'start of month', '-90 minutes') m, datetime(at, 'unixepoch', '+1 hour') h from customers join orders on customers.id = customer_id`,
  since_midnight: `select id from orders where placed >= datetime('2024-01-06') and placed <= datetime('2024-02-08 00:00:00') or placed = datetime('2023-12-31')`,
  of_day: `select id from customers where created between datetime('2024-01-05') and datetime('2024-02-29')`,
  having_alias: `select customer_id, sum(total) as s from orders group by customer_id having s > 6`,
  having_alone: `select sum(total) as s, count(*) as n from orders having n > 3 and s > 3`,
  having_calculated: `select city, count(*) + 1 as n from customers group by city having n * 2 > 3 order by n desc`,
  alias_within: `select total * 2 as twice from orders group by twice having max(twice) > 12`,
  not_exists: `select name from customers c where not exists (select 1 from orders o where o.customer_id = c.id)`,
  frames: `select id, sum(total) over (order by id rows between 1 preceding and 1 following) a, count(*) over (order by at range between 100000 preceding and current row) b, count(*) over (order by customer_id groups between 1 preceding and current row exclude ties) c from orders`,
  named_windows: `select id, sum(total) over w as s, count(*) over (w order by id) as n, last_value(id) over (w order by id rows between unbounded preceding and unbounded following) as l from orders window w as (partition by customer_id)`,
  more_windows: `select id, lag(id, 1, 0) over (order by id) a, lag(status, 1, '?') over (order by id) b, nth_value(id, 2) over (order by id) c, ntile(2) over (order by id) d, percent_rank() over (order by id) e, cume_dist() over (order by id) f from orders`,
  window_of_groups: `select customer_id, sum(total) as s, sum(sum(total)) over (order by customer_id) as run from orders group by customer_id`,
  rows_among: `select id from orders where (id, customer_id) in (select order_id, pos from items)`,
  rows_compared: `select id from orders where (customer_id, id) > (1, 1) and (customer_id, id) <= (2, 3) or (id, at) = (4, 1700300000) or (customer_id, id) is not (1, 2)`,
  row_of_select: `select id from orders where (id, customer_id) = (select order_id, pos from items order by order_id)`,
  brackets: `select * from (customers)`,
  brackets_named: `select x.name from ((customers)) as x left join (orders) o on o.customer_id = x.id`,
  joined_named: `select j.name, j.total from (customers c join orders o on o.customer_id = c.id) as j`,
  recursive: `with recursive n(i) as (select 1 union all select i + 1 from n where i < 5) select i from n`,
  recursive_rows: `with recursive up(id, name, depth) as (select id, name, 0 from customers where id = 1 union all select c.id, up.name || '/' || c.name, depth + 1 from up join customers c on c.id = up.id + 1) select * from up`,
  recursive_set: `with n(i) as (select id from customers union select (i * 7) % 11 from n) select i from n`,
  later_table: `with a as (select n + 1 as m from b), b as (select count(*) as n from orders) select m from a`,
  materialized: `with a as materialized (select id from customers), b as not materialized (select id from orders) select a.id from a join b using (id)`,
  right_using: `select id, name, total from (select id, name from customers where id < 3) right join (select id, total from orders) using (id)`,
  full_natural: `select * from (select id, name from customers where id > 1) natural full join (select id, total from orders where id < 4)`,
  compound_order: `select city from customers union all select status from orders order by 1 collate nocase limit 3`,
  bits: `select id << 3 | 1 as a, id >> 1 as b, ~id & 5 as c, 1 << 40 as d from customers`,
  wide_numbers: `select 2000000 * 2000000 as a, 3000000 * at as b from orders`,
  casts: `select cast(name as integer) a, cast('  -12abc' as integer) b, cast('99999999999999999999' as integer) c, cast(' 1.5e1x' as real) d, cast(vip as text) e, cast(note as real) f from customers left join items on order_id = id`,
  index_hint: `select id from customers not indexed where id > 1`,
  distinct_from: `select id from customers where city is not distinct from null or city is distinct from 'Rome'`,
  lasting: `select id from orders where placed < date('now') and placed > date('now', '-100 years', 'start of month')`,
  the_clock: `select date('now') as d, date('now', '+1 month') as m, strftime('%Y', 'now') as y, unixepoch() - unixepoch('now') as zero, current_date as c from orders`,
  since_moment: `select name from customers where created < datetime('now', '-7 days') and created < current_timestamp`,
  months: `select date(placed, '+1 month') a, date(created, '-1 year', '+3 months') b, date(placed, 'weekday 1') c, datetime('2024-01-31', '+1 month') d, date('2024-02-29', '+1 year') e from orders join customers on customers.id = orders.id`,
  folded_distinct: `select distinct status from orders`,
  folded_groups: `select status, count(*) as n from orders group by status`,
  folded_counts: `select count(distinct status) as n, min(status) as a, max(status) as z from orders`,
  folded_among: `select id from orders where status in (select upper(status) from orders where total > 6)`,
  halves: `select price / 2 as half, at % 7.5 as rest from orders`,
  extreme_row: `select name, max(total) as m from orders join customers on customers.id = customer_id group by customer_id`,
  smallest_row: `select customer_id, status, min(total) as m, count(*) as n from orders group by customer_id`,
  cut_from_the_end: `select substr(name, -2) a, substr(name, -9, 8) b, substr(name, 2, -1) c, substr(name, id - 2, 2) d, substr(name, 0, 2) e from customers`,
  formatted: `select printf('%05d|%-4s|%.2f%%', id, city, id / 8.0) a, format('%,d', id * 1000) b from customers`,
  spelled_out: `select hex(name) a, quote(name) b, unicode(name) c, char(65, 233) d, typeof('a') e from customers`,
  numbers_as_texts: `select id from customers where id like '1%' or city = 3 or name > 5`,
  texts_as_numbers: `select '7x' + id as a, note * 2 as b, -city as c, sum(note) as d from customers left join items on order_id = id group by id, note, city`,
  compared_apart: `select id from orders where at > '5' and id < placed and '1' <> 1 and (strftime('%m', placed) = 1) is false`,
  whole_days: `select id from customers where created <= '2024-02-05' or created > '2024-02-29'`,
  since_day: `select name from customers where created < date('now', '-30 days') and created < datetime('now')`,
  weeks: `select strftime('%Y-W%W', placed) a, strftime('%s %w %u', created) b from orders join customers on customers.id = orders.id`,
  places: `select round(total, 1) a, round(id / 8.0, 2) b, round(-2.5) c from orders`,
  places_of_binary: `select round(x * 100) / 100 as a, round(x) as b, printf('%.2f', x * 1e14) as c from (select 1.005 as x union all select -2.5 union all select -0.5)`,
  quarters: `select (strftime('%m', placed) + 2) / 3 as q, substr('JanFebMar', 1 + 3 * (strftime('%m', placed) - 1), 3) as month, '-' || strftime('%Y', placed) % 100 as y from orders`,
  listed: `select key, value from json_each('[1, null, 7]') union all select id, id from customers where id in (select value from json_each('[1, 2]'))`,
  rounded_text: `select 'x' || round(total, 1) as t from orders`,
  with_separators: `select concat_ws('-', name, city, id) as a from customers`,
  powers: `select pow(id, 2) a, round(atan2(id, 2), 6) b from customers`,
  texts_of_extremes: `select max(name, city) a, min('b', name) b from customers`,
  documents: `select json_object('id', id, 'name', name, 'vip', vip) a, json_array(id, null, 'x') b, json_array_length('[1, 2]') c from customers`,
  lists: `select city, json_group_array(id) as ids, group_concat(name, '; ') as names from customers group by city`,
  spelled: `select substr(created, 1, 7) as month, created || '!' as t, count(*) as n from customers where created > '2024-01' group by substr(created, 1, 7)`,
  other_spelling: `select name from customers, orders where date(created) >= placed and created <> '2024-03-01'`,
  numbers: `select ceil(total) a, floor(total) b, round(sqrt(abs(total)), 3) c, sqrt(-total) d, sign(total) e, cast(total as decimal) f, cast(vip as boolean) g from orders left join customers using (id)`,
  qualified: `with orders as (select id from main.orders where id > 1) select count(*) as n from orders`,
  calculated_limit: `select id from orders order by id limit 1 + 1 offset 2 - 1`,
  collated_part: `select id, 'ann' = (name || '' collate nocase) as a, name = coalesce('BOB' collate nocase, '') as b from customers where upper(name collate nocase) = 'émile' or id < 3`,
  constants: `select 1 as one, 'a' as a, null as none, x'00ff' as bytes`,
}

/** Those that are not, with what the finding says. */
const refused: Readonly<Record<string, readonly [string, RegExp]>> = {
  recursive_limit: [
    `with recursive n(i) as (select 1 union all select i + 1 from n limit 5) select i from n`,
    /a LIMIT in a recursive common table/,
  ],
  table_function: [`select value from json_each('[1,"a"]')`, /values extracted from JSON/],
  real_as_text: [`select 'x' || total as t from orders`, /a value of type double as text/],
  range_of_texts: [
    `select count(*) over (order by name range between 1 preceding and current row) n from customers`,
    /a range of values other than numbers/,
  ],
  json: [`select json_extract('{"a":1}', '$.a') as j from customers`, /JSON/],
  broken: [`select * from gone`, /SQLite cannot run it either/],
  on_broken: [`select * from broken`, /SQLite cannot run it either/],
  part_whole_division: [`select sum(price) / 2 as half from orders`, /integers in SQLite in some rows/],
  folded_union: [
    `select status from orders union select name from customers`,
    /equal under the collation NOCASE/,
  ],
  extreme_rows: [
    `select name, max(total), min(total) from orders join customers on customers.id = customer_id group by customer_id`,
    /several minimums/,
  ],
  calculates_mixed: [`select mixed + 1 from orders`, /several kinds/],
  local: [`select id from orders where placed < date('now', 'localtime')`, /shifted by "localtime"/],
}

const shop = (sql: string) => ({ name: 'shop.db', sql })

function move({ file, url, workFolder }: Scene, views = true) {
  return runForTest({
    sources: [file],
    url,
    workFolder,
    options: { views },
    request: { verifyLevel: 'full' },
  })
}

const quoted = (name: string) => `"${name.replaceAll('"', '""')}"`
const createAll = (views: Readonly<Record<string, string>>) =>
  Object.entries(views)
    .map(([name, select]) => `create view ${quoted(name)} as ${select};`)
    .join('\n')

forEachServerNightly((server) => {
  it('views are created with the rows that SQLite gives, or a finding says why not', async () => {
    const broken = Object.fromEntries(Object.entries(refused).map(([name, [select]]) => [name, select]))
    await inScene(
      server.url,
      shop(`${tables}${createAll(translated)}${createAll(broken)}`),
      async (scene) => {
        const before = await dumpTarget(scene.connection.address)
        const { report } = await move(scene)
        expect(report?.status).toBe('ok')
        const views = report!.findings.filter(({ code }) => code.startsWith('view-'))
        const said = new Map(views.map(({ table, message }) => [table, message]))
        for (const [name, [, reason]] of Object.entries(refused)) expect(said.get(name), name).toMatch(reason)
        expect([...said.keys()].filter((name) => !Object.hasOwn(refused, name!))).toEqual(['distinct_texts'])
        expect(said.get('distinct_texts')).toContain('another order than SQLite')
        const { rows } = await scene.connection.query<{ name: string }>(
          `select viewname as name from pg_views where schemaname = 'public'`,
        )
        expect(rows.map(({ name }) => name).toSorted()).toEqual(Object.keys(translated).toSorted())
        const checks = report!.verify.checks.filter(({ name }) => name.startsWith('view '))
        expect(checks.filter(({ ok }) => ok)).toHaveLength(Object.keys(translated).length)

        await rollBackRun(scene.connection, report!.run)
        expect(await dumpTarget(scene.connection.address)).toEqual(before)
      },
    )
  })

  it('a view with other rows than SQLite gives is not left there, and neither is one that the server refuses', async () => {
    await inScene(server.url, shop(tables), async (scene) => {
      const { report } = await move(scene)
      const record = await readRun(scene.connection, report!.run)
      const wrong = (view: string, query: string) => ({
        schema: 'public',
        view,
        database: 'shop.db',
        source: 'customers',
        columns: [
          {
            name: 'n',
            source: 'name',
            comparison: { kind: 'values', conversion: { kind: 'text', maxCharacters: null } } as const,
          },
        ],
        query,
        tables: ['shop.db/customers'],
      })
      const views = [
        wrong('fewer', 'select name from public.customers where id < 4'),
        wrong('others', 'select upper(name) from public.customers'),
        wrong('refused', 'select nothing from public.customers'),
        wrong('wide', `select ${'name, '.repeat(1700)} name from public.customers`),
        wrong('right', 'select name from public.customers'),
      ]
      const plan = { ...record!.plan, schema: { ...record!.plan.schema, views } }
      const { run } = report!
      const messages: (string | undefined)[] = []
      const comparing = new ViewComparing()
      for (const [number, view] of views.entries()) {
        const statement = {
          sql: `create view public.${view.view} (n) as ${view.query}`,
          object: { kind: 'view', schema: 'public', name: view.view },
          table: null,
        } as const
        const finding = await createView(scene.connection, {
          snapshots: record!.snapshots,
          orphans: [],
          run,
          plan,
          statement,
          number: 1000 + number,
          comparing,
        })
        messages.push(finding?.message)
      }
      await comparing.end()
      expect(messages).toEqual([
        expect.stringContaining('it has 3 rows, and 4 in SQLite'),
        expect.stringContaining('its rows are not those that SQLite returns'),
        expect.stringContaining('column "nothing" does not exist'),
        expect.stringContaining('target lists can have at most 1664 entries'),
        undefined,
      ])
      const { rows } = await scene.connection.query(
        `select viewname from pg_views where schemaname = 'public'`,
      )
      expect(rows).toEqual([{ viewname: 'right' }])

      const check = () => checkViews(scene.connection, { run, plan })
      expect(await check()).toMatchObject([{ name: 'view public.right', ok: true }])
      await scene.connection.execute(
        'create or replace view public.right (n) as select city from public.customers',
      )
      expect(await check()).toMatchObject([{ ok: false, detail: 'It is not the planned one.' }])
      await scene.connection.execute('drop view public.right')
      expect(await check()).toMatchObject([{ ok: false, detail: 'The view is missing.' }])
    })
  })

  it('views of tables with rows in quarantine are created and said not to be compared', async () => {
    const sql = `create table t (id integer primary key, name text); insert into t values (1, 'a'), (2, 'b' || char(0));
      create view v as select name from t;`
    await inScene(server.url, shop(sql), async (scene) => {
      const { report } = await move(scene)
      expect(report?.exitCode).toBe(8)
      expect(report!.findings.map(({ code }) => code)).toContain('view-not-compared')
    })
  })

  it('a view goes to the schema of its own database, also one that reads no table, or is refused', async () => {
    const first = 'create table t (id integer primary key); create view one as select 1 as x;'
    await inScene(server.url, shop(first), async (scene) => {
      const files = ['second.db', 'third.db'].map((name) => join(dirname(scene.file), name))
      for (const [index, sql] of [
        'create table u (id integer primary key); create view one as select 2 as x; create view of_u as select id from u;',
        'create view alone as select 3 as x;',
      ].entries()) {
        const db = openWritable(files[index]!)
        db.exec(sql)
        db.close()
      }
      const { report } = await runForTest({
        sources: [scene.file, ...files],
        url: scene.url,
        workFolder: scene.workFolder,
        options: { views: true },
        request: { verifyLevel: 'full' },
      })
      const { rows } = await scene.connection.query<{ name: string }>(
        `select schemaname || '.' || viewname as name from pg_views where schemaname in ('shop', 'second', 'third', 'public') order by 1`,
      )
      expect(rows.map(({ name }) => name)).toEqual(['second.of_u', 'second.one', 'shop.one'])
      expect(report!.findings.filter(({ code }) => code.startsWith('view-'))).toMatchObject([
        { code: 'view-not-translated', table: 'alone' },
      ])
    })
  })

  it('without --views they are listed, each with its SQL', async () => {
    await inScene(server.url, shop(`${tables}create view v as select 1;`), async (scene) => {
      const { report } = await move(scene, false)
      const [finding] = report!.findings.filter(({ code }) => code === 'view-not-moved')
      expect(finding).toMatchObject({ table: 'v', samples: [{ value: 'CREATE VIEW v as select 1' }] })
      expect(finding!.hint).toContain('--views')
    })
  })
})
