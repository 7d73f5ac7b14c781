/**
 * The differences between the two dialects that statements run into: the one list from which reasons are named and the guide's table
 * is made. Invariant: each has an example that a test carries out on both sides.
 */

export type Difference = {
  /** Stable. */
  readonly code: string
  readonly what: string
  /** Carried out as it is on both sides. */
  readonly example: string
  readonly sqlite: string
  /** What PostgreSQL answers, or `error` and its SQLSTATE. */
  readonly postgres: string
  readonly instead: string
  /** Silent: other rows without an error. */
  readonly isSilent: boolean
  /** The answer is that of a database whose order of text is a language's. */
  readonly needsLanguageOrder?: true
}

const silent = (
  code: string,
  what: string,
  [example, sqlite, postgres]: readonly [string, string, string],
  instead: string,
): Difference => ({ code, what, example, sqlite, postgres, instead, isSilent: true })

const loud = (
  code: string,
  what: string,
  [example, sqlite, sqlstate]: readonly [string, string, string],
  instead: string,
): Difference => ({ code, what, example, sqlite, postgres: `error ${sqlstate}`, instead, isSilent: false })

export const differences = [
  {
    ...silent(
      'text-order',
      'ORDER BY, <, > and BETWEEN of text follow the database’s language, not the bytes',
      ["select 'a' < 'B'", '0', 't'],
      'column collate "C"',
    ),
    needsLanguageOrder: true,
  },
  silent(
    'like-case',
    'LIKE tells upper from lower case',
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
  ),
  silent(
    'half-even',
    'round() of a double rounds halves to the even number',
    ['select round(cast(2.5 as double precision))', '3', '2'],
    'round(x::numeric)',
  ),
  silent(
    'negative-substr',
    'a negative start of substr() does not count from the end',
    ["select substr('abcdef', -2)", 'ef', 'abcdef'],
    'right(text, 2)',
  ),
  silent(
    'whole-division',
    'a whole number in a NUMERIC column divides exactly',
    ['select cast(5 as numeric) / 2 > 2', '0', 't'],
    'div(x, y), or trunc(x / y)',
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
  ),
  silent(
    'hex-literal',
    "x'…' is a string of bits, not of bytes",
    ["select x'41'", 'A', '01000001'],
    "'\\x41'::bytea",
  ),
  loud(
    'glob',
    'there is no GLOB',
    ["select 'abc' glob 'a*'", '1', '42601'],
    "text like 'a%', or a regular expression: text ~ '^a'",
  ),
  loud(
    'nocase',
    'there is no collation NOCASE',
    ["select 'A' = 'a' collate nocase", '1', '42704'],
    'lower(a) = lower(b), or the type citext',
  ),
  loud(
    'double-quoted-text',
    'double quotes are for names only',
    ['select "text"', 'text', '42703'],
    "'text'",
  ),
  loud(
    'other-quotes',
    'there are no names in brackets or backticks',
    ['select 1 as [x]', '1', '42601'],
    '"x"',
  ),
  loud(
    'bare-column',
    'a column beside GROUP BY must be grouped or gathered',
    ['select y, count(*) from (select 1 as x, 2 as y) as t group by x', '2|1', '42803'],
    'min(y), (array_agg(y))[1], or GROUP BY x, y',
  ),
  loud(
    'negative-limit',
    'LIMIT takes no negative number',
    ['select 1 limit -1', '1', '2201W'],
    'leave LIMIT out, or LIMIT NULL',
  ),
  loud('limit-comma', 'LIMIT takes no comma', ['select 1 limit 0, 1', '1', '42601'], 'limit 1 offset 0'),
  loud(
    'boolean-number',
    'a truth is no number',
    ['select 1 where true = 1', '1', '42883'],
    'where active, or active = true',
  ),
  loud('number-as-truth', 'a number is no condition', ['select 1 where 1', '1', '42804'], 'where x <> 0'),
  loud(
    'division-by-zero',
    'a division by zero is an error',
    ['select 1 / 0', 'NULL', '22012'],
    'x / nullif(y, 0)',
  ),
  loud(
    'cast-text',
    'CAST takes no text that is only half a number',
    ["select cast('12abc' as integer)", '12', '22P02'],
    "substring(text from '^\\d+')::bigint",
  ),
  loud(
    'round-places',
    'round() of a double takes no number of places',
    ['select round(cast(2.567 as double precision), 2)', '2.57', '42883'],
    'round(x::numeric, 2)',
  ),
  loud('instr', 'there is no instr()', ["select instr('abc', 'b')", '2', '42883'], 'strpos(text, part)'),
  loud(
    'own-collation',
    'there are no collations BINARY and RTRIM',
    ["select 'a' = 'a ' collate rtrim", '1', '42704'],
    'collate "C"; rtrim(text)',
  ),
  loud(
    'own-type',
    'there are no types BLOB, DATETIME, DOUBLE …',
    ["select cast('a' as blob)", 'a', '42704'],
    'bytea, timestamp, double precision',
  ),
  loud(
    'out-of-domain',
    'a root or a logarithm that does not exist is an error',
    ['select sqrt(-1)', 'NULL', '2201F'],
    'case when x >= 0 then sqrt(x) end',
  ),
  loud(
    'recursive-part',
    'a recursive query takes no LIMIT and no ORDER BY within it',
    [
      'with recursive c(x) as (select 1 union all select x + 1 from c limit 2) select max(x) from c',
      '2',
      '0A000',
    ],
    'LIMIT in the query that reads it',
  ),
  loud('not-null', 'there is no x NOT NULL', ['select 1 where 1 not null', '1', '42601'], 'x is not null'),
  loud(
    'index-hint',
    'there is no INDEXED BY and no NOT INDEXED',
    ['select 1 from sqlite_master not indexed limit 0', '', '42601'],
    'leave it out',
  ),
  loud(
    'changes',
    'there is no changes()',
    ['select changes()', '0', '42883'],
    'the number of rows that the driver returns',
  ),
  loud('typeof', 'there is no typeof()', ['select typeof(1)', 'integer', '42883'], 'pg_typeof(x)'),
  loud(
    'last-insert-rowid',
    'there is no last_insert_rowid()',
    ['select last_insert_rowid()', '0', '42883'],
    'insert … returning id',
  ),
  loud(
    'json-function',
    'the JSON functions have other names',
    ["select json_extract('{\"a\": 1}', '$.a')", '1', '42883'],
    "(column::jsonb)->>'a', jsonb_path_query, jsonb_array_elements",
  ),
  loud(
    'number-concatenation',
    '|| joins texts only',
    ['select 1 || 2', '12', '42883'],
    'x::text || y::text, or concat(x, y)',
  ),
  loud(
    'group-concat',
    'there is no group_concat()',
    ["select group_concat(x) from (select 'a' as x) as t", 'a', '42883'],
    "string_agg(x::text, ',' order by …)",
  ),
  loud(
    'total',
    'there is no total()',
    ['select total(x) from (select 1 as x) as t', '1', '42883'],
    'coalesce(sum(x), 0)',
  ),
  loud(
    'scalar-extremes',
    'min() and max() of several values are least() and greatest(), which pass over NULLs',
    ['select max(1, 2)', '2', '42883'],
    'greatest(x, y)',
  ),
  loud(
    'time-function',
    'the time functions and their modifiers have other names',
    ["select strftime('%Y', '2024-01-02')", '2024', '42883'],
    "to_char(t, 'YYYY'), t + interval '1 day', date_trunc('month', t)",
  ),
  loud('ifnull', 'there is no ifnull()', ['select ifnull(null, 1)', '1', '42883'], 'coalesce(x, y)'),
  loud(
    'iif',
    'there is no iif()',
    ['select iif(1 = 1, 2, 3)', '2', '42883'],
    'case when … then … else … end',
  ),
  loud(
    'printf',
    'there is no printf()',
    ["select printf('%d', 1)", '1', '42883'],
    "format('%s', x), to_char(x, 'FM990.00')",
  ),
  loud(
    'own-function',
    'SQLite’s function of that name is not there',
    ["select hex('a')", '61', '42883'],
    "encode(x, 'hex'), ascii(x), chr(x), quote_literal(x)",
  ),
  loud('double-equals', 'there is no ==', ['select 1 where 1 == 1', '1', '42883'], '='),
  loud(
    'is-value',
    'IS compares with NULL, TRUE and FALSE only',
    ['select 1 where 1 is 1', '1', '42601'],
    'is not distinct from',
  ),
  loud(
    'empty-list',
    'IN takes no empty list',
    ['select 1 where 1 not in ()', '1', '42601'],
    '= any(array[]::bigint[])',
  ),
  loud(
    'mixed-types',
    'columns of different types are not compared or joined together',
    ["select 1 union select 'a' order by 1", '1|a', '22P02'],
    'cast one of them',
  ),
  loud(
    'text-arithmetic',
    'a text that is no number does not count as zero',
    ["select 'abc' + 1", '1', '22P02'],
    'cast what is a number, and only that',
  ),
  loud(
    'alias-in-where',
    'a result’s name is not known in WHERE and HAVING',
    ['select x + 1 as y from (select 1 as x) as t where y > 1', '2', '42703'],
    'repeat the expression, or a subquery',
  ),
  loud(
    'integer-overflow',
    'a result beyond 64 bits is an error',
    ['select 9223372036854775807 + 1 > 0', '1', '22003'],
    'x::numeric',
  ),
  loud(
    'regexp',
    'there is no REGEXP and no MATCH',
    ["select 'a' where 'a' regexp 'a'", 'error', '42601'],
    "text ~ 'pattern'; to_tsvector(text) @@ plainto_tsquery('words')",
  ),
  loud(
    'distinct-order',
    'DISTINCT rows are ordered by what is selected only',
    ['select distinct x from (select 1 as x, 2 as y) as t order by y', '1', '42P10'],
    'select y, too, or GROUP BY x ORDER BY min(y)',
  ),
  loud(
    'main-schema',
    'there is no schema main',
    ['select 1 from main.sqlite_master limit 0', '', '42P01'],
    'the table’s own schema',
  ),
  loud(
    'catalog',
    'the catalog has other names',
    ['select count(*) * 0 from sqlite_master', '0', '42P01'],
    'information_schema.tables, pg_catalog',
  ),
] as const satisfies readonly Difference[]

