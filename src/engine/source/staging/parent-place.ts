/**
 * Makes a parent's rows available to the connection that searches for orphans. Invariant: values are compared as the parent's snapshot
 * stores them, and only temporary tables are written.
 */
import type { ReferencePlan } from '../../model/plan.ts'
import { quoteSqlite } from '../../syntax/sqlite-names.ts'
import { textEncodingOf } from '../base/raw-cells.ts'
import { RowQuery } from '../base/row-query.ts'
import { openReadOnly, type SqliteDatabase } from '../base/sqlite.ts'

export type ParentPlace = { readonly table: string; readonly isAttached: boolean }

/** Returns where this connection finds the parent's rows; `file` is the parent's database if it is not the child's. */
export function attachParent(
  db: SqliteDatabase,
  parent: NonNullable<ReferencePlan['parent']>,
  file: string | null,
): ParentPlace {
  if (file === null) return { table: `main.${quoteSqlite(parent.table)}`, isAttached: false }
  using other = openReadOnly(file)
  if (textEncodingOf(other) === textEncodingOf(db)) {
    db.prepare('attach ? as parents').run(file)
    return { table: `parents.${quoteSqlite(parent.table)}`, isAttached: true }
  }
  // SQLite cannot attach a database with another text encoding, so the ids are copied as values.
  const names = parent.columns.map(quoteSqlite)
  db.exec(`create temp table parents(${names.join(', ')})`)
  const insert = db.prepare(`insert into temp.parents values (${names.map(() => '?').join(', ')})`)
  const rows = new RowQuery(other, names, `from ${quoteSqlite(parent.table)}`)
  db.exec('begin')
  for (const row of rows.iterate([])) insert.run(...row)
  db.exec('commit')
  return { table: 'temp.parents', isAttached: false }
}

/** Returns the parent itself if it has an index to find these columns by, else an indexed copy of them. */
export function parentIndex(db: SqliteDatabase, parent: ParentPlace, columns: readonly string[]): string {
  const steps = db
    .prepare(
      `explain query plan select 1 from ${parent.table} as p where ${columns.map((column) => `p.${column} = ? collate binary`).join(' and ')}`,
    )
    .all(columns.map(() => null)) as { detail: string }[]
  if (steps.every(({ detail }) => detail.startsWith('SEARCH'))) return parent.table
  const names = columns.join(', ')
  db.exec(`create temp table parent_ids(${names})`)
  db.exec(`insert into temp.parent_ids select distinct ${names} from ${parent.table} order by ${names}`)
  db.exec(`create index temp.parent_ids_index on parent_ids(${names})`)
  return 'temp.parent_ids'
}
