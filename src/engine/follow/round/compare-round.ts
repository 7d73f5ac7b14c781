/**
 * What a round changes of every target table, from the sources' two states. Invariant: only pages that the round changed, and those
 * that lead to them, are looked at, but for tables whose target rows are made of several source rows: these are read whole when
 * one of their pages changed.
 */
import type { SourceRow } from '../../encode/cell.ts'
import { MigrateError } from '../../model/errors.ts'
import type { RoundHeader } from '../../model/follow.ts'
import { type CopyPlan, copyPlanOf, type Plan, type TablePlan, targetTableOf } from '../../model/plan.ts'
import type { Snapshot } from '../../model/snapshot.ts'
import { openRecordReader, pageReaderRefusal } from '../../source/pages/page-reader.ts'
import { openReader } from '../../source/readers/readers.ts'
import { type OrphanSets, orphanTestsOf } from '../../source/staging/orphans.ts'
import { buildStaging, needsStaging } from '../../source/staging/staging.ts'
import { compareByRecord, compareByRowid, followPages } from '../pages/tree-difference.ts'
import { ChangeEncoder, type EncodedTable } from './encode-changes.ts'
import type { FollowedDatabase } from './followed-database.ts'
import { DeltaCollector, type TableDelta } from './table-delta.ts'

export type RoundComparison = {
  readonly plan: Plan
  readonly orphans: OrphanSets
  readonly databases: ReadonlyMap<string, FollowedDatabase>
  /** Encodings other than UTF-8, by database. */
  readonly isUtf8: (database: string) => boolean
  /** A folder of ours for staging files. */
  readonly stagingFile: (state: 'old' | 'new') => string
}

export function compareRound(work: RoundComparison, header: RoundHeader): readonly TableDelta[] {
  const dirty = new Map<string, ReadonlySet<number>>()
  for (const { database, pages } of header.databases) {
    const followed = work.databases.get(database)!
    followed.enterRound()
    dirty.set(database, followed.owners.dirtyOf(pages))
  }
  const deltas: TableDelta[] = []
  let staged: { old: string | null; new: string | null } | null = null
  for (const table of work.plan.tables) {
    if (table.fate.kind !== 'copy') continue
    const followed = work.databases.get(table.database)
    const changed = dirty.get(table.database)
    if (followed === undefined || changed === undefined) continue
    const { copy } = table.fate
    const own = [table.table, ...copy.folds.map((fold) => fold.table)]
    if (!own.some((name) => isTouched(followed, name, changed))) continue
    for (const name of own) refuseOtherShape(followed, table.id, name)
    const isDirect =
      pageReaderRefusal(copy, { encoding: work.isUtf8(table.database) ? 'UTF-8' : 'UTF-16le' }) === null
    if (isDirect) {
      const delta = compareDirectly(work, followed, table, copy, changed)
      if (delta !== null) deltas.push(delta)
      continue
    }
    // The trees are walked for their pages' sake.
    for (const name of own) enterPages(followed, name, changed)
    staged ??= stageStates(work)
    const delta = compareWholly(work, table, staged)
    if (delta !== null) deltas.push(delta)
  }
  return deltas
}

function isTouched(followed: FollowedDatabase, table: string, dirty: ReadonlySet<number>): boolean {
  const before = followed.tableBefore(table)?.rootPage
  const after = followed.tableAfter(table)?.rootPage
  return before !== after || (after !== undefined && dirty.has(after))
}

function refuseOtherShape(followed: FollowedDatabase, tableId: string, table: string): void {
  const before = followed.tableBefore(table)
  const after = followed.tableAfter(table)
  if (after !== undefined && before?.sql === after.sql) return
  const what = after === undefined ? 'was dropped' : 'has other columns now'
  throw new MigrateError(
    'copy',
    'table-changed',
    `${tableId} ${what} in the source: it can't be followed any further.`,
    {
      hint: `Copy it anew with gpt-migrate follow --resync ${table}, or leave it out: gpt-migrate cutover --exclude ${table}.`,
    },
  )
}

function encodedTableOf({ plan, orphans }: RoundComparison, table: TablePlan): EncodedTable {
  const copy = copyPlanOf(table)
  return {
    tableId: table.id,
    copy,
    target: targetTableOf(plan, copy.target),
    orphans: orphanTestsOf(orphans, table),
    exact: plan.options.exact,
  }
}

function sidesOf(followed: FollowedDatabase, table: string) {
  return [
    { file: followed.old, root: followed.tableBefore(table)!.rootPage },
    { file: followed.new, root: followed.tableAfter(table)!.rootPage },
  ] as const
}

function enterPages(followed: FollowedDatabase, table: string, dirty: ReadonlySet<number>): void {
  const [before, after] = sidesOf(followed, table)
  followPages(before, after, dirty, followed.owners)
}

function compareDirectly(
  work: RoundComparison,
  followed: FollowedDatabase,
  table: TablePlan,
  copy: CopyPlan,
  dirty: ReadonlySet<number>,
): TableDelta | null {
  const [before, after] = sidesOf(followed, table.table)
  const showsRowid = copy.columns.some(({ from }) => from.kind === 'rowid')
  const hasOwnKey = copy.key.kind === 'rowid' && copy.key.column !== null
  const compare = hasOwnKey || showsRowid ? compareByRowid : compareByRecord
  const encoder = new ChangeEncoder(encodedTableOf(work, table))
  const show = openRecordReader(copy)
  const delta = new DeltaCollector(table.id)
  for (const { kind, rowid, record } of compare(before, after, dirty, followed.owners))
    delta.meet(kind, encoder.encode(show(rowid, record)))
  return delta.finish()
}

const ROWS_AT_ONCE = 500

function compareWholly(
  work: RoundComparison,
  table: TablePlan,
  staged: { readonly old: string | null; readonly new: string | null },
): TableDelta | null {
  const encoded = encodedTableOf(work, table)
  const delta = new DeltaCollector(table.id)
  const open = (state: 'old' | 'new') => {
    const encoder = new ChangeEncoder(encoded)
    const side = state === 'old' ? 'gone' : 'come'
    const reader = openReader('sqlite', table, encoded.copy, statesOf(work, state), staged[state])
    const reading = reader.open({ range: { after: null, through: null }, rowsBefore: 0 })
    const visit = (row: SourceRow): void => delta.meet(side, encoder.encode(row))
    return { advance: () => reading.advance(ROWS_AT_ONCE, visit), close: () => reader.close() }
  }
  const before = open('old')
  const after = open('new')
  try {
    // Both in step: equal rows meet soon.
    for (let more = [true, true]; more[0] || more[1]; )
      more = [more[0]! && before.advance(), more[1]! && after.advance()]
  } finally {
    before.close()
    after.close()
  }
  return delta.finish()
}

function statesOf({ databases }: RoundComparison, state: 'old' | 'new'): readonly Snapshot[] {
  return Array.from(databases.values(), (followed) => ({
    database: followed.database,
    path: followed[state].path,
    file: followed[state].path,
    bytes: 0,
    sha256: '',
    takenAt: '',
  }))
}

function stageStates(work: RoundComparison): { old: string | null; new: string | null } {
  if (!needsStaging(work.plan)) return { old: null, new: null }
  const stage = (state: 'old' | 'new'): string => {
    const file = work.stagingFile(state)
    buildStaging(work.plan, statesOf(work, state), file)
    return file
  }
  return { old: stage('old'), new: stage('new') }
}
