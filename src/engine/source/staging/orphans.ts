/**
 * Finds references without a parent row. Invariant: a value is an orphan if and only if no parent row has the same id (`id-text.ts`),
 * whatever the storage classes of both columns; nulls refer to nothing and are not orphans.
 */
import { Cell } from '../../encode/cell/cell.ts'
import type { OrphanTest, OrphanTests } from '../../encode/cell/orphan-test.ts'
import { printStored, storedCellOf } from '../../encode/cell/stored-cell.ts'
import { MigrateError } from '../../model/errors.ts'
import type { CopyPlan, Plan, ReferencePlan, TablePlan } from '../../model/plan.ts'
import type { Snapshot } from '../../model/snapshot.ts'
import { quoteSqlite } from '../../syntax/sqlite-names.ts'
import { idKeyOfAll, idKeySql } from '../base/id-text.ts'
import { keyColumns } from '../base/key-order.ts'
import { OpenSnapshot } from '../base/open-snapshot.ts'
import { fillCells, projected, type RawRow, TextScratch, textEncodingOf } from '../base/raw-cells.ts'
import { RowQuery } from '../base/row-query.ts'
import { unreadable } from '../base/row-size.ts'
import { openReadOnly, type SqliteDatabase } from '../base/sqlite.ts'
import { haveAllParents, type KnownValues } from './missing-parent.ts'
import { attachParent, type ParentPlace, parentIndex } from './parent-place.ts'

/** The orphans of one reference. Plain data, to be sent between threads. */
export type OrphanSet = {
  readonly tableId: string
  /** Index into `CopyPlan.references`. */
  readonly reference: number
  /** The number of source rows with an orphan. */
  readonly rows: number
  /** Up to five different orphans, each with the key of a row that has it; printable. */
  readonly samples: readonly { readonly key: string; readonly value: string }[]
  /** The keys of the different orphans; `all` when there is no parent table, so that every value is one. */
  readonly ids: 'all' | readonly string[]
}

/** One set for each reference that has orphans. */
export type OrphanSets = readonly OrphanSet[]

/** The test for one reference; null when it has no orphans. */
export function orphanTest(sets: OrphanSets, tableId: string, reference: number): OrphanTest | null {
  const found = sets.find((set) => set.tableId === tableId && set.reference === reference)
  if (found === undefined) return null
  if (found.ids === 'all') return (cells) => idKeyOfAll(cells) !== ''
  const ids = new Set(found.ids)
  return (cells) => ids.has(idKeyOfAll(cells))
}

/** The tests for all references of a table, in order, as the row encoder takes them. */
export function orphanTestsOf(sets: OrphanSets, table: TablePlan): OrphanTests {
  if (table.fate.kind !== 'copy') return []
  return table.fate.copy.references.map((_, index) => orphanTest(sets, table.id, index))
}

/**
 * Finds the orphans of every reference in the plan. Reads the snapshots; temporary tables are in SQLite's own temporary files. `known`: what
 * planning has counted and asked of the same snapshots. Throws MigrateError `source` when a table cannot be read.
 */
export function findOrphans(
  plan: Plan,
  snapshots: readonly Snapshot[],
  known: KnownValues | null = null,
): OrphanSets {
  const files = new Map(snapshots.map((snapshot) => [snapshot.database, snapshot.file]))
  const sets: OrphanSet[] = []
  const open = new OpenSnapshot(openChild)
  try {
    for (const table of plan.tables) {
      if (table.fate.kind !== 'copy') continue
      const { copy } = table.fate
      for (const [index, reference] of copy.references.entries()) {
        try {
          if (known !== null && haveAllParents(known, plan, table, reference)) continue
          const db = open.at(fileOf(files, table.database))
          const set = orphansOf(db, table, copy, reference, index, files)
          if (set.rows > 0) sets.push(set)
        } catch (error) {
          throw unreadable(table, error)
        }
      }
    }
  } finally {
    open.close()
  }
  return sets
}

/** The file stays read-only, but temporary tables must be writable. */
function openChild(file: string): SqliteDatabase {
  const db = openReadOnly(file)
  db.pragma('query_only = off')
  return db
}

function orphansOf(
  db: SqliteDatabase,
  table: TablePlan,
  copy: CopyPlan,
  reference: ReferencePlan,
  index: number,
  files: ReadonlyMap<string, string>,
): OrphanSet {
  const columns = reference.columns.map(quoteSqlite)
  const child = `main.${quoteSqlite(table.table)}`
  const key = keyColumns(copy.key).map(({ name }) => `c.${name}`)
  const ofChild = columns.map((column) => `c.${column}`)
  const { parent } = reference
  const file = parent === null || parent.database === table.database ? null : fileOf(files, parent.database)
  const place = parent === null ? null : attachParent(db, parent, file)
  try {
    if (parent !== null && place !== null) {
      const parentColumns = parent.columns.map(quoteSqlite)
      if (collectCandidates(db, child, columns, place, parentColumns) === 0)
        return { tableId: table.id, reference: index, rows: 0, samples: [], ids: [] }
      removeMatched(db, columns.length, place, parentColumns)
    }
    return { tableId: table.id, reference: index, ...foundOrphans(db, child, key, ofChild, parent !== null) }
  } finally {
    db.exec(CLEARING)
    if (place?.isAttached) db.exec('detach parents')
  }
}

/** Drops the index and temporary tables that the search for one reference may leave behind. */
const CLEARING = `drop index if exists temp.orphans_k; drop table if exists temp.matched;
  drop table if exists temp.parent_ids; drop table if exists temp.parents`

/**
 * The table of candidates for references of `width` columns. It is kept for the next reference: each change of the schema touches every
 * statement that the connection has prepared, and the driver releases those late.
 */
