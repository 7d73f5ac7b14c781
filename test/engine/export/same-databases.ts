/** Everything a SQLite file says, cell by cell, for comparing what was exported with what it came from. */
import { openReadOnly, type SqliteDatabase } from '../../../src/engine/source/base/sqlite.ts'
import { quoteSqlite } from '../../../src/engine/syntax/sqlite-names.ts'

type Content = {
  readonly settings: Readonly<Record<string, unknown>>
  readonly schema: readonly unknown[]
  readonly sequences: readonly unknown[]
  /** By table: its rows in key order, each with its rowid, storage classes and bytes. */
  readonly rows: Readonly<Record<string, readonly string[]>>
}

/** `passedOver`: tables whose rows are not compared. */
export function contentOf(file: string, passedOver: readonly string[] = []): Content {
  using db = openReadOnly(file, { immutable: true })
  const schema = db.prepare('select type, name, tbl_name, sql from sqlite_schema order by rowid').all()
  const names = db
    .prepare(
      `select name, wr, type from pragma_table_list
        where schema = 'main' and type in ('table', 'virtual') and name not like 'sqlite!_%' escape '!' order by name`,
    )
    .all() as { name: string; wr: number }[]
  const settings = Object.fromEntries(
    ['encoding', 'page_size', 'auto_vacuum', 'user_version', 'application_id'].map((name) => [
      name,
      db.pragma(name, { simple: true }),
    ]),
  )
  const hasSequences = schema.some((object) => (object as { name: string }).name === 'sqlite_sequence')
  return {
    settings,
    schema,
    sequences: hasSequences
      ? db
          .prepare('select rowid, name, seq, typeof(seq) from sqlite_sequence order by rowid')
          .raw()
          .safeIntegers()
          .all()
      : [],
    rows: Object.fromEntries(
      names
        .filter(({ name }) => !passedOver.includes(name))
        .map(({ name, wr }) => [name, rowsOf(db, name, wr === 1)]),
    ),
  }
}

function rowsOf(db: SqliteDatabase, table: string, withoutRowid: boolean): string[] {
  const columns = db
    .prepare('select name from pragma_table_xinfo(?) where hidden <> 1')
    .pluck()
    .all(table) as string[]
  const taken = columns.map((name) => name.toLowerCase())
  const rowid = withoutRowid ? undefined : ['rowid', '_rowid_', 'oid'].find((name) => !taken.includes(name))
  const cells = columns
    .map(quoteSqlite)
    .flatMap((name) => [
      `typeof(${name})`,
      `case when typeof(${name}) in ('text', 'blob') then hex(cast(${name} as blob)) else ${name} end`,
    ])
  const rows = db
    .prepare(
      `select ${[...(rowid === undefined ? [] : [rowid]), ...cells].join(', ')} from ${quoteSqlite(table)}`,
    )
    .raw()
    .safeIntegers()
    .all() as unknown[][]
  return rows.map((row) => row.map((cell) => (Object.is(cell, -0) ? '-0' : String(cell))).join(' | ')).sort()
}
