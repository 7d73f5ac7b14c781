/**
 * What planning asks the snapshots beyond the census: repeated keys, orphans, months, usual spellings. Each question is one SQL
 * statement. Invariant: answers come from the snapshots alone, so equal snapshots give equal answers.
 */

import type { ColumnCensus } from '../../model/census.ts'
import type { SnapshotQueries } from '../../model/snapshot.ts'
import type { SqliteValue } from '../../model/storage.ts'
import { quoteSqlite } from '../../syntax/sqlite-names.ts'
import { countIn, type EvidenceSource } from './evidence-source.ts'

/** Adds a cache: each statement runs once, but for those whose rows are read one by one. */
export function rememberAnswers(queries: SnapshotQueries): SnapshotQueries {
  const answers = new Map<string, ReturnType<SnapshotQueries['rows']>>()
  return {
    rows: (databases, sql) => {
      const question = JSON.stringify([databases, sql])
      const known = answers.get(question)
      if (known !== undefined) return known
      const answer = queries.rows(databases, sql)
      answers.set(question, answer)
      return answer
    },
    iterate: (databases, sql) => queries.iterate(databases, sql),
  }
}

/** A value of each row of one snapshot's table. */
export type ColumnAddress = {
  readonly database: string
  readonly table: string
  /** SQL of the value in terms of the table's columns: a quoted column, or the rowid's name. */
  readonly sql: string
}

export function evidenceAt(
  queries: SnapshotQueries,
  { database, table, sql }: ColumnAddress,
): EvidenceSource {
  return { table: quoteSqlite(table), sql, rows: (select) => queries.rows([database], select) }
}

/**
 * The text by which an id is compared: two ids with the same text become the same UUID (conversion `uuid-of-id`). A UUID is its 32
 * lower-case digits in any spelling, a BLOB its bytes in hex, a number its decimal text, and 5.0 is 5.
 */
export function idText(sql: string): string {
  const bare = `lower(replace(${sql}, '-', ''))`
  return `case typeof(${sql})
    when 'text' then case when length(${bare}) = 32 and ${bare} not glob '*[^0-9a-f]*' then ${bare} else ${sql} end
    when 'blob' then lower(hex(${sql}))
    when 'real' then case when ${sql} = cast(${sql} as integer) then cast(cast(${sql} as integer) as text) else cast(${sql} as text) end
    else cast(${sql} as text) end collate binary`
}

const plainUuid =
  "'[0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f]-[0-9a-f][0-9a-f][0-9a-f][0-9a-f]-[0-9a-f][0-9a-f][0-9a-f][0-9a-f]-[0-9a-f][0-9a-f][0-9a-f][0-9a-f]-[0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f][0-9a-f]'"

/** Whether every value is a UUID as PostgreSQL writes it (8-4-4-4-12 lower-case hex digits). Queries only when the census does not know. */
export function arePlainUuids(
  source: EvidenceSource,
  { integers, reals, texts, blobs, totalBytes, spellings }: ColumnCensus,
): boolean {
  if (integers + reals + blobs > 0) return false
  if (texts === 0 || spellings !== undefined)
    return texts === (spellings?.lowerUuids ?? 0) && totalBytes === texts * 36
  const { sql } = source
  return countIn(source, `typeof(${sql}) <> 'null' and ${sql} not glob ${plainUuid}`) === 0
}

/** Returns the number of rows whose key an earlier row has: 0 when no key repeats. Keys with a null don't count. */
export function countRepeats(
  queries: SnapshotQueries,
  database: string,
  table: string | { readonly select: string },
  expressions: readonly string[],
): number {
  const from = typeof table === 'string' ? quoteSqlite(table) : `(${table.select})`
  const keys = expressions.map((sql, index) => `${sql} as k${index}`).join(', ')
  const names = expressions.map((_, index) => `k${index}`)
  return count(
    queries,
    [database],
    `select coalesce(sum(n - 1), 0) from (
       select count(*) as n from (select ${keys} from ${from})
       where ${names.map((name) => `typeof(${name}) <> 'null'`).join(' and ')}
       group by ${names.map((name) => `${name} collate binary`).join(', ')} having n > 1)`,
  )
}

export type Orphans = {
  readonly rows: number
  readonly samples: readonly { readonly key: string; readonly value: string }[]
}

