/**
 * Rewrites the text of a table or index without names that only the application registers: BINARY replaces unknown collations; columns with
 * unknown functions are rewritten. Invariant: stored values are not affected, and each replacement is reported.
 */
import type { Finding } from '../../model/finding.ts'
import { cutTokens } from '../../syntax/sqlite-tokens.ts'
import { pragmaRows } from '../base/pragma-rows.ts'
import type { SqliteDatabase } from '../base/sqlite.ts'
import { type WithoutFunctions, withoutFunctions } from './unknown-functions.ts'

/** The names that this SQLite knows: collations in upper case, functions in lower case. */
type KnownNames = { readonly collations: ReadonlySet<string>; readonly functions: ReadonlySet<string> }

export function knownNames(db: SqliteDatabase): KnownNames {
  const names = (pragma: 'collation_list' | 'function_list'): readonly string[] =>
    pragmaRows<{ readonly name: string }>(db, pragma, null).map(({ name }) => name)
  return {
    collations: new Set(names('collation_list').map((name) => name.toUpperCase())),
    functions: new Set(names('function_list').map((name) => name.toLowerCase())),
  }
}

export type WithoutUnknown = WithoutFunctions & { readonly collations: readonly string[] }

/** Null when all names are known. */
export function withoutUnknown(
  sql: string,
  type: 'table' | 'index',
  known: KnownNames,
): WithoutUnknown | null {
  if (!/\b(?:collate|as)\b/i.test(sql) || /^\s*create\s+virtual\b/i.test(sql)) return null
  const { sql: ordered, collations } = withBinary(sql, known.collations)
  const cut =
    type === 'table' ? withoutFunctions(ordered, known.functions) : { sql: ordered, stored: [], virtual: [] }
  return cut.sql === sql ? null : { ...cut, collations }
}

/** Replaces each unknown collation with BINARY. */
function withBinary(
  given: string,
  known: ReadonlySet<string>,
): { readonly sql: string; readonly collations: readonly string[] } {
  const tokens = cutTokens(given)
  const collations: string[] = []
  let sql = given
  // From the end, so that earlier positions stay valid.
  for (let at = tokens.length - 1; at > 0; at--) {
    const { kind, text, start, end } = tokens[at]!
    const before = tokens[at - 1]!
    const isName = kind === 'word' || kind === 'quoted' || kind === 'string'
    if (!isName || before.kind !== 'word' || before.text.toUpperCase() !== 'COLLATE') continue
    if (known.has(text.toUpperCase())) continue
    collations.unshift(text)
    sql = `${sql.slice(0, start)}BINARY${sql.slice(end)}`
  }
  return { sql, collations }
}

/** One warning for each kind of replacement. */
export function standInFindings(
  database: string,
  table: string,
  replaced: readonly Omit<WithoutUnknown, 'sql'>[],
): readonly Finding[] {
  return [...aboutCollations(database, table, replaced), ...aboutFunctions(database, table, replaced)]
}

function aboutCollations(
  database: string,
  table: string,
  rows: readonly Omit<WithoutUnknown, 'sql'>[],
): readonly Finding[] {
  const names = [...new Set(rows.flatMap(({ collations }) => collations))]
  if (names.length === 0) return []
  return [
    {
      severity: 'warning',
      code: 'collation-unknown',
      message: `${table} uses ${names.length === 1 ? 'the collation' : 'the collations'} ${names.join(', ')}, which only the application registers: its values are moved as they are stored, and keys, indexes and comparisons go by their bytes.`,
      hint: 'Where the order or equality of the application matters, give the column a collation of PostgreSQL after the move.',
      database,
      table,
    },
  ]
}

function aboutFunctions(
  database: string,
  table: string,
  rows: readonly Omit<WithoutUnknown, 'sql'>[],
): readonly Finding[] {
  const [stored, virtual] = [
    new Set(rows.flatMap((row) => row.stored)),
    new Set(rows.flatMap((row) => row.virtual)),
  ]
  if (stored.size + virtual.size === 0) return []
  const said = [
    ...(stored.size > 0
      ? [`those stored by ${[...stored].join(', ')} are moved as ordinary columns, with their values`]
      : []),
    ...(virtual.size > 0
      ? [`those computed by ${[...virtual].join(', ')} have no stored values, and are null`]
      : []),
  ]
  return [
    {
      severity: 'warning',
      code: 'function-unknown',
      message: `${table} has generated columns by functions that only the application registers: ${said.join('; ')}.`,
      hint: 'Let the application fill them after the move, or create them again in PostgreSQL.',
      database,
      table,
    },
  ]
}
