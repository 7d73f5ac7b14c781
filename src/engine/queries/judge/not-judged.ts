/** Statements whose rows cannot be compared, and what replaces them in PostgreSQL. */
import type { Origin } from '../../model/queries.ts'
import type { StatementClass } from '../sides/classes.ts'
import { sketchOf } from '../statement/sketch.ts'
import { tokensOf } from '../statement/statement-kind.ts'
import { dependsOnClock } from '../trial/held-clock.ts'

export type NotJudged = { readonly reason: string; readonly detail: string }

/** What is known of the tables that statements name. */
export type NamedTables = {
  /** Maps a table's name in lower case to the place where the application creates it. */
  readonly created: ReadonlyMap<string, Origin>
  /** Returns the table's name in the target, or null. */
  readonly inTarget: (table: string) => string | null
}

/** Returns null for a statement that SQLite accepts and that reads or writes rows, and for one that changes the schema. */
export function whyNotJudged(
  { sql, kind, dynamic, refusal }: StatementClass,
  tables: NamedTables,
): NotJudged | null {
  switch (kind) {
    case 'control':
      return controlDetail(sql)
    case 'setting':
      return { reason: 'pragma', detail: `There is no PRAGMA in PostgreSQL: ${insteadOfPragma(sql)}.` }
    case 'maintenance':
      return maintenanceDetail(sql)
    case 'schema':
    case 'read':
    case 'write':
      break
    default:
      return kind satisfies never
  }
  if (dynamic === 'open') {
    return {
      reason: 'dynamic',
      detail:
        'It is built at run time, and nothing that was put in its holes made it a statement. A log of the program has the whole text: --log FILE.',
    }
  }
  if (refusal === null) return null
  return refusalDetail(refusal, tables)
}

function refusalDetail(refusal: string, { created, inTarget }: NamedTables): NotJudged {
  const reason = `SQLite refuses it on every snapshot: ${refusal}.`
  const table = /^no such table: (?:(\w+)\.)?(.+)$/.exec(refusal)
  if (table !== null) {
    const [, schema, name] = table as unknown as [string, string | undefined, string]
    const there = inTarget(name)
    if (schema !== undefined && there !== null) {
      const detail = `${reason} It reads an attached database; in the target the table is ${there}.`
      return { reason: 'no-such-table', detail }
    }
    const origin = created.get(name.toLowerCase())
    const where = origin === undefined ? '' : ` The program creates it in ${origin.file}:${origin.line}.`
    return {
      reason: 'no-such-table',
      detail: `${reason}${where} To have it judged, move a database that has the table.`,
    }
  }
  if (/^no such column|has no column named/.test(refusal)) {
    const detail = `${reason} The snapshot’s table is of another version than the program: move a database that the program has migrated.`
    return { reason: 'no-such-column', detail }
  }
  const isSyntax = /syntax error|incomplete input/.test(refusal)
  return { reason: isSyntax ? 'not-sqlite' : 'refused-by-sqlite', detail: reason }
}

/** Returns what besides the rows the statement's result depends on, so that two runs may differ; null when nothing does. */
export function isVolatile(sql: string): 'clock' | 'random' | 'session' | null {
  const { sketch } = sketchOf(tokensOf(sql), () => false)
  if (/ RANDOM(?:BLOB)? \(/.test(sketch)) return 'random'
  if (/ (?:LAST_INSERT_ROWID|(?:TOTAL_)?CHANGES|SQLITE_\w+) \(/.test(sketch)) return 'session'
  return dependsOnClock(sql) ? 'clock' : null
}

export const volatileDetails = {
  clock: 'It depends on the current time, so that any two runs may differ.',
  random: 'It depends on random values, so that any two runs may differ.',
  session: 'It depends on what the session did before.',
} as const

function controlDetail(sql: string): NotJudged {
  const isImmediate = /^begin\s+(?:immediate|exclusive|deferred)/i.test(sql)
  const detail = isImmediate
    ? 'PostgreSQL takes BEGIN without IMMEDIATE, EXCLUSIVE or DEFERRED; to lock beforehand: select … for update, or lock table.'
    : 'It begins or ends a transaction; PostgreSQL has it too.'
  return { reason: 'transaction-control', detail }
}

function maintenanceDetail(sql: string): NotJudged {
  const word = /^\w+/.exec(sql)?.[0].toLowerCase() ?? ''
  const details: Readonly<Record<string, string>> = {
    attach:
      'There is no ATTACH: the databases are schemas of one database now, and a statement can name tables of all.',
    detach: 'There is no DETACH: the databases are schemas of one database now.',
    vacuum: 'PostgreSQL vacuums by itself; VACUUM INTO is pg_dump.',
    analyze: 'PostgreSQL analyzes by itself; it has ANALYZE too.',
    reindex: 'REINDEX names the kind of object there: reindex table t.',
    explain: 'EXPLAIN QUERY PLAN is EXPLAIN there.',
  }
  return { reason: 'maintenance', detail: details[word] ?? 'It concerns the database file.' }
}

const pragmas: Readonly<Record<string, string>> = {
  foreign_keys: 'foreign keys are always enforced',
  journal_mode: 'readers and writers never wait for each other; leave it out',
  synchronous: 'leave it out, or set synchronous_commit',
  busy_timeout: 'set lock_timeout, or leave it out',
  cache_size: 'leave it out; shared_buffers is the server’s',
  mmap_size: 'leave it out',
  temp_store: 'leave it out',
  page_size: 'leave it out',
  wal_checkpoint: 'leave it out; the server does it by itself',
  wal_autocheckpoint: 'leave it out',
  locking_mode: 'leave it out',
  auto_vacuum: 'leave it out; the server vacuums by itself',
  optimize: 'leave it out; the server analyzes by itself',
  integrity_check: 'leave it out; amcheck looks for damage',
  quick_check: 'leave it out; amcheck looks for damage',
  foreign_key_check: 'leave it out; a foreign key is validated',
  table_info: 'select column_name, data_type from information_schema.columns where table_name = …',
  table_xinfo: 'select column_name, data_type from information_schema.columns where table_name = …',
  table_list: 'select table_name from information_schema.tables',
  index_list: 'select indexname from pg_indexes where tablename = …',
  index_info: 'select indexdef from pg_indexes where indexname = …',
  foreign_key_list: "select conname from pg_constraint where contype = 'f'",
  database_list: 'select nspname from pg_namespace',
  user_version: 'keep the version in a table of your own',
  application_id: 'leave it out',
  encoding: 'the database is in UTF8',
  case_sensitive_like: 'LIKE is case-sensitive, and ILIKE is not',
  recursive_triggers: 'triggers fire for what triggers do',
  defer_foreign_keys: 'set constraints all deferred, for constraints that are deferrable',
  query_only: 'set transaction read only',
  read_uncommitted: 'leave it out',
  data_version: 'listen and notify',
}

function insteadOfPragma(sql: string): string {
  const name = /^pragma\s+(?:\S+\.\s*)?"?(\w+)/i.exec(sql)?.[1]?.toLowerCase() ?? ''
  return pragmas[name] ?? 'leave it out, or look for a setting of the server'
}
