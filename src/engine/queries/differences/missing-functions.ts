/** Functions of SQLite that PostgreSQL does not have, or has under other names. */
import { refused, type ShownDifference } from './difference.ts'

export const functionDifferences = [
  refused(
    'changes',
    'there is no changes()',
    ['select changes()', '0', '42883'],
    'the number of rows that the driver returns',
    { seen: / (?:TOTAL_)?CHANGES \(/ },
  ),
  refused('typeof', 'there is no typeof()', ['select typeof(1)', 'integer', '42883'], 'pg_typeof(x)', {
    seen: / TYPEOF \(/,
  }),
  refused(
    'last-insert-rowid',
    'there is no last_insert_rowid()',
    ['select last_insert_rowid()', '0', '42883'],
    'insert … returning id',
    { seen: / LAST_INSERT_ROWID \(/ },
  ),
  refused(
    'json-function',
    'the JSON functions have other names',
    ["select json_extract('{\"a\": 1}', '$.a')", '1', '42883'],
    "(column::jsonb)->>'a', jsonb_path_query, jsonb_array_elements",
    { seen: / (?:JSON\w* \(|->>? )/, states: ['42601'], message: / ->|\bjsonb?\b/ },
  ),
  refused(
    'group-concat',
    'there is no group_concat()',
    ["select group_concat(x) from (select 'a' as x) as t", 'a', '42883'],
    "string_agg(x::text, ',' order by …)",
    { seen: / GROUP_CONCAT \(/ },
  ),
  refused(
    'total',
    'there is no total()',
    ['select total(x) from (select 1 as x) as t', '1', '42883'],
    'coalesce(sum(x), 0)',
    { seen: / TOTAL \(/ },
  ),
  refused(
    'scalar-extremes',
    'min() and max() of several values are least() and greatest(), which ignore NULLs',
    ['select max(1, 2)', '2', '42883'],
    'greatest(x, y)',
    { seen: / (?:MIN|MAX) \([^01] / },
  ),
  refused(
    'time-function',
    'the time functions and their modifiers have other names',
    ["select strftime('%Y', '2024-01-02')", '2024', '42883'],
    "to_char(t, 'YYYY'), t + interval '1 day', date_trunc('month', t)",
    { seen: / (?:STRFTIME|DATETIME|DATE|TIME|JULIANDAY|UNIXEPOCH|TIMEDIFF) \(/ },
  ),
  refused('ifnull', 'there is no ifnull()', ['select ifnull(null, 1)', '1', '42883'], 'coalesce(x, y)', {
    seen: / IFNULL \(/,
  }),
  refused(
    'iif',
    'there is no iif()',
    ['select iif(1 = 1, 2, 3)', '2', '42883'],
    'case when … then … else … end',
    { seen: / I?IF \(/ },
  ),
  refused(
    'printf',
    'there is no printf()',
    ["select printf('%d', 1)", '1', '42883'],
    "format('%s', x), to_char(x, 'FM990.00')",
    { seen: / (?:PRINTF|FORMAT) \(/ },
  ),
  refused(
    'own-function',
    'SQLite’s function of that name does not exist',
    ["select hex('a')", '61', '42883'],
    "encode(x, 'hex'), ascii(x), chr(x), quote_literal(x)",
    {
      seen: / (?:(?:UN)?HEX|QUOTE|CHAR|UNICODE|(?:ZERO|RANDOM)BLOB|LIKELIHOOD|(?:UN)?LIKELY|SQLITE_VERSION) \(/,
    },
  ),
] as const satisfies readonly ShownDifference[]
