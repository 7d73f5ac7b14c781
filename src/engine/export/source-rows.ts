/**
 * Turns target rows back into source rows. Invariant: every target row yields all the source rows of which it was made, each once.
 */

import { LONG_BYTES } from '../encode/cell/cell.ts'
import { freeAtOnce } from '../encode/cell/free-at-once.ts'
import { valueOfStoredCell } from '../encode/cell/stored-cell.ts'
import { hiddenRowid } from '../encode/rows/originals.ts'
import type { CopyPlan, FoldPlan, PivotPlan } from '../model/plan.ts'
import type { IdTable } from '../rows/id-table.ts'
import { readObject, readObjects } from '../rows/json-values.ts'
import { own, type RestoredCells, RowRestorer, restoreJson, wholeNumberOf } from '../rows/restore-row.ts'
import { rowMatchOf } from '../rows/row-match.ts'
import type { Kept, ShelfEntry } from '../rows/scratch.ts'
import { tupleFields } from '../target/copy/copy-binary.ts'
import type { Sink } from './sink.ts'

export class SourceRows {
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

  /** `buffer`: the memory that contains the tuple. */
  add(tuple: Buffer, buffer: Buffer): void {
    const fields = tupleFields(tuple)
    const match = this.#match?.(tuple) ?? this.#keyOf(fields)
    const entry = this.#own.shelf.take(match)
    if (this.#copy.pivot !== null) this.#members(this.#copy.pivot, fields, entry)
    else {
      const cells = this.#restorer.restore(fields, entry?.rows[0] ?? {})
      const rowid =
        this.#integer(fields, this.#rowidAt) ?? (entry === null ? null : this.#own.rowidOf(entry.key))
      const number = this.#integer(fields, this.#numberAt)
      // Folded rows are read from the tuple afterwards, so it is not freed.
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