/** Returns the child rows whose value no parent row has, compared by `idText` or SQLite's `=`. `childKey`: SQL that names a child row. */
export function findOrphans(
  queries: SnapshotQueries,
  child: ColumnAddress,
  parent: ColumnAddress,
  childKey: string,
  comparison: 'id' | 'sqlite' = 'id',
): Orphans {
  const isOther = child.database !== parent.database
  const databases = isOther ? [child.database, parent.database] : [child.database]
  const parentTable = `${isOther ? 'other.' : ''}${quoteSqlite(parent.table)}`
  const compared = comparison === 'id' ? idText : (sql: string) => sql
  const condition = `typeof(${child.sql}) <> 'null' and ${compared(child.sql)} not in (
    select ${compared(parent.sql)} from ${parentTable} where typeof(${parent.sql}) <> 'null')`
  return rowsWhere(queries, databases, child, childKey, condition)
}

/** Counts every value of the column as an orphan. */
export function allAsOrphans(queries: SnapshotQueries, child: ColumnAddress, childKey: string): Orphans {
  return rowsWhere(queries, [child.database], child, childKey, `typeof(${child.sql}) <> 'null'`)
}

function rowsWhere(
  queries: SnapshotQueries,
  databases: readonly string[],
  { table, sql }: ColumnAddress,
  key: string,
  condition: string,
): Orphans {
  const from = `from main.${quoteSqlite(table)} where ${condition}`
  const rows = count(queries, databases, `select count(*) ${from}`)
  if (rows === 0) return { rows, samples: [] }
  const samples = queries
    .rows(databases, `select cast(${key} as text), quote(${sql}) ${from} limit 5`)
    .map(([rowKey, rowValue]) => ({ key: printable(rowKey), value: printable(rowValue) }))
  return { rows, samples }
}

/** Returns id text and identity (as an SQL literal) of each row of a table; null when there are more than `limit`. */
export function identityPairs(
  queries: SnapshotQueries,
  { database, table, sql }: ColumnAddress,
  identity: string,
  limit: number,
): readonly (readonly [string, string])[] | null {
  const rows = queries.rows(
    [database],
    `select ${idText(sql)}, quote(${identity}) from ${quoteSqlite(table)}
     where typeof(${sql}) <> 'null' and typeof(${identity}) <> 'null' limit ${limit + 1}`,
  )
  if (rows.length > limit) return null
  // SQL text ends at U+0000: such an id can't be written into an expression.
  return rows.map(([id, value]) => [String(id), String(value)] as const).filter(([id]) => !id.includes('\0'))
}

/** In bytes; longer texts are not considered as the usual spelling. */
const LONGEST_SPELLING = 1000

/** Returns a text in the column's usual spelling: one of the most common length among the first thousand. Null without texts. */
export function usualText({ table, sql, rows }: EvidenceSource): string | null {
  const [row] = rows(
    `select min(v) from (select ${sql} as v from ${table} where typeof(${sql}) = 'text' and octet_length(${sql}) <= ${LONGEST_SPELLING} limit 1000)
     group by length(v) order by count(*) desc, length(v) limit 1`,
  )
  return typeof row?.[0] === 'string' ? row[0] : null
}

/** Whether a column of arrays holds any other than JSON arrays of scalars: nested ones, or PostgreSQL's own spelling. */
export function holdsOtherArrays({ table, sql, rows }: EvidenceSource): boolean {
  const nested = `exists (select 1 from json_each(${sql}) where type in ('array', 'object'))`
  const [row] = rows(
    `select 1 from ${table}
      where typeof(${sql}) = 'text' and (ltrim(${sql}) glob '{*' or ltrim(${sql}) glob '[[]*:*]=*' or case when json_valid(${sql}) then ${nested} else 0 end)
      limit 1`,
  )
  return row !== undefined
}

/** Distinct texts of a column with their counts, the most common first; null when there are more than `limit`. */
export function distinctTexts(
  { table, sql, rows }: EvidenceSource,
  limit: number,
): readonly { readonly value: string; readonly count: number }[] | null {
  const found = rows(
    `select ${sql} collate binary as v, count(*) as n from ${table} where typeof(${sql}) = 'text'
     group by v order by n desc, v limit ${limit + 1}`,
  )
  if (found.length > limit) return null
  return found.map(([value, number]) => ({ value: String(value), count: Number(number) }))
}

