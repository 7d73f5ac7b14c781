/**
 * Checks SQL from a user's file for the target: a type, a default, a condition. Invariant: a fragment that passes stays inside the clause
 * into which it is put: no second statement, no comment, no bracket that it did not open.
 */

/**
 * Returns why the fragment cannot be put into a statement; null when it can. `trusted` collects fragments that call functions outside of the
 * list, when the user trusts the file; with null they are refused.
 */
export function refusalOfFragment(sql: string, trusted: Set<string> | null = null): string | null {
  // A backslash in E'' or U&'' could move the end of the text.
  if (/(?:^|[^\w])[eu]&?'/i.test(sql) && sql.includes('\\')) return 'it holds a backslash'
  if (/\$\w*\$/.test(sql)) return 'it holds a dollar-quoted text'
  const bare = sql.replace(/'(?:[^']|'')*'|"(?:[^"]|"")*"/g, ' ')
  if (/['"]/.test(bare)) return 'a quote is not closed'
  if (bare.includes(';')) return 'it holds a semicolon'
  if (bare.includes('--') || bare.includes('/*')) return 'it holds a comment'
  if (bare.includes('\0')) return 'it holds U+0000'
  let depth = 0
  for (const bracket of bare.replace(/[^()[\]]/g, '')) {
    depth += bracket === '(' || bracket === '[' ? 1 : -1
    if (depth < 0) return 'a bracket is closed that was not opened'
  }
  if (depth !== 0) return 'a bracket is not closed'
  const reason = refusalOfCalls(sql)
  if (reason === null || trusted === null) return reason
  trusted.add(sql)
  return null
}

/** PostgreSQL's functions that depend only on their arguments, the clock, a sequence or random numbers. */
const CALLED: ReadonlySet<string> = new Set(
  (
    'abs ceil ceiling floor round trunc sign mod div power sqrt exp ln log width_bucket random ' +
    'length char_length character_length octet_length bit_length lower upper initcap trim btrim ltrim rtrim ' +
    'substr substring left right position strpos replace translate concat concat_ws split_part reverse ascii chr ' +
    'starts_with regexp_like md5 sha256 encode decode to_char to_number to_date to_timestamp ' +
    'coalesce nullif greatest least num_nonnulls num_nulls ' +
    'now clock_timestamp statement_timestamp transaction_timestamp date_trunc date_part extract timezone age ' +
    'make_date make_time make_timestamp make_timestamptz make_interval justify_hours justify_days isfinite ' +
    'current_timestamp current_time localtimestamp localtime nextval ' +
    // The extension uuid-ossp is created in public, and a plan names its function there.
    'gen_random_uuid uuid_generate_v4 public.uuid_generate_v4 uuid_generate_v1 uuidv4 uuidv7 ' +
    'to_tsvector json_typeof jsonb_typeof json_array_length jsonb_array_length json_build_object jsonb_build_object ' +
    'json_build_array jsonb_build_array to_json to_jsonb array_length cardinality lower_inc upper_inc isempty'
  ).split(' '),
)
/** Keywords and types that may be followed by a parenthesis. */
const WORDS: ReadonlySet<string> = new Set(
  (
    'and or not in any all some is between like ilike similar to when then else case end cast as row array exists ' +
    'distinct from where on using check default values over filter both leading trailing for ' +
    'numeric decimal varchar character char varying bit timestamp timestamptz time timetz interval float precision'
  ).split(' '),
)

/**
 * Returns why a call in the fragment is refused, or null. Only listed functions are allowed, since the server runs them with our rights.
 */
function refusalOfCalls(sql: string): string | null {
  // A single quote within a quoted name begins no text; blanks around dots are removed.
  const bare = sql
    .replace(/"(?:[^"]|"")*"|'(?:[^']|'')*'/g, (quoted) => (quoted.startsWith('"') ? quoted : "''"))
    .replace(/\s*\.\s*/g, '.')
  if (/\bu&\s*"/i.test(bare)) return 'it holds a name in Unicode escapes'
  if (/\)\.[\w"]/.test(bare)) return 'it calls a function in dot notation'
  if (
    /(?:::|\bas)\s*[\w"$\u0080-\uffff]+\.|\.[\w"$\u0080-\uffff]+\s*'/i.test(
      bare.replace(/pg_catalog\./gi, ''),
    )
  )
    return 'it names a type of another schema, whose checks would run'
  for (const [, quoted, name] of bare.matchAll(/(?:("(?:[^"]|"")*")|([\w$.\u0080-\uffff]+))\s*\(/g)) {
    const called = (quoted ?? name!).toLowerCase().replace(/^pg_catalog\./, '')
    if (!CALLED.has(called) && !WORDS.has(called) && !/^\d*$/.test(called))
      return `it calls ${quoted ?? name}, which is not among the functions that a mapping may use without --trust-mapping`
  }
  return null
}

/** Extensions that a mapping may have created: PostgreSQL's own that access neither files nor other servers, and some for data. */
const EXTENSIONS: ReadonlySet<string> = new Set(
  (
    'uuid-ossp pgcrypto citext hstore ltree pg_trgm unaccent btree_gin btree_gist intarray fuzzystrmatch tablefunc isn ' +
    'pg_stat_statements timescaledb postgis vector citus pg_partman'
  ).split(' '),
)

/** Returns why the extension is not created; null when it may be. `trusted`: as for `refusalOfFragment`. */
export function refusalOfExtension(name: string, trusted: Set<string> | null = null): string | null {
  if (EXTENSIONS.has(name)) return null
  if (trusted === null)
    return 'it is not among the extensions that a mapping may have created without --trust-mapping'
  trusted.add(`create extension ${name}`)
  return null
}

/** Returns why the text is not a column's type, which has words and perhaps numbers in parentheses; null when it is. */
export function refusalOfType(type: string): string | null {
  const isType = /^[a-z][a-z0-9_ ]*(?: ?\( ?\d+ ?(?:, ?\d+ ?)?\))?(?: with(?:out)? time zone)?$/i.test(
    type.trim(),
  )
  return isType ? null : 'it is not a type'
}
