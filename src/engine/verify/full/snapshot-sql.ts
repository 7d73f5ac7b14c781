/**
 * The SQL by which the full comparison walks the snapshots. Invariant: order, number and key of a table's rows are those of its own
 * b-tree, and no optimisation of SQLite's that trusts a declaration decides what a value is.
 */
import type { SourceKey } from '../../model/catalog.ts'
import type { ReferencePlan } from '../../model/plan.ts'
import type { SqliteDatabase } from '../../source/base/sqlite.ts'
import { quoteSqlite } from '../../syntax/sqlite-names.ts'

/** The name by which each database is known in SQL. */
export type Schemas = ReadonlyMap<string, string>

/** In the order of the table's own b-tree. */
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

/** A table with the way its rows are walked: by its key, or from one end to the other. */
export function walked(schema: string, table: string, key: SourceKey): string {
  const order = orderOf(key)
  const name = `${schema}.${quoteSqlite(table)}`
  return order === null ? `from ${name} not indexed` : `from ${name}\norder by ${order}`
}

export function numberOf(key: SourceKey): string {
  const order = orderOf(key)
  return `row_number() over (${order === null ? '' : `order by ${order}`})`
}

/** A line break ends a comment in what a person wrote. */
export function bracketed(expression: string): string {
  return `(${expression}\n)`
}

/** 1 where a reference names no row of its parent; nulls name none and are no orphans. */
export function orphanExpression({ columns, parent }: ReferencePlan, schemas: Schemas): string {
  const own = columns.map(quoteSqlite)
  // By class: SQLite takes `is not null` for true on a column that is declared so, whatever it holds.
  const isSaid = own.map((column) => `typeof(${column}) <> 'null'`).join(' and ')
  if (parent === null) return `(${isSaid})`
  const ids = parent.columns.map((column) => idText(quoteSqlite(column)))
  const isRow = parent.columns.map((column) => `typeof(${quoteSqlite(column)}) <> 'null'`).join(' and ')
  const rows = `select ${ids.join(', ')} from ${schemas.get(parent.database)}.${quoteSqlite(parent.table)} where ${isRow}`
  return `(${isSaid} and (${own.map(idText).join(', ')}) not in (${rows}))`
}

/** Ids are the same when their texts are; a UUID is the same in any spelling, 16 bytes included. */
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

/** The key of a child table, of which the plan says nothing. */
export function keyOf(db: SqliteDatabase, schema: string, table: string): SourceKey {
  // As statements: a user's table may be named as the functions that list the same.
  const pragma = (name: string, of: string): Record<string, string | number | null>[] =>
    db
      .prepare(`pragma ${quoteSqlite(schema)}.${name}(${quoteSqlite(of)})`)
      .safeIntegers(false)
      .all() as Record<string, string | number | null>[]
  // Only such a table is listed as an index is; `table_list` would prepare every view.
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
