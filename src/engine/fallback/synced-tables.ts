/**
 * What a fallback needs of every table that the run copied, and which source row each target row is at the start. Invariant: a source row is
 * mapped exactly when the run wrote a target row for it: rows in quarantine, and rows that the user left out, exist in SQLite alone.
 */

import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { ByteWriter } from '../encode/cell/byte-writer.ts'
import { type Cell, type NestedRow, NULL, type SourceRow } from '../encode/cell/cell.ts'
import { storedCellOf } from '../encode/cell/stored-cell.ts'
import { RowEncoder } from '../encode/rows/row-encoder.ts'
import { EVERY_ROW } from '../model/block.ts'
import type { SourceKey } from '../model/catalog.ts'
import type { EditedRow, QuarantineEntry, RunRecord } from '../model/journal.ts'
import type { UnsyncedTable } from '../model/live-answers.ts'
import {
  type CopyPlan,
  copyPlanOf,
  type ReferencePlan,
  type TablePlan,
  targetTableOf,
} from '../model/plan.ts'
import type { Snapshot } from '../model/snapshot.ts'
import type { TargetTable } from '../model/target-schema.ts'
import { canonicalTuple, jsonbPositions } from '../rows/canonical-tuple.ts'
import { IdTable } from '../rows/id-table.ts'
import { idKeyOfCell, madeIdAt, parentByMadeId, RowRestorer } from '../rows/restore-row.ts'
import { withEditedRows } from '../source/readers/edited-reader.ts'
import { openReader } from '../source/readers/readers.ts'
import { findOrphans, orphanTestsOf } from '../source/staging/orphans.ts'
import { buildStaging, needsStaging } from '../source/staging/staging.ts'
import { ChildRows } from './child-rows.ts'
import type { FallbackFolder } from './folder.ts'
import type { OldTable, RowKey } from './old-table.ts'
import { type MappedRow, RowMap } from './row-map.ts'
import { Spellings } from './spellings.ts'
import { type TargetRow, TupleReader } from './target-row.ts'

/** Changes of a table: rows that are new or changed in the target, and rows that are gone from it. */
export type TableChange = {
  readonly present: readonly { readonly row: TargetRow; readonly known: MappedRow | null }[]
  readonly gone: readonly MappedRow[]
}

/** The ids of a table to which others refer by UUID: the positions of the UUID's target column and the id's source column. */
type OwnIds = { readonly at: number; readonly column: string; readonly map: IdTable }

export type SyncedTable = {
  readonly plan: TablePlan
  readonly copy: CopyPlan
  readonly target: TargetTable
  readonly table: OldTable
  readonly map: RowMap
  readonly ownIds: readonly OwnIds[]
  readonly restorer: RowRestorer
  readonly spellings: Spellings
  readonly folds: readonly { readonly at: number; readonly children: ChildRows }[]
}

export type SyncedTables = {
  readonly tables: readonly SyncedTable[]
  readonly unsynced: readonly UnsyncedTable[]
}

const NAMELESS = 'nothing names its rows: columns hide all names of its rowid'

export function openSyncedTables(folder: FallbackFolder, { plan }: RunRecord): SyncedTables {
  const { db } = folder
  const idMaps = idMapsOf(db, plan.tables)
  const tables: SyncedTable[] = []
  const unsynced: UnsyncedTable[] = []
  for (const [number, table] of plan.tables.entries()) {
    if (table.fate.kind !== 'copy') continue
    const { copy } = table.fate
    const old = folder.tableOf(table.database, table.table)
    if (old === null) {
      unsynced.push({ tableId: table.id, reason: NAMELESS })
      continue
    }
    const folds = copy.folds.flatMap((fold, index) => {
      const child = plan.tables.find(({ id }) => id === fold.tableId)
      const rows = child === undefined ? null : folder.tableOf(child.database, child.table)
      const at = copy.columns.findIndex(({ from }) => from.kind === 'fold' && from.fold === index)
      if (rows === null || at < 0) {
        unsynced.push({ tableId: fold.tableId, reason: NAMELESS })
        return []
      }
      return [{ at, children: new ChildRows(fold, rows, old) }]
    })
    const parents = copy.references.map(
      (reference) => idMaps.get(nameOfParent(copy, reference) ?? '') ?? null,
    )
    const ownIds: OwnIds[] = [...idMaps].flatMap(([name, map]) => {
      const column = copy.read.columns.find((one) => nameOfIds(table.id, one) === name)
      const at = madeIdAt(copy)
      return column === undefined || at < 0 ? [] : [{ at, column, map }]
    })
    const restorer = new RowRestorer(copy, parents)
    tables.push({
      plan: table,
      copy,
      target: targetTableOf(plan, copy.target),
      table: old,
      map: new RowMap(db, number),
      ownIds,
      restorer,
      spellings: new Spellings(old, copy),
      folds,
    })
  }
  return { tables, unsynced }
}

