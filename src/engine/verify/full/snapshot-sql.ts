/**
 * The SQL by which the full comparison reads the snapshots. Invariant: order, number and key of a table's rows are those of its own b-tree,
 * and values do not depend on optimisations of SQLite that trust a declaration.
 */
import type { SourceKey } from '../../model/catalog.ts'
import type { ReferencePlan } from '../../model/plan.ts'
import type { SqliteDatabase } from '../../source/base/sqlite.ts'
import { quoteSqlite } from '../../syntax/sqlite-names.ts'

/** The schema name of each database in SQL. */
export type Schemas = ReadonlyMap<string, string>

/** Returns the order of the table's own b-tree; null when it has no name for its rowid. */
function orderOf(key: SourceKey): string | null {
  switch (key.kind) {
    case 'rowid':
      return quoteSqlite(key.name)
    case 'primary-key':
      return key.columns
        .map(
          ({ name, collation, descending }) =>
            `${quoteSqlite(name)} collate ${quoteSqlite(collation)}${descending ? ' desc' : ''}`,
        )
        .join(', ')
    case 'none':
      return null
    default:
      return key satisfies never
  }
}

/** Returns a from clause that reads a table in key order, or by a scan. */
export function walked(schema: string, table: string, key: SourceKey): string {
  const order = orderOf(key)
  const name = `${schema}.${quoteSqlite(table)}`
  return order === null ? `from ${name} not indexed` : `from ${name}\norder by ${order}`
}

export function numberOf(key: SourceKey): string {
  const order = orderOf(key)
  return `row_number() over (${order === null ? '' : `order by ${order}`})`
}

/** Brackets a user's expression; the line break ends a comment in it. */
export function bracketed(expression: string): string {
  return `(${expression}\n)`
}

/** Returns SQL that is 1 for an orphan; references with a null are no orphans. */
export function orphanExpression({ columns, parent }: ReferencePlan, schemas: Schemas): string {
  const own = columns.map(quoteSqlite)
  // `typeof`, since SQLite takes `is not null` for true on a column declared not null, whatever it holds.
  const hasNoNull = own.map((column) => `typeof(${column}) <> 'null'`).join(' and ')
  if (parent === null) return `(${hasNoNull})`
  const ids = parent.columns.map((column) => idText(quoteSqlite(column)))
  const isRow = parent.columns.map((column) => `typeof(${quoteSqlite(column)}) <> 'null'`).join(' and ')
  const rows = `select ${ids.join(', ')} from ${schemas.get(parent.database)}.${quoteSqlite(parent.table)} where ${isRow}`
  return `(${hasNoNull} and (${own.map(idText).join(', ')}) not in (${rows}))`
}

/** Ids are equal when their texts are; a UUID is equal in any spelling, including 16 bytes. */
function idText(id: string): string {
  const bare = `replace(${id}, '-', '')`
  return `(case typeof(${id})
    when 'integer' then 't' || ${id}
    when 'real' then case when abs(${id}) <= 9007199254740992 and round(${id}) = ${id}
      then 't' || cast(${id} as integer) else 'r' || printf('%!.17g', ${id}) end
    when 'blob' then case length(${id}) when 16 then 'u' else 'b' end || lower(hex(${id}))
    else case when length(${bare}) = 32 and ${bare} not glob '*[^0-9a-fA-F]*'
        and (${id} = ${bare} or ${id} like '________-____-____-____-____________')
      then 'u' || lower(${bare}) else 't' || ${id} end
    end collate binary)`
}

/** Returns the key of a child table, which the plan does not have. */
export function keyOf(db: SqliteDatabase, schema: string, table: string): SourceKey {
  // Pragma statements, since a user's table may have the name of a pragma function.
  const pragma = (name: string, of: string): Record<string, string | number | null>[] =>
    db
      .prepare(`pragma ${quoteSqlite(schema)}.${name}(${quoteSqlite(of)})`)
      .safeIntegers(false)
      .all() as Record<string, string | number | null>[]
  // `index_info` returns rows for WITHOUT ROWID tables only; `table_list` would prepare every view.
  const isWithoutRowid = pragma('index_info', table).length > 0
  if (!isWithoutRowid) {
    const names = pragma('table_xinfo', table).map(({ name }) => String(name).toLowerCase())
    const name = ['rowid', '_rowid_', 'oid'].find((hidden) => !names.includes(hidden))
    return name === undefined ? { kind: 'none' } : { kind: 'rowid', name, column: null }
  }
  const columns = pragma('index_list', table)
    .filter(({ origin }) => origin === 'pk')
    .flatMap(({ name: index }) => pragma('index_xinfo', String(index)))
    .filter(({ key }) => key === 1)
    .sort((a, b) => Number(a.seqno) - Number(b.seqno))
    .map(({ name, desc, coll }) => ({
      name: String(name),
      descending: Number(desc),
      collation: String(coll),
    }))
  return {
    kind: 'primary-key',
    columns: columns.map((column) => ({ ...column, descending: column.descending === 1 })),
  }
}
