/**
 * Whether every reference has its parent row, in one select: most do, and then no orphans have to be collected. Invariant: where it finds
 * nothing missing, each reference equals a parent in storage class and bytes, so that it is an orphan under no comparison.
 */
import type { SnapshotQueries } from '../../model/snapshot.ts'
import { quoteSqlite } from '../../syntax/sqlite-names.ts'

type KeyColumns = { readonly table: string; readonly columns: readonly string[] }

/** SQLite sorts the references of tables without an index on them in a temporary file, here of 200 MB. */
const MOST_SORTED = 10_000_000

const MOST_EXACT = Number.MAX_SAFE_INTEGER

/**
 * Returns a select with one value: 1 when a reference of `child`, which has `rows` rows, may have no parent row, else 0. Equal references
 * are looked up once and in order, so that each page of the parent is read once.
 */
export function missingParentSql(child: KeyColumns, parent: KeyColumns, rows: number): string {
  const values = child.columns.map((column, at) => `c.${quoteSqlite(column)} as v${at}`)
  // Equal values of different storage classes are numbers, and have the same id (`id-text.ts`) up to 2^53.
  const groups = child.columns.map((column) => `c.${quoteSqlite(column)} collate binary`)
  const present = child.columns.map((_, at) => `typeof(v${at}) <> 'null'`)
  const equal = parent.columns.map(
    (column, at) =>
      `p.${quoteSqlite(column)} = +v${at} collate binary and typeof(p.${quoteSqlite(column)}) = typeof(v${at})`,
  )
  const alike = child.columns.map(
    (column, at) =>
      `typeof(v${at}) in ('integer', 'real') and v${at} not between -${MOST_EXACT} and ${MOST_EXACT}
        and exists (select 1 from ${quoteSqlite(child.table)} as c where typeof(c.${quoteSqlite(column)}) = 'real')`,
  )
  return `select exists (
    select 1
    from (
      select ${values.join(', ')}
      from ${quoteSqlite(child.table)} as c
      ${rows > MOST_SORTED ? '' : `group by ${groups.join(', ')}`}
    )
    where ${present.join(' and ')}
      and (
        not exists (select 1 from ${quoteSqlite(parent.table)} as p where ${equal.join(' and ')})
        or ${alike.join(' or ')}
      )
  )`
}

/** Asks for tables of one database. */
export function haveAllParents(
  queries: SnapshotQueries,
  database: string,
  child: KeyColumns,
  parent: KeyColumns,
  rows: number,
): boolean {
  return Number(queries.rows([database], missingParentSql(child, parent, rows))[0]?.[0]) === 0
}
