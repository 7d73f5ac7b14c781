/**
 * The staging file: which rows are whose children, and which rows form which group, derived from the snapshots before the copy. Invariant:
 * equal snapshots and plan yield equal contents, so it can be deleted and rebuilt at any time. The snapshots are only read.
 */
import { existsSync, renameSync, rmSync } from 'node:fs'
import type { Cell } from '../../encode/cell/cell.ts'
import { storedCellOf } from '../../encode/cell/stored-cell.ts'
import { MigrateError } from '../../model/errors.ts'
import type { Plan, TablePlan } from '../../model/plan.ts'
import type { Snapshot } from '../../model/snapshot.ts'
import type { StoredCell } from '../../model/storage.ts'
import { quoteSqlite } from '../../syntax/sqlite-names.ts'
import { encodingNames, type TextEncoding } from '../base/file-header.ts'
import { textEncodingOf } from '../base/raw-cells.ts'
import { openReadOnly, openWritable, type SqliteDatabase } from '../base/sqlite.ts'
import { buildFold, buildPivot, DIRECTORY } from './staging-build.ts'
import { STAGING_SCHEMA, StagedRows, type StagedSet } from './staging-sets.ts'

/** A staging file for readers; nothing is opened until a reader attaches it. */
export type StagingFile = {
  /** Attaches the file to a snapshot's connection, once. */
  attachTo(db: SqliteDatabase): void
  foldOf(tableId: string, fold: number): StagedSet
  pivotOf(tableId: string): StagedSet
  /** The child rows without a parent row, in key order. `db` is the snapshot of the parent's database. */
  parentless(db: SqliteDatabase, table: TablePlan, fold: number): Iterable<ParentlessChild>
}

type ParentlessChild = {
  /** The rowid; empty for a WITHOUT ROWID table, where the ordinal identifies the row. */
  readonly key: readonly StoredCell[]
  readonly ordinal: number
  /** The cells of `FoldPlan.columns`, valid until the next child. */
  readonly cells: readonly Cell[]
}

/** The staging file's name in a run's folder. */
export const STAGING_FILE = 'staging.db'

/** Whether the plan has folds or pivots. */
export function needsStaging(plan: Plan): boolean {
  return plan.tables.some(isStaged)
}

/**
 * Writes the staging file (and beside it one for each other text encoding of the snapshots), replacing an existing one. Writes nothing when
 * the plan needs none. Throws MigrateError `source` for a table that cannot be read, `plan` for a fold that cannot be built.
 */
export function buildStaging(plan: Plan, snapshots: readonly Snapshot[], file: string): void {
  const files = new Map(snapshots.map((snapshot) => [snapshot.database, snapshot.file]))
  const byEncoding = Map.groupBy(plan.tables.filter(isStaged), ({ database }) =>
    encodingOfFile(fileOf(files, database)),
  )
  for (const encoding of ['utf8', 'utf16le', 'utf16be'] as const) {
    const final = fileFor(file, encoding)
    rmSync(final, { force: true })
    const tables = byEncoding.get(encoding)
    if (tables === undefined) continue
    const part = `${final}.part`
    rmSync(part, { force: true })
    const db = openWritable(part)
    try {
      // An interrupted run discards the file: no journal, no flushing.
      db.pragma('journal_mode = off')
      db.pragma('synchronous = off')
      db.pragma(`encoding = '${encodingNames[encoding]}'`)
      db.exec(DIRECTORY)
      for (const table of tables) stageTable(db, plan, table, files)
    } finally {
      db.close()
    }
    renameSync(part, final)
  }
}

