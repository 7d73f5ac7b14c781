/**
 * The rows of one source table out of the target: its target rows, what the archive keeps of them, and the quarantine. Invariant:
 * every target row yields the source rows that it was made of, each once; rows without a known rowid come after all others, so that
 * none takes the rowid of another row.
 */

import { LONG_BYTES } from '../encode/cell.ts'
import { freeAtOnce } from '../encode/free-at-once.ts'
import { hiddenRowid } from '../encode/originals.ts'
import { storedCellOfValue, valueOfStoredCell } from '../encode/stored-cell.ts'
import { listArchive, listQuarantine } from '../journal/entries.ts'
import type { ExportedTable, Unwritten } from '../model/answers.ts'
import type { RunRecord } from '../model/journal.ts'
import {
  type CopyPlan,
  copyPlanOf,
  type FoldPlan,
  type PivotPlan,
  type ReferencePlan,
  type TablePlan,
} from '../model/plan.ts'
import type { StoredCell } from '../model/storage.ts'
import type { IdTable } from '../rows/id-table.ts'
import { readObject, readObjects } from '../rows/json-values.ts'
import {
  idKeyOfCell,
  madeIdAt,
  own,
  parentByMadeId,
  type RestoredCells,
  RowRestorer,
  restoreJson,
  storedCells,
  wholeNumberOf,
} from '../rows/restore-row.ts'
import { rowMatchOf } from '../rows/row-match.ts'
import type { Aside, Kept, Scratch, Shelf, ShelfEntry } from '../rows/scratch.ts'
import { readBackStatement } from '../rows/sum-rows.ts'
import { errorCode } from '../source/base/error-code.ts'
import type { Connection } from '../target/connection.ts'
import { tupleFields } from '../target/copy-binary.ts'
import { copyOut } from '../target/copy-out.ts'
import { ownRowsConditions } from '../target/own-rows.ts'
import type { Release } from './when-bound.ts'
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
  await readTarget(work, copy, (tuple, buffer) => source.meet(tuple, buffer))
  for (const sink of [own, ...folds.map((fold) => fold.sink)]) {
    for await (const { key, ordinal, cells } of listQuarantine(
      work.connection,
      work.record.run,
      sink.table.id,
    )) {
      sink.put(rowidOf(sink, key), ordinal, valuesOf(cells))
    }
  }
  return [own, ...folds.map((fold) => fold.sink)].map((sink) => sink.finish())
}

async function sinkOf(work: Export, table: TablePlan): Promise<Sink> {
  const shelf = await work.scratch.shelve(listArchive(work.connection, work.record.run, table.id))
  return new Sink(work, table, shelf)
}

/** Where the rows of one source table go. */
class Sink {
  readonly table: TablePlan
  readonly shelf: Shelf
  readonly inserter: TableInserter | null
  readonly #work: Export
  readonly #aside: Aside
  #rows = 0
  #rowidsKept = true

  constructor(work: Export, table: TablePlan, shelf: Shelf) {
    this.#work = work
    this.table = table
    this.shelf = shelf
    this.inserter = work.inserterOf(table)
    this.#aside = work.scratch.putAside()
  }

  /** `release` frees the memory of the cells; it is called when SQLite has them, where they are inserted at once. */
  put(rowid: bigint | null, ordinal: number | null, cells: RestoredCells, release: Release = null): void {
    const key = this.inserter?.table.key
    if (key?.kind === 'none' || (key?.kind === 'rowid' && rowid === null)) {
      this.#aside.put(key.kind === 'none' ? ordinal : null, storedCells(cells))
    } else this.#insert(rowid, cells, release)
  }

