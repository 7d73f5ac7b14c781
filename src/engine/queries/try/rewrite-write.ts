/**
 * Rewrites a writing statement with few changes: INSERT OR IGNORE and OR REPLACE as ON CONFLICT, renamed tables and columns, some functions.
 * Invariant: everything else is left unchanged, and running the rewrite decides whether that is right.
 */
import { quoteIdentifier } from '../../syntax/postgres-names.ts'
import { isSameName } from '../../syntax/sqlite-names.ts'
import { edited, isNameToken, isWord, type Token, upperAt } from '../../syntax/sqlite-tokens.ts'
import { plainNames } from '../statement/plain-names.ts'
import { tokensOf } from '../statement/statement-kind.ts'
import { columnNamed, type KnownTable } from '../tables/known-tables.ts'
import { insertedColumns, writtenTable } from '../tables/written-table.ts'

/** Returns the rewrite, with SQLite's placeholders; null when nothing is to be changed, or the statement cannot be rewritten. */
export function rewriteWrite(sql: string, tables: readonly KnownTable[]): string | null {
  const tokens = tokensOf(sql)
  const isInsert = isWord(tokens[0], 'INSERT') && isWord(tokens[1], 'OR')
  const resolution = isWord(tokens[0], 'REPLACE') ? 'REPLACE' : isInsert ? upperAt(tokens, 2) : null
  let text = sql
  if (resolution !== null) {
    const target = writtenTable({ sql, tables })
    const inserted = target === null ? null : insertedColumns(tokens, target)
    if (target === null || inserted === null || tokens.some((token) => isWord(token, 'CONFLICT'))) return null
    const given = inserted.columns.map(({ name }) => name)
    const conflict = conflictClause(resolution, target, given)
    if (conflict === null) return null
    const into = tokens.find((token) => isWord(token, 'INTO'))!
    const returning = tokens.find((token) => isWord(token, 'RETURNING'))
    const end = returning?.start ?? sql.trimEnd().replace(/;$/, '').length
    text =
      `INSERT INTO ${sql.slice(into.end, end).trim()} ${conflict} ${sql.slice(returning?.start ?? sql.length)}`.trimEnd()
  }
  const changed = changeWords(text, tables)
  return changed === sql ? null : changed
}

/** Returns null for REPLACE unless rows can conflict on one key only. REPLACE gives columns without a value their defaults. */
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

/** Replaces words that differ in PostgreSQL: functions, `==`, names of tables and columns. */
function changeWords(sql: string, tables: readonly KnownTable[]): string {
  const edits = tokensOf(sql).flatMap((token, at, tokens) => {
    if (token.kind === 'symbol' && token.text === '==') return [{ ...token, text: '=' }]
    if (!isNameToken(token)) return []
    const isCall = token.kind === 'word' && upperAt(tokens, at + 1) === '('
    const other = (isCall ? functions[token.text.toLowerCase()] : undefined) ?? targetName(token, tables)
    return other === null ? [] : [{ ...token, text: other }]
  })
  return edited(sql, edits)
}

/** Returns the table's or column's name in the target; null when PostgreSQL reads the token as that name already. */
function targetName({ kind, text, double }: Token, tables: readonly KnownTable[]): string | null {
  const found =
    tables.find(({ name }) => isSameName(name, text))?.copied?.target.table ??
    tables.flatMap(({ columns }) => columns).find(({ name }) => isSameName(name, text))?.target?.name
  if (found === undefined) return null
  const read = kind === 'word' ? text.toLowerCase() : double ? text : null
  return read === found ? null : plainNames(quoteIdentifier(found))
}