/** Maps every source row that the run wrote, in the caller's transaction. */
export function mapSourceRows(
  folder: FallbackFolder,
  record: RunRecord,
  tables: readonly SyncedTable[],
  bases: readonly Snapshot[],
  kept: { readonly quarantine: readonly QuarantineEntry[]; readonly edited: readonly EditedRow[] },
  onTable: (done: number, tableId: string) => void,
): void {
  const { plan } = record
  const orphans = findOrphans(plan, bases)
  const staging = needsStaging(plan) ? join(folder.scratch, 'staging.db') : null
  if (staging !== null) buildStaging(plan, bases, staging)
  // Compared by key: in a base that was followed, rows have other ordinals than in the snapshot.
  const refused = new Set(
    kept.quarantine
      .filter(({ code }) => code === 'refused-by-server')
      .map(({ tableId, key }) => `${tableId} ${JSON.stringify(key)}`),
  )
  for (const [index, table] of tables.entries()) {
    onTable(index, table.plan.id)
    const { copy } = table
    const encoder = new RowEncoder(copy, targetTableOf(plan, copy.target), {
      orphans: orphanTestsOf(orphans, table.plan),
      exact: false,
    })
    const reader = withEditedRows(
      openReader('sqlite', table.plan, copy, bases, staging),
      copy,
      kept.edited.filter(({ tableId }) => tableId === table.plan.id),
    )
    const tuples = new TupleReader(copy)
    const jsonb = jsonbPositions({ ...copy, computed: [] })
    const out = new ByteWriter()
    const visit = (row: SourceRow): void => {
      if (!row.wanted) return
      const keys = keysOf(table.table, copy, row)
      if (refused.size > 0 && keys.some((key) => refused.has(`${table.plan.id} ${JSON.stringify(key)}`)))
        return
      out.takeBack(0)
      if (encoder.encode(row, out) !== null) return
      const bytes = out.whole(2)
      const encoded = tuples.read(canonicalTuple(bytes, 0, bytes.length, jsonb))
      table.map.add(encoded.match, keys, encoded.sum)
      for (const { at, column, map } of table.ownIds) {
        const uuid = encoded.fields[at]
        const cell = storedCellOf(row.cells[copy.read.columns.indexOf(column)]!)
        if (uuid != null && cell !== null) map.put(uuid, idKeyOfCell(cell), cell)
      }
    }
    try {
      const reading = reader.open(EVERY_ROW)
      while (reading.advance(1000, visit));
    } finally {
      reader.close()
    }
  }
  if (staging !== null)
    for (const suffix of ['', '-utf16le', '-utf16be']) rmSync(`${staging}${suffix}`, { force: true })
}

function keysOf(table: OldTable, copy: CopyPlan, row: SourceRow): readonly RowKey[] {
  const { key } = table.table
  if (copy.pivot === null) return [keyOfCells(key, copy, row.rowid, row.cells)]
  return Array.from(row.members(), (member: NestedRow) => keyOfCells(key, copy, member.rowid, member))
}

function keyOfCells(key: SourceKey, copy: CopyPlan, rowid: Cell, cells: readonly Cell[]): RowKey {
  if (key.kind !== 'primary-key' && rowid.storage !== NULL) return [storedCellOf(rowid)]
  if (key.kind !== 'primary-key') return [null]
  return key.columns.map(({ name }) => storedCellOf(cells[copy.read.columns.indexOf(name)]!))
}

/** Returns an id table for each column to which others refer by UUID, by `nameOfIds`. */
function idMapsOf(db: FallbackFolder['db'], tables: readonly TablePlan[]): ReadonlyMap<string, IdTable> {
  const maps = new Map<string, IdTable>()
  for (const table of tables) {
    if (table.fate.kind !== 'copy') continue
    for (const reference of table.fate.copy.references) {
      const name = nameOfParent(table.fate.copy, reference)
      const parent = tables.find(({ id }) => id === reference.parent?.tableId)
      if (name === null || maps.has(name) || parent?.fate.kind !== 'copy') continue
      if (madeIdAt(copyPlanOf(parent)) >= 0) maps.set(name, new IdTable(db, `ids_${maps.size}`))
    }
  }
  return maps
}

const nameOfIds = (tableId: string, column: string): string => `${tableId} ${column}`

function nameOfParent(child: CopyPlan, reference: ReferencePlan): string | null {
  const parent = parentByMadeId(child, reference)
  return parent === null ? null : nameOfIds(parent.tableId, parent.column)
}