const candidates = (width: number): string => `temp.orphans_${width}`

/** Collects the different values that equal no parent row in storage class and bytes: few, if references are good. Returns their count. */
function collectCandidates(
  db: SqliteDatabase,
  child: string,
  columns: readonly string[],
  parent: ParentPlace,
  parentColumns: readonly string[],
): number {
  const values = columns.map((_, at) => `v${at}`)
  const present = columns.map((column) => `typeof(c.${column}) <> 'null'`)
  // `+` removes the child column's affinity, which could prevent SQLite from using the parent's index. The storage class keeps '5' and 5
  // apart for now.
  const equal = columns.map(
    (column, at) =>
      `p.${parentColumns[at]} = +c.${column} collate binary and typeof(p.${parentColumns[at]}) = typeof(c.${column})`,
  )
  const found = candidates(columns.length)
  db.exec(
    `create temp table if not exists orphans_${columns.length}(${values.join(', ')}, n integer, k text);
     delete from ${found}`,
  )
  const collecting = db.prepare(`insert into ${found}
    select ${columns.map((column) => `c.${column}`).join(', ')}, count(*),
      ${joinedKey(columns.map((column) => `c.${column}`))}
    from ${child} as c
    where ${present.join(' and ')}
      and not exists (select 1 from ${parentIndex(db, parent, parentColumns)} as p where ${equal.join(' and ')})
    group by ${columns.map((column) => `c.${column} collate binary, typeof(c.${column})`).join(', ')}`)
  return collecting.run().changes
}

/** Removes candidates that are the same id as a parent's, spelled differently: one pass over the parent, if any candidates are left. */
function removeMatched(
  db: SqliteDatabase,
  width: number,
  parent: ParentPlace,
  parentColumns: readonly string[],
): void {
  if (width === 0) return
  const found = candidates(width)
  db.exec(`create index temp.orphans_k on orphans_${width}(k)`)
  db.exec(`create temp table matched(k text primary key) without rowid`)
  db.exec(`insert or ignore into temp.matched
    select k from (select ${joinedKey(parentColumns)} as k from ${parent.table}) as p
    where k in (select k from ${found})`)
  db.exec(`delete from ${found} where k in (select k from temp.matched)`)
}

export function joinedKey(values: readonly string[]): string {
  if (values.length === 1) return idKeySql(values[0]!)
  return values
    .map((value) => `replace(replace(${idKeySql(value)}, '\\', '\\\\'), ',', '\\,') || ','`)
    .join(' || ')
}

const SAMPLES = 5

function foundOrphans(
  db: SqliteDatabase,
  child: string,
  key: readonly string[],
  columns: readonly string[],
  hasParent: boolean,
): Pick<OrphanSet, 'rows' | 'samples' | 'ids'> {
  if (!hasParent) {
    const all = `from ${child} as c where ${columns.map((column) => `typeof(${column}) <> 'null'`).join(' and ')}`
    return {
      rows: Number(db.prepare(`select count(*) ${all}`).pluck().get()),
      samples: samplesOf(db, key, columns, `${all} limit ${SAMPLES}`),
      ids: 'all',
    }
  }
  const distinct = Number(
    db
      .prepare(`select count(*) from ${candidates(columns.length)}`)
      .pluck()
      .get(),
  )
  const samples = Array.from({ length: Math.min(SAMPLES, distinct) }, (_, at) => {
    const equal = columns.map(
      (column, part) => `+${column} = o.v${part} collate binary and typeof(${column}) = typeof(o.v${part})`,
    )
    return samplesOf(
      db,
      key,
      columns,
      `from (select * from ${candidates(columns.length)} order by rowid limit 1 offset ${at}) as o cross join ${child} as c
       on ${equal.join(' and ')} limit 1`,
    )
  })
  return {
    rows: Number(
      db
        .prepare(`select ifnull(sum(n), 0) from ${candidates(columns.length)}`)
        .pluck()
        .get(),
    ),
    samples: samples.flat(),
    ids: idsOf(db, columns.length),
  }
}

function samplesOf(
  db: SqliteDatabase,
  key: readonly string[],
  columns: readonly string[],
  rest: string,
): OrphanSet['samples'] {
  const printed = (cells: readonly Cell[]) => cells.map((cell) => printStored(storedCellOf(cell))).join(', ')
  return Array.from(cellRows(db, [...key, ...columns], rest), (cells) => ({
    key: printed(cells.slice(0, key.length)),
    value: printed(cells.slice(key.length)),
  }))
}

function idsOf(db: SqliteDatabase, width: number): readonly string[] {
  const values = Array.from({ length: width }, (_, at) => `v${at}`)
  return Array.from(
    new Set(Array.from(cellRows(db, values, `from ${candidates(width)}`), (row) => idKeyOfAll(row))),
  ).sort()
}

/** Yields cells that are valid until the next row. */
function* cellRows(db: SqliteDatabase, expressions: readonly string[], rest: string) {
  const encoding = textEncodingOf(db)
  const scratch = new TextScratch()
  const cells = expressions.map(() => new Cell())
  const query = new RowQuery(
    db,
    expressions.flatMap((expression) => projected(expression, 'bytes')),
    rest,
  )
  for (const row of query.iterate([]) as Iterable<RawRow>) {
    scratch.reset()
    fillCells(cells, row, 0, 'bytes', encoding, scratch)
    yield cells
  }
}

function fileOf(files: ReadonlyMap<string, string>, database: string): string {
  const file = files.get(database)
  if (file === undefined) {
    throw new MigrateError(
      'plan',
      'missing-snapshot',
      `There is no snapshot of ${database}, which the plan names.`,
    )
  }
  return file
}
