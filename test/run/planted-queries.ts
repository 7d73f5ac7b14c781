/** Statements that mean something else in PostgreSQL, by kind, and such as mean the same; the rows of today show few of them. */

export const plantedTables = `
  create table users (id integer primary key, name text not null, email text unique, nick text collate nocase, city text,
    active boolean not null default 1, score real, created datetime not null);
  create table trades (id integer primary key, user_id integer references users (id), symbol text not null, side text not null,
    price numeric(12,4), qty integer not null, fee real not null, at timestamp not null, note text, tags json);
  create table codes (code text primary key, label text not null, rank integer not null) without rowid;
  create table settings (name text primary key, value) without rowid;
  create table marks (user_id integer not null, at timestamp not null, amount real, kind text, hits integer, unique (user_id, at));
  create table accounts (id integer primary key, mail text, kind text not null, balance decimal(10,2), rating real, deleted integer not null default 0,
    tag text generated always as (lower(kind) || '-' || id) virtual);
  create unique index accounts_mail on accounts (mail) where deleted = 0;
  create unique index accounts_kind on accounts (lower(kind), id);
  create index trades_at on trades (at);
  insert into users values
    (1, 'ann', 'ann@x.org', 'Ann', 'paris', 1, 1.25, '2024-01-05 10:00:00'), (2, 'bob', null, 'bob', 'rome', 0, null, '2024-01-06 11:30:00'),
    (3, 'cyd', 'cyd@x.org', 'CYD', null, 1, 3.75, '2024-02-01 00:00:00'), (4, 'dan', 'dan@x.org', 'dan', 'rome', 1, 4.0, '2024-02-02 23:59:59');
  insert into trades values
    (1, 1, 'btc', 'buy', 10.5, 2, 0.1, '2024-03-01 10:00:00', 'first', '{"a": 1, "b": ["x", "y"]}'), (2, 1, 'eth', 'sell', 20, 3, 0.2, '2024-03-02 11:00:00', null, '{"a": 2}'),
    (3, 2, 'btc', 'buy', 7.25, 4, 0.3, '2024-03-02 12:00:00', 'x', null), (4, 3, 'sol', 'buy', 99.5, 1, 0.4, '2024-03-03 13:00:00', 'ok', '{"a": 3}'),
    (5, 4, 'btc', 'sell', 11, 5, 0.5, '2024-04-01 09:00:00', 'ok', '[]'), (6, 4, 'eth', 'buy', 21.125, 6, 0.6, '2024-04-02 08:30:00', null, null);
  insert into marks values (1, '2024-03-01 10:00:00', 1.5, 'x', 1), (1, '2024-03-02 10:00:00', 2.5, 'y', 2), (2, '2024-03-01 10:00:00', 3.5, null, 3);
  insert into settings values ('limit', 10), ('title', 'ten');
  insert into accounts (id, mail, kind, balance, rating) values (1, 'a@x.org', 'own', 10.25, 1), (2, 'b@x.org', 'own', 98, 2.25), (3, null, 'joint', 0, 4.125);
  insert into codes values ('a1', 'alpha', 1), ('b2', 'beta', 2), ('c3', 'gamma', 3);`