/** Those that no statement shows without a table. */
export const differencesOfTables = [
  {
    code: 'day-and-moment',
    what: 'a day that is compared with a time is its midnight; as texts, the day comes before it',
    instead: "at < '2024-02-06', not at <= '2024-02-05'",
    isSilent: true,
  },
  {
    code: 'reserved-name',
    what: 'user, end, offset … are no names without quotes; user alone is the role’s name',
    instead: '"user"',
    isSilent: true,
  },
  {
    code: 'foreign-keys',
    what: 'foreign keys are always enforced; in SQLite after PRAGMA foreign_keys = ON only',
    instead: 'delete or change first what refers to the row, or a key with ON DELETE',
  },
  {
    code: 'trigger',
    what: 'the source’s triggers do not run',
    instead: 'a trigger of PostgreSQL’s, or the statement that it carries out',
  },
  {
    code: 'null-key',
    what: 'NULL in a key is refused; it does not take the next number',
    instead: 'leave the column out, or DEFAULT',
  },
  {
    code: 'ambiguous-name',
    what: 'a column that two tables have needs its table’s name, in ON CONFLICT DO UPDATE, too',
    instead: 'table.column',
  },
  {
    code: 'unnamed-subquery',
    what: 'a subquery in FROM needs a name before PostgreSQL 16',
    instead: 'from (select …) as t',
  },
  {
    code: 'column-name',
    what: 'a result’s name without quotes comes in lower case',
    instead: 'as "totalCount"',
  },
  {
    code: 'boolean-parameter',
    what: 'a parameter beside a truth is no number for drivers that send types',
    instead: 'true and false from the program',
  },
  { code: 'rowid', what: 'there is no rowid', instead: 'the primary key' },
  {
    code: 'insert-or',
    what: 'there is no INSERT OR IGNORE, OR REPLACE …',
    instead: 'insert … on conflict do nothing; on conflict (key) do update set …',
  },
  {
    code: 'replace-into',
    what: 'there is no REPLACE INTO',
    instead: 'insert … on conflict (key) do update set …',
  },
  {
    code: 'update-or',
    what: 'there is no UPDATE OR …',
    instead: 'update …, and a savepoint where it may fail',
  },
  {
    code: 'respelled',
    what: 'the column holds the mapping’s spelling of the value',
    instead: 'the spelling that the target holds',
    isSilent: true,
  },
  {
    code: 'renamed',
    what: 'the table or a column of it has another name',
    instead: 'the name in the target',
  },
  { code: 'pragma', what: 'there is no PRAGMA', instead: 'the server’s settings; see the list below' },
] as const

export type KnownDifference = Pick<Difference, 'code' | 'what' | 'instead'> & { readonly isSilent?: boolean }

export const differenceOf = (code: string): KnownDifference | undefined =>
  [...differences, ...differencesOfTables].find((one) => one.code === code)
