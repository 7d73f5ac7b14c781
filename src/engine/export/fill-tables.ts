/**
 * Restores the rows of one source table from its target rows, the archive, and quarantine. Invariant: quarantined rows come after the
 * target rows, and a parent's ids are read once.
 */

import { storedCellOfValue } from '../encode/cell/stored-cell.ts'
import { listArchive, listQuarantine } from '../journal/entries.ts'
import type { ExportedTable, Unwritten } from '../model/answers.ts'
import type { RunRecord } from '../model/journal.ts'
import {
  type CopyPlan,
  copyPlanOf,
  type FoldPlan,
  type ReferencePlan,
  type TablePlan,
} from '../model/plan.ts'
import type { IdTable } from '../rows/id-table.ts'
import { idKeyOfCell, madeIdAt, parentByMadeId, RowRestorer, restoredCells } from '../rows/restore-row.ts'
import type { Scratch } from '../rows/scratch.ts'
import { readBackStatement } from '../rows/sum-rows.ts'
import type { Connection } from '../target/connection/connection.ts'
import { tupleFields } from '../target/copy/copy-binary.ts'
import { copyOut } from '../target/copy/copy-out.ts'
import { ownRowsConditions } from '../target/tables/own-rows.ts'
import { Sink } from './sink.ts'
import { SourceRows } from './source-rows.ts'
import type { TableInserter } from './write-database.ts'

export type Export = {
  readonly connection: Connection
  readonly record: RunRecord
  readonly scratch: Scratch
  readonly inserterOf: (table: TablePlan) => TableInserter | null
  readonly onUnwritten: (unwritten: Unwritten) => void
  /** Parents' ids already read, by table plan id. */
  readonly identities: Map<string, IdTable>
}

export async function fillTable(work: Export, table: TablePlan): Promise<readonly ExportedTable[]> {
  const copy = copyPlanOf(table)
  const own = await sinkOf(work, table)
  const folds: { fold: FoldPlan; sink: Sink }[] = []
  for (const fold of copy.folds) {
    const child = work.record.plan.tables.find(({ id }) => id === fold.tableId)!
    folds.push({ fold, sink: await sinkOf(work, child) })
  }
  const parents: (IdTable | null)[] = []
  for (const reference of copy.references) parents.push(await identitiesOf(work, copy, reference))
  const source = new SourceRows(copy, own, folds, parents)
  await readTarget(work, copy, (tuple, buffer) => source.add(tuple, buffer))
  for (const sink of [own, ...folds.map((fold) => fold.sink)]) {
    for await (const { key, ordinal, cells } of listQuarantine(
      work.connection,
      work.record.run,
      sink.table.id,
    )) {
      sink.put(sink.rowidOf(key), ordinal, restoredCells(cells))
    }
  }
  return [own, ...folds.map((fold) => fold.sink)].map((sink) => sink.finish())
}

async function sinkOf(work: Export, table: TablePlan): Promise<Sink> {
  const shelf = await work.scratch.shelve(listArchive(work.connection, work.record.run, table.id))
  return new Sink(table, {
    shelf,
    inserter: work.inserterOf(table),
    aside: work.scratch.putAside(),
    onUnwritten: work.onUnwritten,
  })
}

/** Reads the rows of a target table, without columns that the target computes, since SQLite computes them again. */
async function readTarget(
  { connection, record }: Export,
  copy: CopyPlan,
  onTuple: (tuple: Buffer, buffer: Buffer) => void,
): Promise<void> {
  // A table with earlier rows is exported completely: a row of the run that was changed since no longer shows its run.
  const conditions = copy.among?.kind === 'origins' ? ownRowsConditions(copy, record.run) : []
  await copyOut(connection, readBackStatement({ ...copy, computed: [] }, conditions), (buffer, start, end) =>
    onTuple(buffer.subarray(start, end), buffer),
  )
}

/** Returns the parent's ids by their UUIDs in the target; null for a reference by value, or without a parent. */
async function identitiesOf(
  work: Export,
  child: CopyPlan,
  reference: ReferencePlan,
): Promise<IdTable | null> {
  const parent = parentByMadeId(child, reference)
  if (parent === null) return null
  const name = `${parent.tableId} ${parent.column}`
  const known = work.identities.get(name)
  if (known !== undefined) return known
  const table = work.record.plan.tables.find(({ id }) => id === parent.tableId)
  if (table?.fate.kind !== 'copy') return null
  const { copy } = table.fate
  const uuidAt = madeIdAt(copy)
  if (uuidAt < 0) return null
  const identities = work.scratch.identities()
  const restorer = new RowRestorer(
    { ...copy, read: { ...copy.read, columns: [parent.column] }, references: [] },
    [],
  )
  await readTarget(work, copy, (tuple) => {
    const fields = tupleFields(tuple)
    const uuid = fields[uuidAt]
    if (uuid == null) return
    const stored = storedCellOfValue(restorer.restore(fields, {}).get(parent.column) ?? null)
    if (stored !== null) identities.put(Buffer.from(uuid), idKeyOfCell(stored), stored)
  })
  work.identities.set(name, identities)
  return identities
}
