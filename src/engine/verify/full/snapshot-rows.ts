/**
 * The rows of a table plan as they are in the snapshots, read by SQL of this folder's own. Invariant: every row that the plan wants
 * is shown, in key order, with its orphans, children and group members found by SQLite itself.
 */
import { pathToFileURL } from 'node:url'
import type { SourceKey } from '../../model/catalog.ts'
import { MigrateError } from '../../model/errors.ts'
import type { CopyPlan, FoldPlan, Plan, TablePlan } from '../../model/plan.ts'
import type { Snapshot } from '../../model/snapshot.ts'
import { canOpenUris, openReadOnly, quoteSqlite, type SqliteDatabase } from '../../source/sqlite.ts'
import { readCells } from './snapshot-cells.ts'
import type { SourceValue } from './source-value.ts'

export type SnapshotRow = {
  /** The row's (for a pivot, the group's) number in key order, from 1. */
  readonly ordinal: number
  /** For a pivot, the group's number. */
  readonly rowid: SourceValue
  /** `read.columns`, then `read.expressions`; for a pivot, of the group's first row. */
  readonly cells: readonly SourceValue[]
  /** For each of `references`, whether it names no row of its parent. */
  readonly orphans: readonly boolean[]
  /** For each of `folds`, the cells of `FoldPlan.columns` of each child. */
  readonly children: readonly (readonly (readonly SourceValue[])[])[]
  /** A pivot's rows, `cells` of each; [] without a pivot. */
  readonly members: readonly (readonly SourceValue[])[]
}

/** Opens the snapshots and gives the wanted rows; closes them when the reading ends, however it ends. */
export function* readSnapshotRows(
  plan: Plan,
  table: TablePlan,
  copy: CopyPlan,
  snapshots: readonly Snapshot[],
): Generator<SnapshotRow, void, undefined> {
  const files = new Map(snapshots.map(({ database, file }) => [database, file]))
  const db = openReadOnly(fileOf(files, table.database), { immutable: true })
  try {
    const schemas = attachOthers(db, table.database, others(plan, copy), files)
    yield* copy.pivot === null
      ? readPlainRows(db, plan, table, copy, schemas)
      : readGroups(db, table, copy, copy.pivot.groupBy, schemas)
  } finally {
    db.close()
  }
}

function fileOf(files: ReadonlyMap<string, string>, database: string): string {
  const file = files.get(database)
  if (file === undefined) {
    throw new MigrateError('verify', 'snapshot-missing', `There is no snapshot of ${database}.`, {
      hint: 'Keep the work folder of the run: it is verified against its snapshots.',
    })
  }
  return file
}

/** Databases of the table's parents and children. */
function others(plan: Plan, copy: CopyPlan): string[] {
  return [
    ...copy.references.flatMap(({ parent }) => (parent === null ? [] : [parent.database])),
    ...copy.folds.map((fold) => databaseOfFold(plan, fold)),
  ]
}

function databaseOfFold(plan: Plan, fold: FoldPlan): string {
  return plan.tables.find(({ id }) => id === fold.tableId)!.database
}

type Schemas = ReadonlyMap<string, string>

/** Attaches the databases and gives the name by which each is known in SQL. */
function attachOthers(
  db: SqliteDatabase,
  own: string,
  databases: readonly string[],
  files: ReadonlyMap<string, string>,
): Schemas {
  const schemas = new Map([[own, 'main']])
  for (const database of databases) {
    if (schemas.has(database)) continue
    const name = `other_${schemas.size}`
    const file = fileOf(files, database)
    const address = canOpenUris() ? `${pathToFileURL(file).href}?mode=ro&immutable=1` : file
    db.prepare(`attach ? as ${name}`).run(address)
    schemas.set(database, name)
  }
  return schemas
}

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
function walked(schema: string, table: string, key: SourceKey): string {
  const order = orderOf(key)
  const name = `${schema}.${quoteSqlite(table)}`
  return order === null ? `from ${name} not indexed` : `from ${name}\norder by ${order}`
}

