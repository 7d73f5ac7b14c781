/**
 * Whether every reference has its parent row, by the census or in one select: most do, and then no orphans have to be collected. Invariant:
 * where nothing is found missing, each reference equals a parent in storage class and bytes, so that it is an orphan under no comparison.
 */
import type { Census, ColumnCensus } from '../../model/census.ts'
import type { Plan, ReferencePlan, TablePlan } from '../../model/plan.ts'
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

/**
 * Whether the census of both columns proves that no parent row is missing: there are no references, or `parent`, which must be a rowid, has
 * every integer of a range in which all references are.
 */
export function areWithinParents(child: ColumnCensus | undefined, parent: ColumnCensus | undefined): boolean {
  if (child === undefined || parent === undefined) return false
  if (child.reals + child.texts + child.blobs > 0) return false
  if (child.integerRange === null) return child.integers === 0
  if (parent.integerRange === null || parent.reals + parent.texts + parent.blobs > 0) return false
  const [least, most] = [BigInt(parent.integerRange.min), BigInt(parent.integerRange.max)]
  const isDense = most - least + 1n === BigInt(parent.integers)
  return isDense && BigInt(child.integerRange.min) >= least && BigInt(child.integerRange.max) <= most
}

/** What planning has counted, and asked: the queries remember their answers. */
export type KnownValues = { readonly censuses: readonly Census[]; readonly queries: SnapshotQueries }

/** Whether no row of the table is an orphan by this reference; false when that is not certain. */
export function haveAllParents(
  { censuses, queries }: KnownValues,
  plan: Plan,
  { id, database, table }: TablePlan,
  { columns, parent }: ReferencePlan,
): boolean {
  if (parent === null || parent.database !== database) return false
  const parentKey = plan.tables.flatMap(({ id: other, fate }) =>
    other === parent.tableId && fate.kind === 'copy' && fate.copy.key.kind === 'rowid'
      ? fate.copy.key.column
      : [],
  )[0]
  const censusOf = (name: string, column: string | undefined) =>
    censuses
      .find((census) => census.database === database)
      ?.tables.find((counted) => counted.table === name)
      ?.columns.find((counted) => counted.name === column)
  const isRowid = columns.length === 1 && parent.columns[0] === parentKey
  if (isRowid && areWithinParents(censusOf(table, columns[0]), censusOf(parent.table, parentKey))) return true
  const missing = missingParentSql({ table, columns }, parent, plan.sourceRows[id] ?? 0)
  return Number(queries.rows([database], missing)[0]?.[0]) === 0
}