/** Five of each; `order` kinds need a database whose text has a language's order. */
export const planted: Readonly<Record<string, readonly string[]>> = {
  'case of LIKE': [
    "select id from users where name like 'a%'",
    'select id from users where name like ?',
    "select count(*) from trades where symbol like 'BTC'",
    "select id from users where city not like '%ome'",
    "select label from codes where label like '%a' order by rank",
  ],
  'order of NULLs': [
    'select id from users order by city limit 2',
    'select id, score from users order by score',
    'select id from trades order by price desc limit 3',
    'select city from users order by city desc',
    'select id from trades order by note, id limit 4',
    'select id from users where not score = 3.75 or city is null order by score desc',
  ],
  'NULLs of groups and of outer joins': [
    'select kind, sum(amount) as total from marks group by kind order by total desc',
    'select user_id, max(amount) from marks group by user_id order by 2, 1',
    'select u.id from users u left join marks m on m.user_id = u.id and m.amount > 100 order by m.user_id, u.id',
    'select u.id, (select min(amount) from marks where user_id = u.id) as least from users u order by least desc, u.id limit 2',
  ],
  'values that few rows have': [
    'select distinct upper(kind) from marks',
    'select nick from users intersect select kind from marks',
    'select hits >> 70 from marks',
    'select cast(hits as real) / 3 from marks',
  ],
  'what the rows of one try show by chance only': [
    'select name from users order by name limit 2',
    'select email from users order by email desc limit 1 offset 1',
    'select sum(qty) / count(*) from trades',
    "select id, tags -> '$.b' from trades",
    'select a.id, b.id from users a join users b on a.nick = b.name',
    'select u.id from users u join trades t on u.name || t.id = u.nick',
    "select fee || '' from trades",
  ],
  'of a table that allows a value once': [
    'select cast(rating * 2 as int) from accounts',
    'select id from accounts where balance / 2 > 5',
    'select sum(balance) / count(*) from accounts',
    'select sum(balance) / count(rating) from accounts where kind = ?',
    'select sum(balance) / count(rating) from accounts',
    "select id from accounts where mail || '' like ?",
    "select id from accounts where date('2024-01-31', '+' || id || ' days') > ?",
  ],
  'texts and numbers in one column': ["select name from settings where value = '12'"],
  'ties that LIMIT cuts': [
    'select id from trades order by side limit 2',
    'select note from trades order by qty > 3 limit 1 offset 1',
    'select id from trades limit 3',
  ],
  CAST: [
    'select cast(score as integer) from users',
    'select id from trades where cast(price as integer) = 99',
    'select cast(note as integer) from trades where note is not null',
    'select cast(fee * 10 as integer) from trades',
    'select sum(cast(score as int)) from users',
  ],
  rounding: [
    'select round(score) from users',
    'select round(fee) from trades where id = 5',
    'select round(score, 1) from users',
    'select round(sum(fee) / 2, 2) from trades',
    'select id from users where round(score) = 4',
    'select symbol, round(avg(qty), 1) from trades group by symbol',
    'select round(balance, 1) from accounts',
  ],
  substr: [
    'select substr(name, -2) from users',
    "select id from users where substr(email, -4) = '.org'",
    'select substr(symbol, -1, 1) from trades',
    'select substr(label, -3) from codes',
    'select substr(name, 0, 2) || substr(name, -1) from users',
  ],
  booleans: [
    'select id from users where active = 1',
    'select count(*) from users where active = 0',
    'select sum(active) from users',
    'select id from users where active + 1 = 2',
    'select case when active = 1 then name else null end from users',
  ],
  'GROUP BY': [
    'select symbol, side, count(*) from trades group by symbol',
    'select user_id, max(price), at from trades group by user_id',
    'select name, city, count(*) from users group by city',
    'select symbol, note from trades group by symbol having count(*) > 1',
    'select symbol, count(*) as n from trades group by symbol having n > 1',
  ],
  quotes: [
    'select id from users where name = "ann"',
    'select [name] from users where id = 1',
    'select `name` from users',
    'select id from trades where side in ("buy", "sell")',
    'select "no such column" from users',
  ],
  'order of text': [
    'select name from users order by name',
    "select id from users where name < 'c'",
    'select symbol from trades where symbol >= ? order by id',
    "select code from codes where code between 'a' and 'c'",
    'select max(label) from codes',
  ],
  'order of what a list finds': [
    'select id, name from users where id in (?, ?) order by 2',
    'select id, name as n from users where id in (?, ?, ?) order by n',
    'select id from users where name in (?) order by name',
    'select id from users where id in (?) order by name || id',
    'select id from users where id = ? or id = ? or id = ? order by name',
    'select id, city from users where id in (?) order by 2',
  ],
  types: [
    'select id from users where name = 5',
    "select id from users where id = 'x'",
    'select symbol || qty || price from trades',
    'select length(id) from users',
    "select 1 where 5 = '5' and exists (select 1 from users)",
    "select value from settings where name = 'limit'",
  ],
  division: [
    'select qty / (id - 1) from trades',
    'select price / qty from trades where id = 5',
    'select price / 2 from trades',
    'select 100 / (qty - 3) from trades',
    'select id from trades where price / 2 = 5',
  ],
  functions: [
    'select ifnull(city, name) from users',
    'select max(qty, 3) from trades',
    'select group_concat(symbol) from trades',
    "select strftime('%Y-%m', at) from trades",
    "select id from trades where at > datetime('now', '-7 days')",
  ],
  'limits and names': [
    'select id from users order by id limit -1',
    'select id from users order by id limit 1, 2',
    'select rowid, name from users',
    "select id from users where name glob 'a*'",
    "select id from users where city = 'ROME' collate nocase",
  ],
  'collation of a column': [
    "select id from users where nick = 'ann'",
    'select nick from users order by nick',
    'select count(distinct nick) from users',
    'select nick, count(*) from users group by nick',
    "select id from users where nick in ('BOB', 'dan')",
  ],
}

