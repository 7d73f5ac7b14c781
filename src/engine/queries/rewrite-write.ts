/**
 * A statement that writes in PostgreSQL's SQL: INSERT OR IGNORE and OR REPLACE as ON CONFLICT, names that are others there, and
 * expressions by our own translator. Invariant: what is not known here is left as it is, and a run tells whether that is right.
 */
import { quoteIdentifier } from '../syntax/postgres-names.ts'
import { isSameName } from '../syntax/sqlite-names.ts'
import type { Token } from '../syntax/sqlite-tokens.ts'
import { columnNamed, type KnownTable } from './known-tables.ts'
import { plainNames } from './plain-names.ts'
import { tokensOf } from './statement-kind.ts'

/** With SQLite's placeholders still; null where there is nothing to change, or it cannot be. */
export function rewriteWrite(sql: string, tables: readonly KnownTable[]): string | null {
  const tokens = tokensOf(sql)
  const upper = (at: number): string => (tokens[at]?.kind === 'word' ? tokens[at]!.text.toUpperCase() : '')
  const isReplace = upper(0) === 'REPLACE'
  const resolution = isReplace ? 'REPLACE' : upper(0) === 'INSERT' && upper(1) === 'OR' ? upper(2) : null
  const into = tokens.findIndex((_, at) => upper(at) === 'INTO')
  const target =
    into < 0 ? undefined : tables.find(({ name }) => isSameName(name, tokens[into + 1]?.text ?? ''))
  let text = sql
  if (resolution !== null) {
    if (target === undefined || tokens.some((_, at) => upper(at) === 'CONFLICT')) return null
    const given = columnsOf(tokens, into, target)
    const conflict = conflictClause(resolution, target, given)
    if (conflict === null) return null
    const returning = tokens.findIndex((_, at) => upper(at) === 'RETURNING')
    const end = returning < 0 ? sql.trimEnd().replace(/;$/, '').length : tokens[returning]!.start
    text = `INSERT INTO ${sql.slice(tokens[into + 1]!.start, end).trimEnd()} ${conflict}${returning < 0 ? '' : ` ${sql.slice(end)}`}`
  }
  const changed = changeWords(text, tables)
  return changed === sql ? null : changed
}

/** Names of the columns that an INSERT lists; null for another statement. */
export function insertedColumns(sql: string, target: KnownTable): readonly string[] | null {
  const tokens = tokensOf(sql)
  const into = tokens.findIndex(({ kind, text }) => kind === 'word' && text.toUpperCase() === 'INTO')
  return into < 0 ? null : columnsOf(tokens, into, target)
}

/** The columns that an INSERT names, or all. */
function columnsOf(tokens: readonly Token[], into: number, target: KnownTable): readonly string[] {
  if (tokens[into + 2]?.text !== '(') return target.columns.map(({ name }) => name)
  const names: string[] = []
  for (let at = into + 3; at < tokens.length && tokens[at]!.text !== ')'; at++) {
    const column = columnNamed(target, tokens[at]!.text)
    if (column !== undefined) names.push(column.name)
  }
  return names
}

/** OR REPLACE only for the one key that a row can clash on: it removes the old row, and with it the columns that are not named. */
export function conflictClause(
  resolution: string,
  target: KnownTable,
  given: readonly string[],
): string | null {
  if (resolution === 'IGNORE') return 'ON CONFLICT DO NOTHING'
  if (resolution !== 'REPLACE') return null
  const { primaryKey, indexes } = target.catalog
  const keys = [
    primaryKey,
    ...indexes
      .filter(({ unique, partial }) => unique && !partial)
      .map(({ columns }) => columns.map(({ name }) => name ?? '')),
  ].filter(
    (columns) => columns.length > 0 && columns.every((name) => given.some((one) => isSameName(one, name))),
  )
  const distinct = [...new Map(keys.map((columns) => [columns.join('\0'), columns])).values()]
  const [key] = distinct
  if (key === undefined || distinct.length > 1) return null
  const named = (name: string): string =>
    plainNames(quoteIdentifier(columnNamed(target, name)?.target?.name ?? name))
  const isGiven = (name: string): boolean => given.some((one) => isSameName(one, name))
  const sets = target.columns
    .filter(({ name, target: moved }) => {
      if (moved === null || key.some((one) => isSameName(one, name))) return false
      // SQLite assigns a new id to the row that replaces another.
      return !primaryKey.some((one) => isSameName(one, name)) || !isGiven(name)
    })
    .map(({ name }) => `${named(name)} = ${isGiven(name) ? `EXCLUDED.${named(name)}` : 'DEFAULT'}`)
  const action = sets.length === 0 ? 'DO NOTHING' : `DO UPDATE SET ${sets.join(', ')}`
  return `ON CONFLICT (${key.map(named).join(', ')}) ${action}`
}

const functions: Readonly<Record<string, string>> = { ifnull: 'coalesce', instr: 'strpos' }

/** Words that are others there: functions, `==`, names of tables and columns. */
function changeWords(sql: string, tables: readonly KnownTable[]): string {
  const tokens = tokensOf(sql)
  let changed = ''
  let from = 0
  const put = (token: Token, text: string): void => {
    changed += sql.slice(from, token.start) + text
    from = token.end
  }
  for (const [at, token] of tokens.entries()) {
    if (token.kind === 'symbol' && token.text === '==') put(token, '=')
    if (token.kind !== 'word' && token.kind !== 'quoted') continue
    const isCall = token.kind === 'word' && tokens[at + 1]?.text === '('
    const other = (isCall ? functions[token.text.toLowerCase()] : undefined) ?? targetName(token, tables)
    if (other !== null) put(token, other)
  }
  return changed + sql.slice(from)
}

/** The name in the target, where it is not the one that PostgreSQL reads in the token. */
function targetName({ kind, text, double }: Token, tables: readonly KnownTable[]): string | null {
  const found =
    tables.find(({ name }) => isSameName(name, text))?.copied?.target.table ??
    tables.flatMap(({ columns }) => columns).find(({ name }) => isSameName(name, text))?.target?.name
  if (found === undefined) return null
  const read = kind === 'word' ? text.toLowerCase() : double ? text : null
  return read === found ? null : plainNames(quoteIdentifier(found))
}
