/** Differences that only statements on tables show, so that they have no example. */
import type { Difference } from './difference.ts'

/** Words that SQLite accepts as names without quotes, and that PostgreSQL reserves (manual, appendix C). */
const reservedThere =
  'user current_user session_user localtime localtimestamp analyse analyze any array asc asymmetric authorization binary both cast collation column concurrently desc do end fetch for freeze grant ilike initially lateral leading offset only overlaps placing similar some symmetric tablesample trailing variadic verbose window with'
const reserved = new RegExp(` (?:${reservedThere.replaceAll(' ', '|')}) `)

export const differencesOfTables = [
  {
    code: 'day-and-moment',
    what: 'a date compared with a timestamp is its midnight; compared as text, the date comes first',
    instead: "at < '2024-02-06', not at <= '2024-02-05'",
    isSilent: true,
  },
  {
    code: 'reserved-name',
    what: 'user, end, offset … are names only in quotes; user alone is the name of the role',
    instead: '"user"',
    isSilent: true,
    seen: reserved,
    states: ['42601', '42703'],
  },
  {
    code: 'foreign-keys',
    what: 'foreign keys are always enforced; in SQLite after PRAGMA foreign_keys = ON only',
    instead: 'delete or change first what refers to the row, or a key with ON DELETE',
    states: ['23503'],
  },
  {
    code: 'trigger',
    what: 'the source’s triggers do not run',
    instead: 'a PostgreSQL trigger, or the statement that the trigger runs',
  },
  {
    code: 'attached',
    what: 'there is no ATTACH: the tables of such a database are in a schema of the target',
    instead: 'the name that the table has in the target',
    seen: / (?:FROM|JOIN|,) (?!MAIN )[A-Z_]\w* \. /,
    states: ['42P01'],
  },
  {
    code: 'limit-on-write',
    what: 'UPDATE and DELETE take no LIMIT and no ORDER BY',
    instead: 'where id in (select id from … order by … limit …)',
    seen: /^ (?:UPDATE|DELETE) .* LIMIT /i,
    states: ['42601'],
  },
  {
    code: 'null-key',
    what: 'NULL in a key is refused; it does not take the next number',
    instead: 'leave the column out, or DEFAULT',
  },
  {
    code: 'ambiguous-name',
    what: 'a column that two tables have must be qualified, also in ON CONFLICT DO UPDATE',
    instead: 'table.column',
    states: ['42702'],
  },
  {
    code: 'unnamed-subquery',
    what: 'a subquery in FROM needs a name before PostgreSQL 16',
    instead: 'from (select …) as t',
    states: ['42601'],
    message: /^(?:subquery|VALUES) in FROM must have an alias/,
  },
  {
    code: 'column-name',
    what: 'an unquoted column alias is folded to lower case',
    instead: 'as "totalCount"',
  },
  {
    code: 'boolean-parameter',
    what: 'a driver that sends types must send a boolean, not a number, where one is compared',
    instead: 'true and false from the program',
  },
  {
    code: 'rowid',
    what: 'there is no rowid',
    instead: 'the primary key',
    seen: / (?:ROWID|_ROWID_|OID) /,
    states: ['42703'],
    message: /"(?:rowid|_rowid_|oid)"/,
  },
  {
    code: 'insert-or',
    what: 'there is no INSERT OR IGNORE, OR REPLACE …',
    instead: 'insert … on conflict do nothing; on conflict (key) do update set …',
    seen: / INSERT OR /i,
    states: ['42601'],
  },
  {
    code: 'replace-into',
    what: 'there is no REPLACE INTO',
    instead: 'insert … on conflict (key) do update set …',
    seen: / REPLACE INTO /i,
    states: ['42601'],
  },
  {
    code: 'update-or',
    what: 'there is no UPDATE OR …',
    instead: 'update …, and a savepoint where it may fail',
    seen: / UPDATE OR /i,
    states: ['42601'],
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
    states: ['42703'],
  },
  { code: 'pragma', what: 'there is no PRAGMA', instead: 'the server’s settings; see the list below' },
] as const satisfies readonly Difference[]
