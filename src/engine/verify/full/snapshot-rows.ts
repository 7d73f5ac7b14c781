/**
 * Reads the rows of a table plan from the snapshots by SQL of its own. Invariant: every row that the plan includes is returned, in key order,
 * with its orphans, children and group members found by SQLite itself.
 */
import { statSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { LONG_BYTES } from '../../encode/cell/cell.ts'
import { MigrateError } from '../../model/errors.ts'
import type { CopyPlan, FoldPlan, Plan, TablePlan } from '../../model/plan.ts'
import type { Snapshot } from '../../model/snapshot.ts'
import type { SourceValue } from '../../rows/meaning/source-value.ts'
import { MOST_FOR_DRIVER, openLargeSnapshot } from '../../source/base/node-sqlite.ts'
import { OpenSnapshot } from '../../source/base/open-snapshot.ts'
import { largestRowOf } from '../../source/base/row-size.ts'
import { canOpenUris, openReadOnly, type SqliteDatabase } from '../../source/base/sqlite.ts'
import { quoteSqlite } from '../../syntax/sqlite-names.ts'
import { type LongCell, LongCells } from './long-cells.ts'
import { readCells } from './snapshot-cells.ts'
import { bracketed, keyOf, numberOf, orphanExpression, type Schemas, walked } from './snapshot-sql.ts'

export type SnapshotRow = {
  /** Number of the row (for a pivot, of the group) in key order, from 1. */
  readonly ordinal: number
  /** For a pivot, the group's number. */
  readonly rowid: SourceValue
  /** `read.columns`, then `read.expressions`; for a pivot, those of the group's first row. */
  readonly cells: readonly (SourceValue | LongCell)[]
  /** For each of `references`, whether it is an orphan. */
  readonly orphans: readonly boolean[]
  /** For each of `folds`, the cells of `FoldPlan.columns` of each child row. */
  readonly children: readonly (readonly (readonly SourceValue[])[])[]
  /** For a pivot, the `cells` of each of the group's rows; else empty. */
  readonly members: readonly (readonly SourceValue[])[]
}

/** Opens snapshots for `readSnapshotRows`. The last one stays open, since SQLite reads the whole schema at each opening. */
export function openSnapshots(): OpenSnapshot {
  return new OpenSnapshot((file) => openReadOnly(file, { immutable: true }))
}

/**
 * Yields the rows that the plan includes. `digested`: the columns of JSON that may have a `LongCell`. One table at a time: `opened` returns to
 * its state at the end, even an early one.
 */
export function* readSnapshotRows(
  plan: Plan,
  table: TablePlan,
  copy: CopyPlan,
  snapshots: readonly Snapshot[],
  opened: OpenSnapshot,
  digested: ReadonlySet<string>,
): Generator<SnapshotRow, void, undefined> {
  const files = new Map(snapshots.map(({ database, file }) => [database, file]))
  const file = fileOf(files, table.database)
  const isPlain = copy.pivot === null && copy.folds.length === 0
  const usual = opened.at(file)
  const largest =
    isPlain && statSync(file).size >= LONG_BYTES
      ? largestRowOf(usual, table.table, copy.read.table.rootPage)
      : 0
  const db = largest > MOST_FOR_DRIVER ? openLargeSnapshot(file) : usual
  const schemas = new Map([[table.database, 'main']])
  try {
    attachOthers(db, schemas, others(plan, copy), files)
    yield* copy.pivot === null
      ? readPlainRows(db, plan, table, copy, schemas, largest >= LONG_BYTES ? digested : null)
      : readGroups(db, table, copy, copy.pivot.groupBy, schemas)
  } finally {
    if (db === usual) detachOthers(db, schemas)
    else db.close()
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

/** Returns the databases of the table's parents and children. */
function others(plan: Plan, copy: CopyPlan): string[] {
  return [
    ...copy.references.flatMap(({ parent }) => (parent === null ? [] : [parent.database])),
    ...copy.folds.map((fold) => databaseOfFold(plan, fold)),
  ]
}

function databaseOfFold(plan: Plan, fold: FoldPlan): string {
  return plan.tables.find(({ id }) => id === fold.tableId)!.database
}

/** Attaches the databases that `schemas` lacks, and adds their schema names in SQL. */
function attachOthers(
  db: SqliteDatabase,
  schemas: Map<string, string>,
  databases: readonly string[],
  files: ReadonlyMap<string, string>,
): void {
  for (const database of databases) {
    if (schemas.has(database)) continue
    const name = `other_${schemas.size}`
    const file = fileOf(files, database)
    const address = canOpenUris() ? `${pathToFileURL(file).href}?mode=ro&immutable=1` : file
    db.prepare(`attach ? as ${name}`).run(address)
    schemas.set(database, name)
  }
}

function detachOthers(db: SqliteDatabase, schemas: Schemas): void {
  for (const name of schemas.values()) if (name !== 'main') db.exec(`detach ${name}`)
}

/** Returns the result columns of a row: filter, rowid, one for each reference, then the cells. */
function rowExpressions(
  copy: CopyPlan,
  schemas: Schemas,
  shown: (index: number) => string = (index) => quoteSqlite(copy.read.columns[index]!),
): string[] {
  return [
    copy.read.filter === null ? '1' : `(${bracketed(copy.read.filter)} is true)`,
    copy.key.kind === 'rowid' ? quoteSqlite(copy.key.name) : 'null',
    ...copy.references.map((reference) => orphanExpression(reference, schemas)),
    ...copy.read.columns.map((_, index) => shown(index)),
    ...copy.read.expressions.map(bracketed),
  ]
}

function toRow(
  copy: CopyPlan,
  ordinal: number,
  raw: readonly SourceValue[],
  more: Pick<SnapshotRow, 'children' | 'members'>,
): SnapshotRow & { readonly cells: readonly SourceValue[] } {
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
  digested: ReadonlySet<string> | null,
): Generator<SnapshotRow, void, undefined> {
  const folds = copy.folds.map((fold) => {
    const schema = schemas.get(databaseOfFold(plan, fold))!
    return new ChildWalk(readCells(db, childExpressions(fold), childQuery(db, fold, schema, table, copy)))
  })
  try {
    let ordinal = 0
    const rest = walked('main', table.table, copy.key)
    const long = new LongCells(db, table, copy, digested)
    const expressions = rowExpressions(copy, schemas, (index) => long.expression(index))
    for (const raw of readCells(db, [...expressions, ...long.lengths], rest)) {
      ordinal++
      const children = folds.map((fold) => fold.childrenOf(ordinal))
      if (raw[0] !== 1n) continue
      const row = toRow(copy, ordinal, raw.slice(0, expressions.length), { children, members: [] })
      yield { ...row, cells: long.put(row.cells, row.rowid, raw.slice(expressions.length)) }
    }
  } finally {
    for (const fold of folds) fold.close()
  }
}

function childExpressions(fold: FoldPlan): string[] {
  return ['"gpt-migrate parent"', ...fold.columns.map(quoteSqlite)]
}

/** Selects children with the number of their first parent row, sorted by it, then in their own order. */
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

/** Returns child rows, which are sorted by their parents, parent by parent. */
class ChildWalk {
  readonly #rows: Generator<readonly SourceValue[], void, undefined>
  #next: readonly SourceValue[] | null | undefined

  constructor(rows: Generator<readonly SourceValue[], void, undefined>) {
    this.#rows = rows
  }

  /** Call for every parent in order. */
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

/** Merges rows with equal values in `groupBy` into groups, numbered in the order of their first rows. */
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
  // Every expression uses columns of the subquery, which returns the table's rows with their numbers.
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

/** Whether `*` includes the rowid under the name that the plan uses. */
function isShown({ key, read }: CopyPlan): boolean {
  return (
    key.kind === 'rowid' &&
    read.table.columns.some(({ name }) => name.toLowerCase() === key.name.toLowerCase())
  )
}
