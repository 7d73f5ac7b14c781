/**
 * What the journal keeps of a block's rows: refused rows for the quarantine and, for the archive, parts of kept rows that cannot be
 * restored from the target. Invariant: a refused row includes all that belongs to it: a group's members, a parent's children.
 */
import type { ArchiveEntry, QuarantineEntry } from '../../model/journal.ts'
import type { CopyPlan } from '../../model/plan.ts'
import { rejectSentences } from '../../model/reject-sentences.ts'
import type { StoredCell } from '../../model/storage.ts'
import { BLOB, type Cell, type NestedRow, NULL, type SourceRow, TEXT } from '../cell/cell.ts'
import { storedCellOf } from '../cell/stored-cell.ts'
import type { Refusal, RowEncoder } from './row-encoder.ts'

/** The most bytes of TEXT and BLOB in a quarantined row: in base64 they must fit into one JavaScript string of at most 512 MiB. */
const MOST_KEPT_BYTES = 380_000_000

/** Whether a row is too large for quarantine. */
export function isTooLargeToKeep({ cells }: SourceRow): boolean {
  let bytes = 0
  for (const { storage, start, end } of cells) if (storage === TEXT || storage === BLOB) bytes += end - start
  return bytes > MOST_KEPT_BYTES
}

export class RowEntries {
  readonly #tableId: string
  readonly #copy: CopyPlan
  readonly #block: number

  constructor(tableId: string, copy: CopyPlan, block: number) {
    this.#tableId = tableId
    this.#copy = copy
    this.#block = block
  }

  /** The quarantine entries of a refused row. `reason`: the server's, if the server refused it. */
  ofRefused(row: SourceRow, { column, code }: Refusal, reason: string | null): QuarantineEntry[] {
    const copy = this.#copy
    const entries: QuarantineEntry[] = []
    const place = this.#positionOf(row)
    const sentence = reason ?? rejectSentences[code]
    const put = (
      tableId: string,
      nested: NestedRow | null,
      names: readonly string[],
      cells: readonly Cell[],
    ): void => {
      const own = tableId === this.#tableId
      entries.push({
        ...place,
        tableId,
        ...(nested === null ? {} : { key: keyOfNested(nested), ordinal: nested.ordinal }),
        cells: cellsByName(names, cells),
        column: own ? column : null,
        code: own ? code : 'parent-refused',
        reason: own ? sentence : `its row of ${this.#tableId} was refused: ${sentence}`,
      })
    }
    if (copy.pivot === null) put(this.#tableId, null, copy.read.columns, row.cells)
    else for (const member of row.members()) put(this.#tableId, member, copy.read.columns, member)
    copy.folds.forEach((fold, index) => {
      for (const child of row.children(index)) put(fold.tableId, child, fold.columns, child)
    })
    return entries
  }

  /** The archive entries of the row that `encoder` has just encoded; `targetRow` is its `RowMatch`. */
  ofKept(row: SourceRow, encoder: RowEncoder, targetRow: string | null): ArchiveEntry[] {
    const { archived, archivedKind, archivedChildren } = encoder
    const place = { ...this.#positionOf(row), targetRow }
    const ofChildren = archivedChildren.flatMap((rows, fold): ArchiveEntry[] => {
      const { tableId } = this.#copy.folds[fold]!
      return rows === null ? [] : [{ ...place, tableId, kind: 'members', rows }]
    })
    return archived === null ? ofChildren : [{ ...place, kind: archivedKind, rows: archived }, ...ofChildren]
  }

  /** An archive entry with the given cells of a kept row. */
  keptCells(
    row: SourceRow,
    cells: Readonly<Record<string, StoredCell>>,
    targetRow: string | null,
  ): ArchiveEntry {
    return { ...this.#positionOf(row), targetRow, kind: 'cells', rows: [cells] }
  }

  #positionOf(row: SourceRow) {
    const { key } = this.#copy
    const columns = this.#copy.read.columns
    const cells: StoredCell[] =
      key.kind === 'primary-key'
        ? key.columns.map(({ name }) => storedCellOf(row.cells[columns.indexOf(name)]!))
        : [storedCellOf(row.rowid)]
    return { tableId: this.#tableId, block: this.#block, key: cells, ordinal: row.ordinal }
  }
}

/** The ordinals of the source rows in a target row: those of a group's members, or the row's own. */
export function sourceOrdinals({ pivot }: CopyPlan, row: SourceRow): number[] {
  return pivot === null ? [row.ordinal] : Array.from(row.members(), ({ ordinal }) => ordinal)
}

function keyOfNested({ rowid }: NestedRow): StoredCell[] {
  return rowid.storage === NULL ? [] : [storedCellOf(rowid)]
}

function cellsByName(names: readonly string[], cells: SourceRow['cells']): Record<string, StoredCell> {
  return Object.fromEntries(names.map((name, index) => [name, storedCellOf(cells[index]!)]))
}
