/**
 * Computes what a round changes in every target table from the two states of the sources. Invariant: only pages that the round changed, and
 * those on the path to them, are read. Tables whose target rows are made of several source rows are read completely when one of their pages
 * has changed.
 */

import type { SourceRow } from '../../encode/cell/cell.ts'
import { EVERY_ROW } from '../../model/block.ts'
import type { RoundHeader } from '../../model/follow.ts'
import { type CopyPlan, copyPlanOf, hasLastingRowid, type TablePlan } from '../../model/plan.ts'
import { openRecordReader, recordReaderRefusal } from '../../source/pages/page-reader.ts'
import { openReader } from '../../source/readers/readers.ts'
import { buildStaging, needsStaging } from '../../source/staging/staging.ts'
import { compareByRecord, compareByRowid, followPages } from '../pages/tree-difference.ts'
import { ChangeEncoder, parentlessOf } from './encode-changes.ts'
import type { FollowedDatabase } from './followed-database.ts'
import { LiveOrphans } from './live-orphans.ts'
import {
  type AffectedReference,
  affectedReferences,
  type MovedParents,
  movedBetween,
  movedIdsOf,
  referencedColumns,
} from './moved-parents.ts'
import { withRefused } from './refused-again.ts'
import { encodedIn, type Round, type RoundComparison, readRows, statesOf } from './round-states.ts'
import { DeltaCollector, type TableDelta } from './table-delta.ts'

export function compareRound(work: RoundComparison, header: RoundHeader): readonly TableDelta[] {
  const dirty = new Map<string, ReadonlySet<number>>()
  for (const { database, pages } of header.databases) {
    const followed = work.databases.get(database)!
    followed.enterRound()
    dirty.set(database, followed.owners.dirtyOf(pages))
  }
  const round: Round = {
    ...work,
    dirty,
    old: new LiveOrphans(filesOf(work, 'old')),
    new: new LiveOrphans(filesOf(work, 'new')),
    staged: null,
  }
  try {
    const moved = findMovedParents(round)
    const deltas = work.plan.tables.flatMap((table) => compareTable(round, table, moved) ?? [])
    return withRefused(round, deltas)
  } finally {
    round.old.close()
    round.new.close()
  }
}

function filesOf({ databases }: RoundComparison, state: 'old' | 'new'): ReadonlyMap<string, string> {
  return new Map(Array.from(databases.values(), (followed) => [followed.database, followed[state].path]))
}

function compareTable(round: Round, table: TablePlan, moved: MovedParents): TableDelta | null {
  if (table.fate.kind !== 'copy') return null
  const followed = round.databases.get(table.database)
  const changed = round.dirty.get(table.database)
  if (followed === undefined || changed === undefined) return null
  const { copy } = table.fate
  const own = [table.table, ...copy.folds.map((fold) => fold.table)]
  const isOwn = own.some((name) => isTouched(followed, name, changed))
  const affected = affectedReferences(round, table, copy, moved)
  if (!isOwn && affected.length === 0) return null
  // The table's pages are still compared; its rows stay as they are, and the cut-over asks what to do.
  if (!own.every((name) => followed.isSound(name))) return null
  // Rows that are judged again are looked up by their rowids.
  const findsAgain = affected.length === 0 || copy.key.kind === 'rowid'
  if (findsAgain && isDirect(round, table, copy))
    return compareDirectly(round, followed, table, copy, changed, affected)
  // The trees are walked to keep `owners` current.
  for (const name of own) enterPages(followed, name, changed)
  round.staged ??= stageStates(round)
  return compareAllRows(round, table, round.staged)
}

/** Whether a target row follows from its changed record alone. */
function isDirect({ databases }: RoundComparison, table: TablePlan, copy: CopyPlan): boolean {
  return recordReaderRefusal(copy, databases.get(table.database)!) === null
}

function isTouched(followed: FollowedDatabase, table: string, dirty: ReadonlySet<number>): boolean {
  const before = followed.tableBefore(table)?.rootPage
  const after = followed.tableAfter(table)?.rootPage
  return before !== after || (after !== undefined && dirty.has(after))
}