/** Of statements that write. */
export const plantedWrites: readonly string[] = [
  'update users set active = 1, score = score / 2 where active = 0',
  "update users set city = upper(city) where name like 'A%' or nick = 'BOB'",
  "update trades set note = substr(note, -2) || qty, price = price / 2 where symbol < 'c'",
  'update trades set qty = qty % 4, fee = round(fee, 1) where qty > 3 or note is null',
  "delete from trades where note like 'x%' or symbol in (select upper(symbol) from trades where qty > 9)",
  'delete from users where nick = ? and not active',
  'insert or replace into codes (code, label, rank) values (?, ?, 1)',
  "insert or ignore into codes select symbol, lower(side), qty from trades where note <> ''",
  'insert into codes values (?, ?, 3) on conflict (code) do update set label = excluded.label, rank = ifnull(codes.rank, 0) + 1 where codes.rank > 0',
  "insert into users (name, active, created) select symbol, qty > 3, datetime(at, '+1 day') from trades",
]

/** The program's own words for what PostgreSQL has under other names; each has a rewrite. */
export const rewritten: readonly string[] = [
  "select a.id, m.value from trades a, json_each(a.tags, '$.b') as m",
  'select id from trades where id in (select value from json_each(?))',
  'select symbol from trades where symbol not in (select value from json_each(\'["btc"]\'))',
  'select t.id from json_each(?) as m join trades t on t.id = m.value',
  "select name from users where name regexp '^[a-c]' or email not regexp ?",
  'select name from other.users where id > ?',
]

export const thatAreTheSame: readonly string[] = [
  'select * from users where id = ?',
  'select id, name from users where email = ?',
  'select count(*) from users',
  'select count(*), min(id), max(id) from trades',
  'select t.id, u.name from trades t join users u on u.id = t.user_id order by t.id',
  'select u.name, count(t.id) from users u left join trades t on t.user_id = u.id group by u.id, u.name',
  'select id from trades where at >= ? order by at',
  "select id from trades where at between '2024-03-01 00:00:00' and '2024-03-02 23:59:59'",
  'select sum(qty) from trades where symbol = ?',
  'select avg(fee) from trades',
  'select id from trades order by id desc limit 3',
  'select id from trades order by id limit ? offset ?',
  "select id from trades where side = 'buy' and symbol = 'btc'",
  "select id from trades where symbol in ('btc', 'eth') order by id",
  'select id, name from users where id in (?) order by id',
  'select id, symbol from trades where id in (?, ?, ?) order by 1 desc',
  'select id from users where city is null',
  'select id from users where city is not null and score > 1',
  'select distinct side from trades',
  'select coalesce(city, name) from users',
  'select upper(symbol) from trades where id = 1 and symbol = ?',
  'select id, qty * 2 from trades',
  'select id, fee + 1.5 from trades',
  "select case when qty > 3 then 'big' else 'small' end from trades",
  'select symbol, count(*), sum(qty) from trades group by symbol',
  'select symbol from trades group by symbol having count(*) > 1',
  'select id from users where id in (select user_id from trades where qty > 2)',
  'select id from users u where exists (select 1 from trades t where t.user_id = u.id)',
  'with t as (select user_id, sum(qty) as n from trades group by user_id) select * from t where n > 3',
  'select id, row_number() over (order by id) from trades',
  'select code, label, rank from codes where rank > 1 order by rank',
  'select created from users where id = 1',
  'select id from users order by created',
  "select id from users where created < '2024-02-01 00:00:00'",
  'select id, at from trades order by at desc, id limit 2',
  "select name from users where email = 'ann@x.org' or id = 2",
  'select abs(-qty) from trades',
  'select id from trades where qty % 2 = 0',
  'select id from trades where not (qty > 3)',
  'select qty / 2 from trades',
  "select replace(symbol, 'b', 'c') from trades",
  'select length(name) from users',
  'select id from users union select user_id from trades',
  'select label from codes where code = ?',
  'select id from users where active',
  'select tags from trades where id = ?',
  'select trim(name) from users where id < 3',
  'select null, 1, 2.5 from users',
  'select max(at) from trades',
  'select fee from trades where fee between ? and ?',
  'select price from trades where price > ? order by id',
  'select count(distinct symbol) from trades',
  "select coalesce(note, '') || '%' from trades",
  'select name from users where active is null',
  'with recursive days(n) as (select 1 union all select n + 1 from days) select n from days limit 7',
]