/** Opens what `buildStaging` wrote. Throws TypeError when a reader requests a set that isn't staged. */
export function openStaging(file: string): StagingFile {
  const sets = new Map<string, StagedSet>()
  for (const encoding of ['utf8', 'utf16le', 'utf16be'] as const) {
    const path = fileFor(file, encoding)
    if (!existsSync(path)) continue
    using db = openReadOnly(path)
    for (const row of db.prepare('select * from staged').all() as DirectoryRow[]) {
      sets.set(setId(row.table_id, row.fold), {
        name: row.name,
        rows: row.total,
        orphans: row.orphans,
        inStaging: row.in_staging === 1,
        table: row.source_table,
        rowid: row.source_rowid,
        hasRowid: row.has_rowid === 1,
        largestRow: row.largest_row,
      })
    }
  }
  const setOf = (tableId: string, fold: number): StagedSet => {
    const set = sets.get(setId(tableId, fold))
    if (set === undefined) throw new TypeError(`${tableId} is not in the staging file ${file}`)
    return set
  }
  const attachTo = (db: SqliteDatabase): void => {
    const attached = db.pragma('database_list') as { name: string }[]
    if (attached.some(({ name }) => name === STAGING_SCHEMA)) return
    db.prepare(`attach ? as ${STAGING_SCHEMA}`).run(fileFor(file, textEncodingOf(db)))
  }
  return {
    attachTo,
    foldOf: setOf,
    pivotOf: (tableId) => setOf(tableId, PIVOT),
    *parentless(db, table, fold) {
      if (table.fate.kind !== 'copy') return
      const set = setOf(table.id, fold)
      if (set.orphans === 0) return
      attachTo(db)
      const { columns } = table.fate.copy.folds[fold]!
      const rows = new StagedRows(db, set, textEncodingOf(db), columns.map(quoteSqlite), columns.length)
      for (const child of rows.rows({ first: 1, count: set.orphans })) {
        yield {
          key: set.hasRowid ? [storedCellOf(child.rowid)] : [],
          ordinal: child.ordinal,
          cells: child,
        }
      }
    },
  }
}

const PIVOT = -1

type DirectoryRow = {
  readonly table_id: string
  readonly fold: number
  readonly name: string
  readonly total: number
  readonly orphans: number
  readonly in_staging: number
  readonly source_table: string
  readonly source_rowid: string
  readonly has_rowid: number
  readonly largest_row: number
}

function isStaged({ fate }: TablePlan): boolean {
  return fate.kind === 'copy' && (fate.copy.pivot !== null || fate.copy.folds.length > 0)
}

function stageTable(
  db: SqliteDatabase,
  plan: Plan,
  table: TablePlan,
  files: ReadonlyMap<string, string>,
): void {
  if (table.fate.kind !== 'copy') return
  const { copy } = table.fate
  if (copy.pivot !== null && copy.folds.length > 0) {
    throw new MigrateError(
      'plan',
      'fold-into-pivot',
      `Table ${table.table} of ${table.database} has a pivot and a fold: children have no single parent row there.`,
      { hint: 'Give the folded tables a target of their own.' },
    )
  }
  if (copy.pivot !== null) buildPivot(db, fileOf(files, table.database), table, PIVOT)
  copy.folds.forEach((fold, index) => {
    const child = plan.tables.find(({ id }) => id === fold.tableId)
    const database = child?.database ?? table.database
    const childFile = fileOf(files, database)
    if (encodingOfFile(childFile) !== encodingOfFile(fileOf(files, table.database))) {
      throw new MigrateError(
        'plan',
        'fold-across-encodings',
        `Table ${fold.table} of ${database} cannot be folded into ${table.table} of ${table.database}: the two databases have different text encodings.`,
        { hint: 'Give the folded table a target of its own.' },
      )
    }
    buildFold(db, {
      parentFile: fileOf(files, table.database),
      childFile,
      parent: table,
      child: { database, table: fold.table },
      index,
    })
  })
}

function encodingOfFile(file: string): TextEncoding {
  using db = openReadOnly(file)
  return textEncodingOf(db)
}

function fileOf(files: ReadonlyMap<string, string>, database: string): string {
  const file = files.get(database)
  if (file === undefined) throw new TypeError(`there is no snapshot of ${database}`)
  return file
}

function fileFor(file: string, encoding: TextEncoding): string {
  return encoding === 'utf8' ? file : `${file}-${encoding}`
}

function setId(tableId: string, fold: number): string {
  return `${fold} ${tableId}`
}