/** Returns the ids of parents that the round inserts or deletes. */
function findMovedParents(round: Round): MovedParents {
  const moved: MovedParents = new Map()
  for (const { tableId, columns } of referencedColumns(round.plan)) {
    const table = round.plan.tables.find(({ id }) => id === tableId)
    const followed = table === undefined ? undefined : round.databases.get(table.database)
    const dirty = table === undefined ? undefined : round.dirty.get(table.database)
    if (table === undefined || followed === undefined || dirty === undefined) continue
    if (!isTouched(followed, table.table, dirty) || !followed.isSound(table.table)) continue
    if (table.fate.kind !== 'copy') continue
    const place = `${tableId} ${columns.join(' ')}`
    if (!isDirect(round, table, table.fate.copy)) {
      moved.set(place, movedBetween(round.old.idsOf(table, columns), round.new.idsOf(table, columns)))
      continue
    }
    const [before, after] = sidesOf(followed, table.table)
    const compare = table.fate.copy.key.kind === 'rowid' ? compareByRowid : compareByRecord
    const changes = compare(before, after, dirty, followed.owners)
    moved.set(place, movedIdsOf(table.fate.copy, columns, changes))
  }
  return moved
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
  round: Round,
  followed: FollowedDatabase,
  table: TablePlan,
  copy: CopyPlan,
  dirty: ReadonlySet<number>,
  affected: readonly AffectedReference[],
): TableDelta | null {
  const [before, after] = sidesOf(followed, table.table)
  const compare = hasLastingRowid(copy) ? compareByRowid : compareByRecord
  const encoders = {
    gone: new ChangeEncoder(encodedIn(round, table, 'old')),
    come: new ChangeEncoder(encodedIn(round, table, 'new')),
  }
  const show = openRecordReader(copy)
  const delta = new DeltaCollector(table.id)
  const met = { gone: new Set<bigint>(), come: new Set<bigint>() }
  for (const { kind, rowid, record } of compare(before, after, dirty, followed.owners)) {
    if (affected.length > 0) met[kind].add(rowid)
    delta.add(kind, encoders[kind].encode(show(rowid, record)))
  }
  // Rows that did not change are judged again when their parents were inserted or deleted.
  for (const { reference, ids } of affected) {
    for (const [kind, state] of [
      ['gone', 'old'],
      ['come', 'new'],
    ] as const) {
      const rowids = round[state]
        .rowidsOf(table, copy, reference, ids)
        .filter((rowid) => !met[kind].has(rowid))
      for (const rowid of rowids) met[kind].add(rowid)
      readRows(round, table, copy, state, rowids, (row) => delta.add(kind, encoders[kind].encode(row)))
    }
  }
  return delta.finish()
}

const ROWS_AT_ONCE = 500

function compareAllRows(
  work: Round,
  table: TablePlan,
  staged: { readonly old: string | null; readonly new: string | null },
): TableDelta | null {
  const copy = copyPlanOf(table)
  const delta = new DeltaCollector(table.id)
  const open = (state: 'old' | 'new') => {
    const encoder = new ChangeEncoder(encodedIn(work, table, state))
    const side = state === 'old' ? 'gone' : 'come'
    const reader = openReader('sqlite', table, copy, statesOf(work, state), staged[state])
    const reading = reader.open(EVERY_ROW)
    const visit = (row: SourceRow): void => delta.add(side, encoder.encode(row))
    return { advance: () => reading.advance(ROWS_AT_ONCE, visit), close: () => reader.close() }
  }
  for (const [side, state] of [
    ['gone', 'old'],
    ['come', 'new'],
  ] as const) {
    for (const entry of parentlessOf(table, statesOf(work, state), staged[state]))
      delta.add(side, { tuple: null, quarantine: [entry], archive: [], ifRefused: null })
  }
  const before = open('old')
  const after = open('new')
  try {
    // Both readers advance together, so that equal rows are paired early.
    for (let more = [true, true]; more[0] || more[1]; )
      more = [more[0]! && before.advance(), more[1]! && after.advance()]
  } finally {
    before.close()
    after.close()
  }
  return delta.finish()
}

function stageStates(work: RoundComparison): { old: string | null; new: string | null } {
  if (!needsStaging(work.plan)) return { old: null, new: null }
  const stage = (state: 'old' | 'new'): string => {
    const file = work.shadows.stagingFile(state)
    buildStaging(work.plan, statesOf(work, state), file)
    return file
  }
  return { old: stage('old'), new: stage('new') }
}
