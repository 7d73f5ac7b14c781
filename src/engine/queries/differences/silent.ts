/** Differences in the rows, without an error. */
import type { Difference, ShownDifference } from './difference.ts'

const silent = (
  code: string,
  what: string,
  [example, sqlite, postgres]: readonly [string, string, string],
  instead: string,
  signs: Pick<Difference, 'seen' | 'states'> = {},
): ShownDifference => ({ code, what, example, sqlite, postgres, instead, isSilent: true, ...signs })

export const silentDifferences = [
  silent(
    'text-order',
    'ORDER BY, <, > and BETWEEN of text follow the database’s collation, not the bytes',
    ["select 'a' < 'B'", '0', 't'],
    'column collate "C"',
  ),
  silent(
    'like-case',
    'LIKE is case-sensitive',
    ["select 'Apple' like 'a%'", '1', 'f'],
    "lower(column) like lower('a%'), or ILIKE",
  ),
  silent(
    'like-escape',
    'a backslash in a LIKE pattern escapes the character after it',
    ["select 'a\\b' like 'a\\b'", '1', 'f'],
    "like … escape ''",
  ),
  silent(
    'null-order',
    'NULLs come last when ascending, first when descending',
    ['select x from (select 1 as x union all select null) as t order by x limit 1', 'NULL', '1'],
    'order by x nulls first; order by x desc nulls last',
  ),
  silent(
    'cast-rounds',
    'CAST to integer rounds, where SQLite truncates',
    ['select cast(2.7 as integer)', '2', '3'],
    'trunc(x)::bigint',
    { seen: / CAST \(\w*INT/, states: ['42846'] },
  ),
  silent(
    'half-even',
    'round() of a double rounds halves to even',
    ['select round(cast(2.5 as double precision))', '3', '2'],
    'round(x::numeric)',
    { seen: / ROUND \([01] / },
  ),
  silent(
    'round-decimal',
    'round() of an average of integers, or of another exact number, rounds the decimal value; SQLite rounds the binary value',
    ['select round(2.65, 1)', '2.6', '2.7'],
    'round(x::numeric, 1), if the decimal value is meant',
  ),
  silent(
    'negative-substr',
    'a negative start of substr() does not count from the end',
    ["select substr('abcdef', -2)", 'ef', 'abcdef'],
    'right(text, 2)',
    { seen: / SUBSTR(?:ING)? \(/, states: ['22011'] },
  ),
  silent(
    'whole-division',
    'an integer in a NUMERIC column is divided exactly',
    ['select cast(5 as numeric) / 2 > 2', '0', 't'],
    'div(x, y), or trunc(x / y)',
    { seen: / [/%] / },
  ),
  silent(
    'text-number',
    'a text and a number are compared as numbers where the text is a constant',
    ["select 5 = '5'", '0', 't'],
    'compare values of one type',
  ),
  silent(
    'letters-beyond-ascii',
    'upper() and lower() change letters beyond ASCII',
    ["select upper('é')", 'é', 'É'],
    'upper(text collate "C")',
    { seen: / (?:UPPER|LOWER) \(/ },
  ),
  silent(
    'hex-literal',
    "x'…' is a bit string, not bytes",
    ["select x'41'", 'A', '01000001'],
    "'\\x41'::bytea",
    { seen: / x'' / },
  ),
  silent(
    'real-text',
    'a real number converted to text has no decimal point when it is whole, and other digits after the fifteenth',
    ["select '' || cast(10 as double precision)", '10.0', '10'],
    "to_char(x, 'FM999999990.0'), or the number itself",
  ),
  silent(
    'date-type',
    'date(x) has the type date: a text compared with it is read as a date, however it is written',
    ["select date('2024-01-02') = '2024-1-2'", '0', 't'],
    "to_char(x, 'YYYY-MM-DD')",
    { seen: / DATE \(1 / },
  ),
] as const satisfies readonly ShownDifference[]
