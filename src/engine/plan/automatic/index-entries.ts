/**
 * Whether the entries of an index fit into a B-tree of PostgreSQL, by their uncompressed length
 * (https://www.postgresql.org/docs/current/btree.html: at most a third of a page). Invariant: no entry is estimated as shorter than it is;
 * compression by the server is not counted on.
 */
import { MigrateError } from '../../model/errors.ts'
import type { LongIndexFate, TargetIndexPart } from '../../model/target-schema.ts'
import { quoteIdentifier } from '../../syntax/postgres-names.ts'
import { quoteSqlite } from '../../syntax/sqlite-names.ts'
import type { FoundInTable } from '../base/findings.ts'
import type { DraftColumn, SnapshotQuery, TableDraft } from './auto-draft.ts'

/** BTMaxItemSize of version 4 in src/include/access/nbtree.h, with pages of 8 KB. */
export const longestEntry = 2704

/** A part of an index in the source: a column, or an expression in SQLite's SQL. */
export type EntryPart = { readonly column: DraftColumn } | { readonly sql: string }

/** Bytes of the longest entry, and the number of rows whose entry is too long for an index. */
export type EntrySizes = { readonly bytes: number; readonly rows: number }

const ROW_HEAD = 8
/** Upper bound for a type of fixed length, aligned: at most 8 bytes, for uuid and interval 16. */
const FIXED_BYTES = 24
const TEXT_HEAD = 4
const ALIGNMENT = 3

/** `where`: the index's condition in SQLite's SQL. Without a snapshot, assumes that the longest values are all in one row. */
export function entrySizes(draft: TableDraft, parts: readonly EntryPart[], where: string | null): EntrySizes {
  const { query } = draft
  const head = parts.length > 1 ? 2 * ROW_HEAD : ROW_HEAD
  const bound = parts.reduce((sum, part) => sum + boundOf(part), head)
  const isMeasured = query !== null && draft.source.kind === 'table'
  if (bound <= longestEntry) return { bytes: bound, rows: 0 }
  if (!isMeasured) return Number.isFinite(bound) ? { bytes: bound, rows: draft.rows } : NOTHING_KNOWN
  const bytes = [String(head), ...parts.map((part, at) => bytesSql(part, at > 0))].join(' + ')
  const from = `from ${quoteSqlite(draft.source.name)}${where === null ? '' : ` where ${where}\n`}`
  return sizesFrom(
    query,
    `select max(n), count(*) filter (where n > ${longestEntry}) from (select ${bytes} as n ${from})`,
  )
}

/** Returns NOTHING_KNOWN when SQLite can't evaluate an expression for lack of an application's function. */
function sizesFrom(query: SnapshotQuery, sql: string): EntrySizes {
  let answers: ReturnType<SnapshotQuery>
  try {
    answers = query(sql)
  } catch (error) {
    if (error instanceof MigrateError) throw error
    return NOTHING_KNOWN
  }
  return answers.reduce<EntrySizes>(
    (sizes, [row]) => ({
      bytes: Math.max(sizes.bytes, Number(row?.[0] ?? 0)),
      rows: sizes.rows + Number(row?.[1] ?? 0),
    }),
    { bytes: 0, rows: 0 },
  )
}

const NOTHING_KNOWN: EntrySizes = { bytes: 0, rows: 0 }

/** Returns the largest possible size of the part in bytes, by the census; infinite for an expression. */
function boundOf(part: EntryPart): number {
  if (!('column' in part)) return Number.POSITIVE_INFINITY
  const { census, type } = part.column
  const longest = Math.max(census.maxTextBytes, census.maxBlobBytes, NUMBER_TEXT)
  const values = lengthFactor(type)
  return values === 0 ? FIXED_BYTES : values * longest + TEXT_HEAD + ALIGNMENT
}

/** Length of the longest text of a number: -1.2345678901234567e-300. */
const NUMBER_TEXT = 24

/** Returns the largest number of target bytes for a byte of source text; 0 for types of a fixed length. */
function lengthFactor(type: string): number {
  if (/^(text|character|bytea|numeric|bit)/.test(type)) return 1
  // An array element takes a word of its own, and a number is stored in groups of digits.
  return /^json|\[\]$/.test(type) ? 8 : 0
}

function bytesSql(part: EntryPart, isAligned: boolean): string {
  const sql = 'column' in part ? quoteSqlite(part.column.source.name) : `(${part.sql}\n)`
  const factor = 'column' in part ? lengthFactor(part.column.type) : 1
  if (factor === 0) return String(FIXED_BYTES)
  const octets = `(coalesce(octet_length(${sql}), 0) * (1 + octet_length('a')) / 2)`
  return `${factor} * ${octets} + ${TEXT_HEAD + (isAligned ? ALIGNMENT : 0)}`
}

/** Columns with values of at most this length are not hashed in a unique index. */
const KEPT_BYTES = 64

/** Returns an index expression that hashes long values: null stays null, equal values stay equal. Without long values, `part`. */
export function hashedPart(column: DraftColumn, part: TargetIndexPart): TargetIndexPart {
  const { census, type, target } = column
  const isLong = lengthFactor(type) > 0 && Math.max(census.maxTextBytes, census.maxBlobBytes) > KEPT_BYTES
  if (!isLong) return part
  const value = 'expression' in part ? part.expression : quoteIdentifier(target)
  return hashOf(/^json|numeric/.test(type) ? `(${value})::text` : value, [target], part.descending)
}

export function hashOf(expression: string, columns: readonly string[], descending: boolean): TargetIndexPart {
  return { expression: `md5(${expression})`, columns, descending, collation: null }
}

/** Returns the finding about a key or an index with entries that are too long. */
export function longIndexFinding(
  draft: TableDraft,
  { name, kind, bytes, rows, fate }: LongIndexFate,
  columns: readonly string[],
  sql: string | null = null,
): FoundInTable {
  const noun = { 'primary-key': 'the primary key', unique: 'the unique key', index: 'the index' }[kind]
  const what =
    kind === 'index'
      ? `${noun} ${JSON.stringify(name)}`
      : `${noun} ${columns.map((one) => JSON.stringify(one)).join(', ')}`
  const choice =
    fate === 'hashed'
      ? `its uniqueness is kept by the unique index ${JSON.stringify(name)} over a hash of its values, which no foreign key can name`
      : 'it is not created'
  return {
    severity: 'warning',
    code: fate === 'hashed' ? 'key-too-long' : 'index-left-out',
    message: `In ${JSON.stringify(draft.source.name)}, ${what} has entries of up to ${bytes} bytes in ${rows === 1 ? '1 row' : `${rows} rows`}, and an index of PostgreSQL takes ${longestEntry}; ${choice}.`,
    count: rows,
    ...(sql === null ? {} : { samples: [{ key: 'SQL', value: sql }] }),
  }
}
