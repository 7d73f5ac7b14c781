/**
 * How a column that references a row of another table becomes that row's UUID. What such a column holds (the parent's text id, its integer
 * key, a model's name) is not declared, so that its values decide: it references the parent column that leaves the fewest orphans.
 * Invariant: a reference never gets a UUID other than its parent's, nor that of one of several possible parents.
 */

import { quoteSqlite, quoteSqliteText } from '../../syntax/sqlite-names.ts'
import type { MappedTable } from '../base/planning.ts'
import {
  addressOf,
  columnCensus,
  identitySql,
  plainName,
  rowName,
  valuesIn,
  wordsFor,
} from '../base/planning.ts'
import {
  allAsOrphans,
  countRepeats,
  findOrphans,
  identityPairs,
  idText,
  type Orphans,
} from '../evidence/questions.ts'

/** Maximum number of parents in a lookup across databases, which is written out in the plan: SQLite limits the length of SQL. */
const longestLookup = 2_000
/** Maximum number of comparisons for a lookup without an index: some seconds. */
const mostComparisons = 50_000_000

type FollowedReference = {
  /** The parent column that the values reference; null when there is none, or when the parent isn't part of the run. */
  readonly parentColumn: string | null
  /** SQL that returns the parent's identity for a child row; null when the values are the identity. */
  readonly lookup: string | null
  readonly orphans: Orphans
}

/** Finds the column of `parent` that the values of `column` reference. */
export function followReference(
  child: MappedTable,
  column: string,
  parent: MappedTable | null,
): FollowedReference {
  const { queries } = child.planning
  const address = addressOf(child, column)
  const childKey = rowName(child.table)
  if (parent === null) {
    return { parentColumn: null, lookup: null, orphans: allAsOrphans(queries, address, childKey) }
  }
  const isEmpty = valuesIn(columnCensus(child.census, column)) === 0
  let best: { column: string; orphans: Orphans } | null = null
  for (const candidate of candidatesOf(child, column, parent)) {
    const isIdentity = candidate === parent.identity.column
    const parentAddress = addressOf(parent, candidate)
    if (!isIdentity) {
      const repeats = countRepeats(queries, parent.database, parent.table.name, [idText(parentAddress.sql)])
      if (repeats > 0) continue
    }
    if (isEmpty) return { parentColumn: candidate, lookup: null, orphans: { rows: 0, samples: [] } }
    const orphans = findOrphans(queries, address, parentAddress, childKey)
    if (best === null || orphans.rows < best.orphans.rows) best = { column: candidate, orphans }
    if (orphans.rows === 0) break
  }
  if (best === null)
    return { parentColumn: null, lookup: null, orphans: allAsOrphans(queries, address, childKey) }
  if (best.column === parent.identity.column)
    return { parentColumn: best.column, lookup: null, orphans: best.orphans }
  const lookup = lookupOf(child, column, parent, best.column)
  if (lookup === null) {
    return { parentColumn: null, lookup: null, orphans: allAsOrphans(queries, address, childKey) }
  }
  return { parentColumn: best.column, lookup, orphans: best.orphans }
}

/** Returns the parent columns that a child may reference, the most likely first: on a tie the first wins. */
function candidatesOf(child: MappedTable, column: string, parent: MappedTable): readonly string[] {
  const names: string[] = []
  const isSibling = child.database === parent.database
  for (const key of child.table.foreignKeys) {
    const isTheirs = isSibling && key.table.toLowerCase() === parent.table.name.toLowerCase()
    if (isTheirs && key.columns.length === 1 && key.columns[0] === column) names.push(...key.parentColumns)
  }
  if (parent.identity.column !== null) names.push(parent.identity.column)
  names.push('id', column, ...parent.table.primaryKey, ...(parent.mapping.namedBy ?? []))
  const found = names
    .map(
      (name) => parent.table.columns.find((candidate) => plainName(candidate.name) === plainName(name))?.name,
    )
    .filter((name) => name !== undefined)
  return [...new Set(found)]
}

/**
 * Returns SQL that looks up the parent row by row in the same database. An expression can't read another database, so that the ids and
 * identities of its parent rows (few, such as models) are written into the SQL. Null when they are many: the values are then kept like
 * those of orphans.
 */
function lookupOf(
  child: MappedTable,
  column: string,
  parent: MappedTable,
  parentColumn: string,
): string | null {
  const identity = identitySql(parent)
  if (identity === null) return null
  const value = `${quoteSqlite(child.table.name)}.${quoteSqlite(column)}`
  const named = quoteSqlite(parentColumn)
  if (child.database === parent.database) {
    const alias = 'gpt_migrate_parent'
    const isIndexed = hasIndex(parent, parentColumn)
    if (!isIndexed && parent.census.rows * child.census.rows > mostComparisons) return null
    // The index finds what SQLite considers equal, such as '05' and 5, which are different ids.
    const step = isIndexed ? `${alias}.${named} = ${value} and ` : ''
    const match = `${step}${idText(`${alias}.${named}`)} = ${idText(value)}`
    return `(select ${alias}.${identity} from ${quoteSqlite(parent.table.name)} as ${alias} where ${match})`
  }
  const pairs = identityPairs(
    child.planning.queries,
    addressOf(parent, parentColumn),
    identity,
    longestLookup,
  )
  if (pairs === null || pairs.length === 0) return null
  const branches = pairs.map(([id, made]) => `when ${quoteSqliteText(id)} then ${made}`)
  return `case ${idText(value)} ${branches.join(' ')} end`
}

function hasIndex({ table }: MappedTable, column: string): boolean {
  if (table.key.kind === 'rowid' && table.key.column === column) return true
  return table.indexes.some(({ columns, partial }) => !partial && columns[0]?.name === column)
}

/** Returns the mapped source table that a target column references by the mapping; null when it isn't part of the run. */
export function parentOf(
  tables: readonly MappedTable[],
  child: MappedTable,
  target: string,
): MappedTable | null {
  const references = wordsFor(child, target).references
  if (references === undefined) return null
  return (
    tables.find(({ role, roleTable }) => role === references.database && roleTable === references.table) ??
    null
  )
}