/** Whether every text of the column ends in Z: then they are all of one zone. */
export function areAllZulu({ table, sql, rows }: EvidenceSource): boolean {
  const from = `from ${table} where typeof(${sql}) = 'text' and substr(${sql}, -1) <> 'Z'`
  return rows(`select 1 ${from} limit 1`).length === 0
}

/** The largest magnitude among the texts of a column when they are read as numbers; 0 without texts. */
export function largestTextNumber({ table, sql, rows }: EvidenceSource): number {
  const [row] = rows(`select max(abs(cast(${sql} as real))) from ${table} where typeof(${sql}) = 'text'`)
  return Number(row?.[0] ?? 0)
}

/** Returns an SQL condition: a text of digits, with or without a point, but not of eight digits, which may be a date. */
export function isNumberText(sql: string): string {
  return `(typeof(${sql}) = 'text' and ${sql} glob '[0-9]*' and ${sql} not glob '*[^0-9.]*' and ${sql} not glob '*.*.*'
    and ${sql} not glob '*.' and length(${sql}) <> 8)`
}

/** How many texts of a column are UUIDs in braces or after `urn:uuid:`. */
export function countWrappedUuids(source: EvidenceSource): number {
  const { sql } = source
  const inner = `case when ${sql} glob '{*}' then substr(${sql}, 2, length(${sql}) - 2)
    when length(${sql}) = 45 and lower(substr(${sql}, 1, 9)) = 'urn:uuid:' then substr(${sql}, 10) end`
  return countIn(source, `typeof(${sql}) = 'text' and ${isUuid(`(${inner})`)}`)
}

/** unhex() is several times faster than GLOB with as many classes. */
function isUuid(text: string): string {
  const dashed = [8, 4, 4, 4, 12].map((digits) => '?'.repeat(digits)).join('-')
  return (
    `(length(${text}) = 36 and octet_length(unhex(${text}, '-')) = 16 and ${text} glob '${dashed}' ` +
    `or length(${text}) = 32 and unhex(${text}) is not null)`
  )
}

/** Returns how many texts of the column are not JSON (RFC 8259), and one of them, preferably one that looks like JSON. */
export function textsThatAreNoJson(source: EvidenceSource): {
  readonly count: number
  readonly sample: string
} {
  const { table, sql, rows } = source
  const isNone = `typeof(${sql}) = 'text' and not json_valid(${sql})`
  const number = countIn(source, isNone)
  if (number === 0) return { count: 0, sample: '' }
  const [row] = rows(
    `select substr(${sql}, 1, 100) from ${table} where ${isNone} order by substr(${sql}, 1, 1) in ('{', '[') desc limit 1`,
  )
  return { count: number, sample: printable(row?.[0]) }
}

/** Returns those of `columns` whose cells differ among rows that agree in `groupBy`. */
export function columnsThatVary(
  queries: SnapshotQueries,
  database: string,
  table: string,
  groupBy: readonly string[],
  columns: readonly string[],
): readonly string[] {
  if (columns.length === 0) return []
  const varies = columns.map((column) => {
    const cell = quoteSqlite(column)
    return `max(typeof(${cell}) || quote(${cell})) <> min(typeof(${cell}) || quote(${cell}))`
  })
  const group = groupBy.map((column) => `${quoteSqlite(column)} collate binary`).join(', ')
  const [row] = queries.rows(
    [database],
    `select ${varies.map((_, index) => `coalesce(max(v${index}), 0)`).join(', ')} from (
       select ${varies.map((sql, index) => `${sql} as v${index}`).join(', ')}
       from ${quoteSqlite(table)} group by ${group})`,
  )
  return columns.filter((_, index) => Number(row?.[index] ?? 0) === 1)
}

function count(queries: SnapshotQueries, databases: readonly string[], sql: string): number {
  return Number(queries.rows(databases, sql)[0]?.[0] ?? 0)
}

/** Returns a value for display: one line, at most 80 characters, no control characters. */
export function printable(value: SqliteValue | undefined): string {
  if (value === null || value === undefined) return 'null'
  const text = (value instanceof Uint8Array ? Buffer.from(value).toString('hex') : String(value)).replaceAll(
    /\p{C}/gu,
    '?',
  )
  return text.length > 80 ? `${text.slice(0, 79)}…` : text
}
