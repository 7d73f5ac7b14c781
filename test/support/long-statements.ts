/** Statements of any length, one kind each, on the tables of `longTables`. */

export const longTables = `
  create table orders (id integer primary key, symbol text not null, price real, qty integer,
    status text collate nocase, note text, created text);
  create table fills (id integer primary key, order_id integer references orders(id), price real, at text);
  insert into orders values (1, 'A', 1.5, 1, 'open', 'first', '2026-01-01 10:00:00'),
    (2, 'B', 2.5, 2, 'DONE', 'second', '2026-01-02 10:00:00'), (3, 'C', null, null, null, null, null);
  insert into fills values (1, 1, 1.5, '2026-01-01'), (2, 2, 2.5, '2026-01-02');`

const times = (count: number, part: (at: number) => string, between: string): string =>
  Array.from({ length: count }, (_, at) => part(at)).join(between)

const where = (condition: string): string => `select id from orders where ${condition} order by id`
const value = (expression: string): string => `select ${expression} from orders order by id`
const nested = (count: number, open: string, inner: string, close: string): string =>
  open.repeat(count) + inner + close.repeat(count)

/** `length`: the number of constants, conditions, operands … */
export const longStatements: Readonly<Record<string, (length: number) => string>> = {
  'a list of integers': (length) => where(`id in (${times(length, String, ', ')})`),
  'a list of texts': (length) => where(`symbol in (${times(length, (at) => `'S${at}'`, ', ')})`),
  'a list under NOCASE': (length) => where(`status in (${times(length, (at) => `'S${at}'`, ', ')})`),
  'a list of parameters': (length) => where(`id in (${times(length, () => '?', ', ')})`),
  'equal conditions': (length) => where(times(length, (at) => `id = ${at}`, ' or ')),
  'conditions of a call': (length) => where(times(length, (at) => `lower(symbol) = 's${at}'`, ' or ')),
  'conditions of a concatenation': (length) =>
    where(`note = ${times(length, (at) => `'${at}'`, ' || ')} || ?`),
  searches: (length) => where(times(length, (at) => `note like 's${at}%'`, ' or ')),
  'searches for parameters': (length) => where(times(length, () => 'note like ?', ' or ')),
  'rows of values': (length) =>
    `insert into fills (id, order_id, price) values ${times(length, (at) => `(${at}, 1, 1.5)`, ', ')}`,
  'branches of a CASE': (length) =>
    value(`case qty ${times(length, (at) => `when ${at} then 'v${at}'`, ' ')} else 'x' end`),
  'nested calls': (length) => value(nested(length, 'coalesce(', 'qty', ', 1)')),
  'nested comparisons': (length) => where(nested(length, '(', 'qty = 1', ') = 1')),
  parentheses: (length) => value(nested(length, '(', 'qty', ')')),
  'a concatenation': (length) => value(times(length, (at) => (at % 2 === 0 ? 'note' : `'a${at}'`), ' || ')),
  'a sum': (length) => value(times(length, () => 'qty', ' + ')),
  'a sum of aggregates': (length) =>
    `select symbol, ${times(length, () => 'sum(qty)', ' + ')} from orders group by symbol order by symbol`,
  'rounded means': (length) => `select ${times(length, () => 'round(avg(qty), 2)', ', ')} from orders`,
  windows: (length) => value(times(length, () => 'sum(qty) over (order by id)', ', ')),
  'a union': (length) => times(length, (at) => `select id from orders where id = ${at}`, ' union all '),
  'common tables': (length) =>
    `with ${times(length, (at) => `c${at} as (select id from orders limit 3)`, ', ')} select id from c0`,
  subqueries: (length) =>
    where(times(length, (at) => `id in (select order_id from fills where id = ${at})`, ' or ')),
  'terms of ORDER BY': (length) =>
    `select id from orders order by ${times(length, (at) => `qty + ${at}`, ', ')}`,
}
