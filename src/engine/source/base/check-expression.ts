/**
 * Checks that SQL from a user is one expression on one row. Invariant: accepted SQL reads only the row's columns (and the other tables, if
 * given), is deterministic, and cannot break out of its statement. SQLite itself is the judge: it accepts only such expressions in an index
 * (https://www.sqlite.org/expridx.html).
 */
import { quoteSqlite } from '../../syntax/sqlite-names.ts'
import { openMemory } from './sqlite.ts'

type RowOf = {
  readonly table: string
  readonly columns: readonly string[]
  /** Tables that a subquery may read; without this, no subquery is allowed. */
  readonly others?: readonly { readonly table: string; readonly columns: readonly string[] }[]
}

/**
 * Returns why the SQL is not such an expression, in a few words; null when it is. `trusted` collects SQL outside the closed list when the
 * person trusts the file; null refuses it.
 */
export function refusalOfExpression(
  sql: string,
  row: RowOf,
  trusted: Set<string> | null = null,
): string | null {
  const db = openMemory()
  try {
    const create = ({ table, columns }: RowOf): void => {
      db.exec(`create table ${quoteSqlite(table)} (${columns.map(quoteSqlite).join(', ') || 'none'})`)
    }
    create(row)
    for (const other of row.others ?? []) if (other.table !== row.table) create(other)
    const from = `from ${quoteSqlite(row.table)}`
    // Both plain and in parentheses: SQL that closes a parenthesis or begins a comment fails in one of the two.
    for (const written of [sql, `(${sql}\n)`]) {
      if (db.prepare(`select ${written} ${from}`).columns().length !== 1) return 'it is more than one value'
    }
    // Not an aggregate, which would make one row of many.
    db.prepare(`select 1 ${from} where (${sql}\n)`)
    const nondeterministic = nondeterministicPart(sql)
    if (nondeterministic !== null) return nondeterministic
    const outside = outsidePart(sql)
    if (outside !== null) {
      if (trusted === null) return outside
      trusted.add(sql)
    }
    try {
      db.exec(`create index "gpt-migrate index" on ${quoteSqlite(row.table)} ((${sql}\n))`)
      return null
    } catch (error) {
      const { message } = error as Error
      return row.others !== undefined && /^(?:subqueries|the "." operator) prohibited/.test(message)
        ? null
        : message
    }
  } catch (error) {
    return (error as Error).message
  } finally {
    db.close()
  }
}

/** SQLite checks time and date functions only when they run, and nothing within a subquery. */
function nondeterministicPart(sql: string): string | null {
  const bare = sql.replace(/'(?:[^']|'')*'/g, (text) => (/^'\s*now\s*'$/i.test(text) ? "'now'" : "''"))
  const clock =
    /'now'|\bcurrent_(?:time|date|timestamp)\b|\b(?:date|time|datetime|julianday|unixepoch)\s*\(\s*\)|\bstrftime\s*\([^,()]*\)/i
  if (clock.test(bare)) return 'it depends on the time at which it runs'
  if (/\b(?:random|randomblob|changes|total_changes|last_insert_rowid|load_extension)"?\s*\(/i.test(bare))
    return 'it is non-deterministic'
  return null
}

/** SQLite's own functions that read only their arguments. */
const CALLED: ReadonlySet<string> = new Set(
  (
    'abs char coalesce concat concat_ws format glob hex ifnull iif if instr length like likelihood likely lower ltrim max min ' +
    'nullif octet_length printf quote replace round rtrim sign soundex substr substring trim typeof unhex unicode unlikely upper ' +
    'date time datetime julianday unixepoch strftime timediff ' +
    'json jsonb json_array json_array_length json_extract json_object json_quote json_type json_valid json_insert json_replace ' +
    'json_set json_remove json_patch ' +
    'acos asin atan atan2 ceil ceiling cos degrees exp floor ln log log10 log2 mod pi pow power radians sin sqrt tan trunc ' +
    'count sum total avg group_concat string_agg row_number rank dense_rank first_value last_value lag lead'
  ).split(' '),
)
const WORDS: ReadonlySet<string> = new Set(
  (
    'and or not in is between like glob when then else case end cast as exists distinct from where on using select over filter ' +
    'by values limit having union all intersect except join null any'
  ).split(' '),
)

/** Whether a call of printf might produce text of any length. */
function isAnyLength(sql: string): boolean {
  const calls = withoutTexts(sql, (text) => text.replaceAll(/[^']/g, ' ')).matchAll(
    /\b(?:printf|format)["`\]]?\s*\(/gi,
  )
  return [...calls].some(({ index, 0: call }) => {
    const format = /^\s*('(?:[^']|'')*')\s*[,)]/.exec(sql.slice(index + call.length))?.[1]
    return format === undefined || /%[^a-z%]*(?:\*|\d{4})/i.test(format)
  })
}

/** Replaces string literals with empty ones; quoted names are kept, since a quote within one begins no literal. */
function withoutTexts(sql: string, instead: (text: string) => string = () => "''"): string {
  return sql.replace(/"(?:[^"]|"")*"|`(?:[^`]|``)*`|\[[^\]]*\]|'(?:[^']|'')*'/g, (quoted) =>
    quoted.startsWith("'") ? instead(quoted) : quoted,
  )
}

/** Returns the part that reads more than rows (the schema, pragmas, virtual tables) or that may not terminate. */
function outsidePart(sql: string): string | null {
  const bare = withoutTexts(sql)
  if (/\b(?:pragma_\w+|sqlite_\w+|dbstat|json_each|json_tree|jsonb_each|jsonb_tree)\b/i.test(bare))
    return 'it reads more than the tables of the mapping'
  if (/\b(?:with|recursive)\b/i.test(bare)) return 'it may not end: WITH is not taken'
  if (isAnyLength(sql))
    return 'it makes texts of any length: the format has to be a text, with widths and precisions below 1,000'
  for (const [, quoted, name] of bare.matchAll(
    /(?:("(?:[^"]|"")*"|`[^`]*`|\[[^\]]*\])|([\w$.\u0080-\uffff]+))\s*\(/g,
  )) {
    const called = (name ?? quoted!.slice(1, -1)).toLowerCase()
    if (!CALLED.has(called) && !WORDS.has(called) && !/^\d*$/.test(called))
      return `it calls ${name ?? quoted}, which is not among the functions that a mapping may use without --trust-mapping`
  }
  return null
}
