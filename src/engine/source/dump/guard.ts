/**
 * Decides what may be done with a statement of a dump, which is untrusted. Pure. Invariant: no statement is accepted that could read or
 * write outside the database being built; the first words decide, and the caller prepares one statement at a time.
 */
import { cutTokens } from '../../syntax/sqlite-tokens.ts'

export type Verdict =
  | { readonly kind: 'run' }
  /** Not executed: the way of building already settles it, such as `journal_mode`. */
  | { readonly kind: 'skip' }
  | { readonly kind: 'begin' | 'commit' | 'rollback' }
  /** A row of sqlite_schema, as `.dump` writes it for a virtual table. */
  | { readonly kind: 'virtual-table'; readonly name: string; readonly sql: string }
  | { readonly kind: 'refused'; readonly what: string }

/** Pragmas that set properties of the database. */
const stored = new Set(['encoding', 'user_version', 'application_id'])
/** Pragmas that change how a connection works, or query it. */
const settled = new Set([
  ...['foreign_keys', 'defer_foreign_keys', 'ignore_check_constraints', 'recursive_triggers'],
  ...['journal_mode', 'synchronous', 'locking_mode', 'page_size', 'auto_vacuum', 'cache_size', 'temp_store'],
  ...['legacy_file_format', 'legacy_alter_table', 'secure_delete', 'busy_timeout', 'wal_autocheckpoint'],
  ...['count_changes', 'short_column_names', 'full_column_names', 'case_sensitive_like', 'trusted_schema'],
  // A row of sqlite_schema is parsed here.
  'writable_schema',
  ...['optimize', 'analysis_limit', 'integrity_check', 'quick_check', 'foreign_key_check', 'mmap_size'],
])

/** Functions that reach outside the database, where SQLite has them at all. */
const outside = /\b(?:load_extension|readfile|writefile|fts3_tokenizer)\b/i

const firstWords = /^([a-z]+)(?:\s+([a-z_]+))?/i

/** `text`: a statement without comments before it. */
export function judge(text: string): Verdict {
  if (text.startsWith('.'))
    return refused(`the command ${text.slice(0, 200).split(/\s/, 1)[0]} of SQLite's own program`)
  const head = text.slice(0, 1000).replace(/\/\*[\s\S]*?\*\/|--[^\n]*(?:\n|$)/g, ' ')
  const [, first = '', second = ''] = firstWords.exec(head) ?? []
  switch (first.toLowerCase()) {
    case 'insert':
    case 'replace':
      return withinDatabase(text, () => schemaRow(text) ?? { kind: 'run' })
    case 'create':
      if (/^temp(orary)?$/i.test(second)) return refused('CREATE TEMPORARY')
      return withinDatabase(text, () => ({ kind: 'run' }))
    case 'update':
    case 'delete':
    case 'drop':
    case 'alter':
    case 'analyze':
    case 'reindex':
      return withinDatabase(text, () => ({ kind: 'run' }))
    case 'begin':
      return { kind: 'begin' }
    case 'commit':
    case 'end':
      return { kind: 'commit' }
    case 'rollback':
      return { kind: 'rollback' }
    case 'vacuum':
      return /\binto\b/i.test(head) ? refused('VACUUM INTO') : { kind: 'skip' }
    case 'pragma':
      return judgePragma(head)
    default:
      return refused(first === '' ? JSON.stringify(text.slice(0, 20)) : first.toUpperCase())
  }
}

function refused(what: string): Verdict {
  return { kind: 'refused', what }
}

/** Refuses a statement that names a function reaching outside; within a literal the name is harmless. */
function withinDatabase(text: string, otherwise: () => Verdict): Verdict {
  if (!outside.test(text)) return otherwise()
  const called = cutTokens(text).find(
    ({ kind, text: name }) => (kind === 'word' || kind === 'quoted') && outside.test(name),
  )
  return called === undefined ? otherwise() : refused(`${called.text}()`)
}

function judgePragma(head: string): Verdict {
  const [, name = ''] = /^pragma\s+(?:main\s*\.\s*)?(\w+)/i.exec(head.trim()) ?? []
  const pragma = name.toLowerCase()
  if (stored.has(pragma)) return { kind: 'run' }
  return settled.has(pragma) ? { kind: 'skip' } : refused(`PRAGMA ${name}`)
}

/** Accepts exactly `insert into sqlite_schema(type,name,tbl_name,rootpage,sql)values('table','t','t',0,'CREATE VIRTUAL TABLE …')`. */
function schemaRow(text: string): Verdict | null {
  if (!/^(?:insert|replace)[\s\S]{0,100}?sqlite_(?:temp_)?(?:master|schema)/i.test(text)) return null
  const tokens = cutTokens(text)
  const target = tokens[2]?.text.toLowerCase()
  if (target !== 'sqlite_schema' && target !== 'sqlite_master') return null
  const words = tokens
    .slice(3, -1)
    .map(({ kind, text: word }) => (kind === 'string' ? null : word.toLowerCase()))
  const columns = '( type , name , tbl_name , rootpage , sql ) values ('.split(' ')
  const isShaped =
    columns.every((word, at) => words[at] === word) &&
    words.slice(columns.length).join(' ') === ' ,  ,  , 0 ,  )'
  const [type, , name, , table, , , , sql] = tokens.slice(3 + columns.length)
  const isVirtual =
    isShaped &&
    type!.text === 'table' &&
    name!.text === table!.text &&
    /^create\s+virtual\s+table\b/i.test(sql!.text)
  return isVirtual
    ? { kind: 'virtual-table', name: name!.text, sql: sql!.text }
    : refused(`a row of ${target}`)
}