  finish(): ExportedTable {
    for (const cells of this.#aside.rows()) {
      const values = valuesOf(cells)
      const { key } = this.inserter!.table
      // An INTEGER PRIMARY KEY is a rowid that the row brings itself.
      const isKnown = key.kind === 'rowid' && key.column !== null && values.get(key.column) != null
      if (!isKnown && key.kind === 'rowid') this.#rowidsKept = false
      this.#insert(null, values)
    }
    return { tableId: this.table.id, rows: this.#rows, rowidsKept: this.#rowidsKept, stray: this.shelf.left }
  }

  #insert(rowid: bigint | null, cells: RestoredCells, release: Release = null): void {
    if (this.inserter === null) return
    try {
      this.inserter.insert(rowid, cells, release)
      this.#rows++
    } catch (error) {
      if (!errorCode(error).startsWith('SQLITE_CONSTRAINT')) throw error
      this.#work.onUnwritten({ name: this.table.id, reason: (error as Error).message })
    }
  }
}

/** Turns target rows into the source rows that they were made of. */
class SourceRows {
  readonly #copy: CopyPlan
  readonly #own: Sink
  readonly #folds: readonly {
    readonly fold: FoldPlan
    readonly sink: Sink
    readonly at: number
    readonly rowid: string | null
  }[]
  readonly #restorer: RowRestorer
  readonly #match: ReturnType<typeof rowMatchOf>
  readonly #rowidAt: number
  readonly #numberAt: number
  readonly #identityAt: number

  constructor(
    copy: CopyPlan,
    own: Sink,
    folds: readonly { readonly fold: FoldPlan; readonly sink: Sink }[],
    parents: readonly (IdTable | null)[],
  ) {
    this.#copy = copy
    this.#own = own
    this.#folds = folds.map(({ fold, sink }, index) => ({
      fold,
      sink,
      at: copy.columns.findIndex(({ from }) => from.kind === 'fold' && from.fold === index),
      rowid: hiddenRowid(fold.columns),
    }))
    this.#restorer = new RowRestorer(copy, parents, true)
    this.#match = rowMatchOf(copy)
    this.#rowidAt = copy.columns.findIndex(({ from }) => from.kind === 'rowid')
    this.#numberAt = copy.columns.findIndex(({ from }) => from.kind === 'row-number')
    const { identity } = copy
    this.#identityAt =
      identity.kind === 'columns' && identity.ordered
        ? copy.columns.findIndex(({ target }) => target === identity.columns.at(-1))
        : -1
  }

  /** `buffer`: the memory that the tuple lies in. */
  meet(tuple: Buffer, buffer: Buffer): void {
    const fields = tupleFields(tuple)
    const match = this.#match?.(tuple) ?? this.#keyOf(fields)
    const entry = this.#own.shelf.take(match)
    if (this.#copy.pivot !== null) this.#members(this.#copy.pivot, fields, entry)
    else {
      const cells = this.#restorer.restore(fields, entry?.rows[0] ?? {})
      const rowid =
        this.#integer(fields, this.#rowidAt) ?? (entry === null ? null : rowidOf(this.#own, entry.key))
      const number = this.#integer(fields, this.#numberAt)
      // Folded rows are read out of the tuple after it.
      const isFreed = tuple.length >= LONG_BYTES && this.#folds.length === 0
      this.#own.put(
        rowid ?? this.#rowidIn(cells),
        entry?.ordinal ?? (number === null ? null : Number(number)),
        cells,
        isFreed ? () => freeAtOnce(buffer) : null,
      )
    }
    for (const { fold, sink, at, rowid } of this.#folds) {
      const field = fields[at] ?? null
      if (field !== null) putChildren(fold, sink, field, rowid, sink.shelf.take(match))
    }
  }

  #keyOf(fields: readonly (Buffer | null)[]): string {
    return JSON.stringify([{ integer: String(this.#integer(fields, this.#identityAt)) }])
  }

  #integer(fields: readonly (Buffer | null)[], at: number): bigint | null {
    return wholeNumberOf(this.#copy.columns[at]?.from, fields[at] ?? null)
  }

  #rowidIn(cells: RestoredCells): bigint | null {
    const { key } = this.#copy
    const value = key.kind === 'rowid' && key.column !== null ? cells.get(key.column) : null
    return typeof value === 'bigint' ? value : null
  }

  #members(pivot: PivotPlan, fields: readonly (Buffer | null)[], entry: ShelfEntry | null): void {
    const at = this.#copy.columns.findIndex(({ from }) => from.kind === 'pivot')
    const object = new Map(fields[at] == null ? [] : readObject(fields[at]!))
    const base = this.#restorer.restore(fields, entry?.rows[0] ?? {})
    const rowidName = hiddenRowid(this.#copy.read.columns)
    const put = (
      kept: Kept,
      name: RestoredCells extends Map<string, infer V> ? V : never,
      value: typeof name,
    ): void => {
      const cells: RestoredCells = new Map(base)
      for (const [column, cell] of Object.entries(kept)) {
        if (column !== rowidName && kept !== entry?.rows[0]) cells.set(column, valueOfStoredCell(cell))
      }
      for (const column of pivot.archived) {
        const cell = own(kept, column)
        cells.set(column, cell === undefined ? null : valueOfStoredCell(cell))
      }
      cells.set(pivot.name, name)
      cells.set(pivot.value, value)
      const rowid = rowidName === null ? undefined : own(kept, rowidName)
      const known = rowid === undefined ? this.#rowidIn(cells) : (valueOfStoredCell(rowid) as bigint)
      this.#own.put(known, null, cells)
    }
    for (const kept of entry?.rows ?? []) {
      const name = valueOfStoredCell(own(kept, pivot.name) ?? null)
      const original = own(kept, pivot.value)
      if (typeof name === 'string' && object.has(name)) {
        const value = object.get(name)!
        object.delete(name)
        put(kept, name, restoreJson(value, original))
      } else if (original !== undefined) put(kept, name, valueOfStoredCell(original))
    }
    for (const [name, value] of object) put({}, name, value)
  }
}

function putChildren(
  fold: FoldPlan,
  sink: Sink,
  field: Buffer,
  rowidName: string | null,
  entry: ShelfEntry | null,
): void {
  const children = readObjects(field) ?? []
  const kept = entry?.rows.length === children.length ? entry.rows : null
  for (const [index, child] of children.entries()) {
    const originals = kept?.[index] ?? {}
    const cells: RestoredCells = new Map(
      fold.columns.map((name) => [name, restoreJson(child.get(name) ?? null, own(originals, name))]),
    )
    const rowid = rowidName === null ? undefined : own(originals, rowidName)
    const { key } = sink.inserter?.table ?? {}
    const numbered = key?.kind === 'rowid' && key.column !== null ? cells.get(key.column) : null
    const known = typeof numbered === 'bigint' ? numbered : null
    sink.put(rowid === undefined ? known : (valueOfStoredCell(rowid) as bigint), null, cells)
  }
}

/** The rows of a target table, without what the target computes by itself: SQLite computes it again. */
async function readTarget(
  { connection, record }: Export,
  copy: CopyPlan,
  onTuple: (tuple: Buffer, buffer: Buffer) => void,
): Promise<void> {
  // Of tables that held rows before, also what was changed since is exported: all of them.
  const conditions = copy.among?.kind === 'origins' ? ownRowsConditions(copy, record.run) : []
  await copyOut(connection, readBackStatement({ ...copy, computed: [] }, conditions), (buffer, start, end) =>
    onTuple(buffer.subarray(start, end), buffer),
  )
}

function rowidOf({ inserter }: Sink, [first]: readonly StoredCell[]): bigint | null {
  if (inserter?.table.key.kind !== 'rowid' || first == null || !('integer' in first)) return null
  return BigInt(first.integer)
}

function valuesOf(cells: Kept): RestoredCells {
  return new Map(Object.entries(cells).map(([name, cell]) => [name, valueOfStoredCell(cell)]))
}

/** The parent's ids by the UUIDs that the target knows its rows by; null where the reference is by value, or has no parent. */
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