function numberOf(key: SourceKey): string {
  const order = orderOf(key)
  return `row_number() over (${order === null ? '' : `order by ${order}`})`
}

/** A line break ends a comment in what a person wrote. */
function bracketed(expression: string): string {
  return `(${expression}\n)`
}

/** Result columns of a row: filter, rowid, one for each reference, then the cells. */
function rowExpressions(copy: CopyPlan, schemas: Schemas): string[] {
  return [
    copy.read.filter === null ? '1' : `(${bracketed(copy.read.filter)} is true)`,
    copy.key.kind === 'rowid' ? quoteSqlite(copy.key.name) : 'null',
    ...copy.references.map((reference) => orphanExpression(reference, schemas)),
    ...copy.read.columns.map(quoteSqlite),
    ...copy.read.expressions.map(bracketed),
  ]
}

/** 1 where a reference names no row of its parent; nulls name none and are no orphans. */
function orphanExpression({ columns, parent }: CopyPlan['references'][number], schemas: Schemas): string {
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

function toRow(
  copy: CopyPlan,
  ordinal: number,
  raw: readonly SourceValue[],
  more: Pick<SnapshotRow, 'children' | 'members'>,
): SnapshotRow {
  const first = 2 + copy.references.length
  return {
    ordinal,
    rowid: raw[1]!,
    orphans: raw.slice(2, first).map((flag) => flag === 1n),
    cells: raw.slice(first),
    ...more,
  }
}

function* readPlainRows(
  db: SqliteDatabase,
  plan: Plan,
  table: TablePlan,
  copy: CopyPlan,
  schemas: Schemas,
): Generator<SnapshotRow, void, undefined> {
  const folds = copy.folds.map((fold) => {
    const schema = schemas.get(databaseOfFold(plan, fold))!
    return new ChildWalk(readCells(db, childExpressions(fold), childQuery(db, fold, schema, table, copy)))
  })
  try {
    let ordinal = 0
    const rest = walked('main', table.table, copy.key)
    for (const raw of readCells(db, rowExpressions(copy, schemas), rest)) {
      ordinal++
      const children = folds.map((fold) => fold.childrenOf(ordinal))
      if (raw[0] === 1n) yield toRow(copy, ordinal, raw, { children, members: [] })
    }
  } finally {
    for (const fold of folds) fold.close()
  }
}

function childExpressions(fold: FoldPlan): string[] {
  return ['"gpt-migrate parent"', ...fold.columns.map(quoteSqlite)]
}

/** Children with the number of their first parent row, sorted by it, then in their own order. */
function childQuery(
  db: SqliteDatabase,
  fold: FoldPlan,
  schema: string,
  table: TablePlan,
  copy: CopyPlan,
): string {
  const key = keyOf(db, schema, fold.table)
  return `from (
    select child.*, min(parent.number) as "gpt-migrate parent"
    from (
      select *, ${numberOf(key)} as "gpt-migrate child"
      from ${schema}.${quoteSqlite(fold.table)}${key.kind === 'none' ? ' not indexed' : ''}
    ) as child
    join (
      select value, min(number) as number
      from (
        select ${quoteSqlite(fold.parentColumn)} as value, ${numberOf(copy.key)} as number
        from main.${quoteSqlite(table.table)}${copy.key.kind === 'none' ? ' not indexed' : ''}
      )
      group by value collate binary
    ) as parent on child.${quoteSqlite(fold.childColumn)} = parent.value
    group by "gpt-migrate child"
  )
  order by "gpt-migrate parent", "gpt-migrate child"`
}

/** The key of a child table, of which the plan says nothing. */
function keyOf(db: SqliteDatabase, schema: string, table: string): SourceKey {
  const listed = db.prepare('select wr from pragma_table_list where schema = ? and name = ?')
  if (listed.pluck().get(schema, table) !== 1) {
    const names = db.prepare('select lower(name) from pragma_table_xinfo(?, ?)').pluck().all(table, schema)
    const name = ['rowid', '_rowid_', 'oid'].find((hidden) => !names.includes(hidden))
    return name === undefined ? { kind: 'none' } : { kind: 'rowid', name, column: null }
  }
  const columns = db
    .prepare(
      `select part.name, part.desc as descending, part.coll as collation
       from pragma_index_list(?, ?) as list, pragma_index_xinfo(list.name, ?) as part
       where list.origin = 'pk' and part.key = 1
       order by part.seqno`,
    )
    .all(table, schema, schema) as { name: string; descending: number; collation: string }[]
  return {
    kind: 'primary-key',
    columns: columns.map((column) => ({ ...column, descending: column.descending === 1 })),
  }
}

/** Children in the order of their parents, handed out parent by parent. */
class ChildWalk {
  readonly #rows: Generator<readonly SourceValue[], void, undefined>
  #next: readonly SourceValue[] | null | undefined

  constructor(rows: Generator<readonly SourceValue[], void, undefined>) {
    this.#rows = rows
  }

  /** To be asked for every parent in turn. */
  childrenOf(ordinal: number): readonly (readonly SourceValue[])[] {
    const found: (readonly SourceValue[])[] = []
    for (;;) {
      if (this.#next === undefined) this.#next = this.#rows.next().value ?? null
      if (this.#next === null || Number(this.#next[0]) !== ordinal) return found
      found.push(this.#next.slice(1))
      this.#next = undefined
    }
  }

  close(): void {
    this.#rows.return()
  }
}

/** Rows with equal values in `groupBy` become one; groups are numbered in the order of their first rows. */
function* readGroups(
  db: SqliteDatabase,
  table: TablePlan,
  copy: CopyPlan,
  groupBy: readonly string[],
  schemas: Schemas,
): Generator<SnapshotRow, void, undefined> {
  const [filter, ...expressions] = rowExpressions(copy, schemas)
  const partition = [...groupBy.map(quoteSqlite), ...(copy.read.filter === null ? [] : [filter!])]
  const over = partition.length === 0 ? '' : `partition by ${partition.join(', ')}`
  const first = `min("gpt-migrate number") over (${over})`
  // Every expression names a column of `numbered`, a walk over the table with the row's number beside it.
  const rowid =
    copy.key.kind === 'rowid' ? `, ${quoteSqlite(copy.key.name)} as ${quoteSqlite(copy.key.name)}` : ''
  const rest = `from (
    select *${isShown(copy) ? '' : rowid}, ${numberOf(copy.key)} as "gpt-migrate number"
    from main.${quoteSqlite(table.table)}${copy.key.kind === 'none' ? ' not indexed' : ''}
  ) as ${quoteSqlite(table.table)}
  order by ${first}, "gpt-migrate number"`
  let ordinal = 0
  let start: SourceValue = null
  let group: (readonly SourceValue[])[] = []
  const finish = (): SnapshotRow | null => {
    const [head] = group
    if (head === undefined || head[0] !== 1n) return null
    const cells = 2 + copy.references.length
    const row = toRow(copy, ordinal, head, { children: [], members: group.map((row) => row.slice(cells)) })
    return { ...row, rowid: BigInt(ordinal) }
  }
  for (const [firstOfGroup, ...raw] of readCells(db, [first, filter!, ...expressions], rest)) {
    if (firstOfGroup !== start) {
      const row = finish()
      if (row !== null) yield row
      ordinal++
      start = firstOfGroup!
      group = []
    }
    group.push(raw)
  }
  const row = finish()
  if (row !== null) yield row
}

/** Whether `*` shows the rowid by the name that the plan calls it. */
function isShown({ key, read }: CopyPlan): boolean {
  return (
    key.kind === 'rowid' &&
    read.table.columns.some(({ name }) => name.toLowerCase() === key.name.toLowerCase())
  )
}
