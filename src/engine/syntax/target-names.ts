import { createHash } from 'node:crypto'
import type { Finding } from '../model/finding.ts'

/**
 * Names in PostgreSQL for names from SQLite. Invariant: different names stay different, whatever has to be changed in them, and equal input
 * returns equal names. Reserved words, capitals, spaces and quotes need no change, since every identifier is quoted.
 */

/** Bytes of UTF-8 in an identifier; PostgreSQL truncates longer ones with a notice (manual, section 4.1.1). */
const longest = 63

/** Names of the system columns that every PostgreSQL table has (manual, section 5.6). */
const systemColumns = new Set(['ctid', 'xmin', 'xmax', 'cmin', 'cmax', 'tableoid'])

/** Returns the name, or for one longer than 63 bytes its beginning and eight hex digits of its hash. */
export function fitIdentifier(name: string): string {
  if (Buffer.byteLength(name) <= longest) return name
  const digest = createHash('sha256').update(name).digest('hex').slice(0, 8)
  return `${cutToBytes(name, longest - 9)}_${digest}`
}

/** Returns the longest prefix of whole characters that fits into `bytes`. */
function cutToBytes(text: string, bytes: number): string {
  let used = 0
  let end = 0
  for (const character of text) {
    used += Buffer.byteLength(character)
    if (used > bytes) break
    end += character.length
  }
  return text.slice(0, end)
}

/** `orderID` → `order_id`, `HTTPServer 2` → `http_server_2`. Keeps letters of all scripts. */
export function toSnakeCase(name: string): string {
  return name
    .replaceAll(/(\p{Ll}|\p{N})(\p{Lu})/gu, '$1_$2')
    .replaceAll(/(\p{Lu})(\p{Lu}\p{Ll})/gu, '$1_$2')
    .replaceAll(/[^\p{L}\p{M}\p{N}_]+/gu, '_')
    .replaceAll(/_{2,}/g, '_')
    .toLowerCase()
}

export type NameRules = {
  readonly identifiers: 'keep' | 'snake_case'
  /** Names of columns must differ from those of system columns. */
  readonly of: 'columns' | 'tables'
}

/**
 * Returns a target name for each name, which are the columns of one table or the tables of one schema. Names that can stay unchanged do;
 * of names that become equal, all but the first get a number.
 */
export function resolveNames(names: readonly string[], rules: NameRules): Map<string, string> {
  const pool = new NamePool()
  const resolved = new Map<string, string>()
  for (const name of names) {
    if (resolveAlone(name, rules) === name) resolved.set(name, pool.claim(name))
  }
  for (const name of names) {
    if (!resolved.has(name)) resolved.set(name, pool.claim(resolveAlone(name, rules)))
  }
  return resolved
}

/** Returns a target name for each column of a select, in which names may repeat. */
export function uniqueNames(
  names: readonly string[],
  identifiers: NameRules['identifiers'] = 'keep',
): string[] {
  const pool = new NamePool()
  return names.map((name) => pool.claim(resolveAlone(name, { identifiers, of: 'columns' })))
}

function resolveAlone(name: string, { identifiers, of }: NameRules): string {
  const spelled = identifiers === 'snake_case' ? toSnakeCase(name) : name
  // Lone surrogates cannot be encoded as UTF-8, and names cannot contain U+0000.
  const clean = spelled.toWellFormed().replaceAll('\0', '\ufffd')
  if (clean === '') return of === 'columns' ? 'unnamed' : 'unnamed_table'
  return fitIdentifier(of === 'columns' && systemColumns.has(clean) ? `${clean}_` : clean)
}

/** Hands out unique names of one namespace. */
export class NamePool {
  readonly #taken = new Set<string>()

  constructor(taken: Iterable<string> = []) {
    for (const name of taken) this.#taken.add(name)
  }

  /** Returns the wanted name fitted to 63 bytes, with a number when it is taken. */
  claim(wanted: string): string {
    const fitted = fitIdentifier(wanted)
    let name = fitted
    for (let number = 2; this.#taken.has(name); number++) {
      const suffix = `_${number}`
      name = `${cutToBytes(fitted, longest - suffix.length)}${suffix}`
    }
    this.#taken.add(name)
    return name
  }

  has(name: string): boolean {
    return this.#taken.has(name)
  }
}

const extensions =
  /(?:\.(?:sqlite3?|sqlitedb|db3?|s3db|s2db|sl3|sl2|sdb|sqlite-db|data|bak))?(?:\.(?:sql|dump)(?:\.gz)?)?$/i

/** Returns a schema name for a database file: `live_trading.db` → `live_trading`. PostgreSQL refuses names that begin with `pg_`. */
export function schemaNameOf(database: string): string {
  const name = toSnakeCase(database.replace(extensions, '')).replaceAll(/^_+|_+$/g, '')
  if (name === '') return 'db'
  const isTaken = name === 'information_schema' || name === 'gpt_migrate'
  return fitIdentifier(isTaken || name.startsWith('pg_') ? `db_${name}` : name)
}

/** Returns a different schema name for each database. `taken`: names that must not be used. */
export function resolveSchemaNames(
  databases: readonly string[],
  taken: Iterable<string>,
): Map<string, string> {
  const pool = new NamePool(taken)
  return new Map(databases.map((database) => [database, pool.claim(schemaNameOf(database))]))
}

/** Returns a finding for each name that changed. */
export function findRenamed(
  names: ReadonlyMap<string, string>,
  rules: NameRules,
  where: Pick<Finding, 'database' | 'table' | 'tableId'>,
): Finding[] {
  const noun = rules.of === 'columns' ? 'Column' : 'Table'
  return [...names]
    .filter(([from, to]) => from !== to)
    .map(([from, to]) => ({
      severity: 'notice' as const,
      code: 'renamed',
      message: `${noun} ${JSON.stringify(from)}${where.table === undefined ? '' : ` of ${JSON.stringify(where.table)}`} is named ${JSON.stringify(to)}: ${reasonFor(from, to, rules)}.`,
      ...where,
      ...(rules.of === 'columns' ? { column: from } : { table: from }),
    }))
}

function reasonFor(from: string, to: string, rules: NameRules): string {
  if (from === '') return 'it has no name, and PostgreSQL needs one'
  if (rules.of === 'columns' && systemColumns.has(from)) return 'PostgreSQL keeps that name for itself'
  const alone = resolveAlone(from, rules)
  if (alone !== to) return `${JSON.stringify(alone)} is taken`
  if (Buffer.byteLength(from) > longest) return 'PostgreSQL keeps 63 bytes of a name'
  return rules.identifiers === 'snake_case'
    ? 'names are written in snake_case'
    : 'PostgreSQL does not take it as it is'
}
