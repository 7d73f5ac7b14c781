/**
 * Encodes one source row as one COPY BINARY tuple of its target table, by the plan. Invariant: a refused row leaves no byte in the writer
 * and no trace in the tallies; a kept row is counted once, cell by cell.
 */
import type { ColumnTally } from '../../model/block.ts'
import type { RejectCode } from '../../model/conversion.ts'
import type { ColumnOrigin, CopyPlan } from '../../model/plan.ts'
import type { TargetTable } from '../../model/target-schema.ts'
import type { ByteWriter } from '../cell/byte-writer.ts'
import type { SourceRow } from '../cell/cell.ts'
import { EXACT, FIRST_REJECT, NORMALIZED, ROUNDED, reject, rejectCodeOf } from '../cell/conversion-encoder.ts'
import type { FieldEncoder } from '../cell/field.ts'
import { type OrphanTest, type OrphanTests, rowTestsOf } from '../cell/orphan-test.ts'
import { largerDecimal } from '../numbers/decimal.ts'
import { type KeptCells, Originals } from './originals.ts'
import { pivotEncoder } from './pivot.ts'
import { cellIndex, fieldOf } from './row-fields.ts'
import { RowSum } from './row-hash.ts'
import { type RowSizeLimit, rowSizeLimit } from './row-size-limit.ts'

/** Why a row was refused; `column` is the source column at fault, or null. */
export type Refusal = { readonly column: string | null; readonly code: RejectCode }

/** For a row that the encoder accepts but the server refuses. */
export const REFUSED_BY_SERVER: Refusal = { column: null, code: 'refused-by-server' }

const TOO_LARGE: Refusal = { column: null, code: 'row-too-large' }

export type RowEncoderOptions = {
  /** One test for each of `copy.references`; null when it has no orphans. */
  readonly orphans: OrphanTests
  /** Archives the original of every cell that is not exact. */
  readonly exact: boolean
  /** Source columns of JSON that are copied without reading the documents (`plan/base/unchanged-json.ts`). Absent: none. */
  readonly unchanged?: ReadonlySet<string> | undefined
  /** Decodes what it writes and compares it with the cell (`proven.ts`). Absent: false. */
  readonly proves?: boolean
}

export class RowEncoder {
  /** The checksum of the kept rows as sent. */
  readonly sum = new RowSum()
  /** The source cells of the last row that cannot be restored from its target row; null when there are none. */
  archived: readonly KeptCells[] | null = null
  archivedKind: 'cells' | 'members' = 'cells'
  /** The same for the last row's children, by fold: one object for each child, or null. */
  archivedChildren: readonly (readonly KeptCells[] | null)[] = []

  readonly #fields: readonly FieldEncoder[]
  readonly #required: readonly boolean[]
  readonly #limit: RowSizeLimit | null
  readonly #copy: CopyPlan
  readonly #tests: readonly {
    readonly reject: string | null
    readonly cells: number[]
    readonly test: OrphanTest
  }[]
  readonly #outcomes: Uint8Array
  readonly #errors: (string | null)[]
  readonly #normalized: Float64Array
  readonly #rounded: Float64Array
  readonly #maxErrors: (string | null)[]
  readonly #originals: Originals
  readonly #keepsChildren: boolean
  readonly #pivot: ReturnType<typeof pivotEncoder> | null

  constructor(copy: CopyPlan, target: TargetTable, options: RowEncoderOptions) {
    this.#copy = copy
    this.#pivot = copy.pivot === null ? null : pivotEncoder(copy, copy.pivot, options.exact)
    const tests = rowTestsOf(copy, options.orphans)
    this.#fields = copy.columns.map((column) => fieldOf(copy, column, tests, this.#pivot, options))
    this.#limit = rowSizeLimit(copy, target)
    const targetColumns = new Map(target.columns.map((column) => [column.name, column]))
    this.#required = copy.columns.map((column) => targetColumns.get(column.target)?.nullable === false)
    this.#tests = copy.references.flatMap((reference, index) => {
      const test = tests[index] ?? null
      if (reference.onOrphan !== 'reject-row' || test === null) return []
      return [
        {
          reject: reference.columns[0] ?? null,
          cells: reference.columns.map((name) => cellIndex(copy, name)),
          test,
        },
      ]
    })
    const count = copy.columns.length
    this.#outcomes = new Uint8Array(count)
    this.#errors = new Array<string | null>(count).fill(null)
    this.#normalized = new Float64Array(count)
    this.#rounded = new Float64Array(count)
    this.#maxErrors = new Array<string | null>(count).fill(null)
    this.#originals = new Originals(copy, options.exact)
    this.#keepsChildren = options.exact && copy.folds.length > 0
  }

  /** Appends the row's tuple to `out`. Returns null, or why the row was refused. */
  encode(row: SourceRow, out: ByteWriter): Refusal | null {
    const start = out.position
    const fields = this.#fields
    const outcomes = this.#outcomes
    for (const { reject: column, cells, test } of this.#tests) {
      if (test(cells.map((index) => row.cells[index]!))) return { column, code: 'orphan' }
    }
    out.reserve(2)
    out.int16(fields.length)
    let allExact = true
    for (let index = 0; index < fields.length; index++) {
      const fieldStart = out.position
      const field = fields[index]!
      let outcome = field.encode(row, out)
      if (outcome < FIRST_REJECT && this.#required[index]! && out.buffer[fieldStart] === 0xff) {
        outcome = reject('null-in-not-null')
      }
      if (outcome >= FIRST_REJECT) {
        out.takeBack(start)
        return { column: sourceColumnOf(this.#copy.columns[index]!.from), code: rejectCodeOf(outcome) }
      }
      outcomes[index] = outcome
      if (outcome === EXACT) continue
      allExact = false
      if (outcome === ROUNDED) this.#errors[index] = field.lastError()
    }
    if (this.#limit?.(out, start) === true) {
      out.takeBack(start)
      return TOO_LARGE
    }
    if (out.longs.length === 0) this.sum.add(out.buffer, start + 2, out.position)
    else this.sum.addParts(out.parts(start + 2))
    if (!allExact) this.#countChanged()
    this.#keepOriginals(row)
    return null
  }

  /** Whether the last row has parts that cannot be restored from its target row. */
  get isArchived(): boolean {
    return this.archived !== null || this.archivedChildren.some((rows) => rows !== null)
  }

  /** The number of source rows in the last row: those of a pivot's group, else 1. */
  get memberCount(): number {
    return this.#pivot?.memberCount ?? 1
  }

  /** Counts rows that were encoded elsewhere: `lanes` is their checksum, `normalized` the number of NORMALIZED cells by target column. */
  addRows(rows: number, lanes: Int32Array, normalized: Int32Array): void {
    this.sum.addLanes(lanes, rows)
    for (let index = 0; index < normalized.length; index++) this.#normalized[index]! += normalized[index]!
  }

  /** The counts of the kept rows so far, by target column. */
  tallies(): ColumnTally[] {
    return this.#copy.columns.map((column, index) => ({
      target: column.target,
      exact: this.sum.rows - this.#normalized[index]! - this.#rounded[index]!,
      normalized: this.#normalized[index]!,
      rounded: this.#rounded[index]!,
      maxError: this.#maxErrors[index]!,
    }))
  }

  /** Counts normalized and rounded cells; all others are exact. */
  #countChanged(): void {
    const outcomes = this.#outcomes
    for (let index = 0; index < outcomes.length; index++) {
      const outcome = outcomes[index]!
      if (outcome === NORMALIZED) {
        this.#normalized[index]!++
      } else if (outcome === ROUNDED) {
        this.#rounded[index]!++
        const error = this.#errors[index]!
        const largest = this.#maxErrors[index]!
        this.#maxErrors[index] = largest === null ? error : largerDecimal(largest, error)
      }
    }
  }

  #keepOriginals(row: SourceRow): void {
    const cells = this.#originals.cellsOf(row, this.#outcomes)
    if (this.#pivot === null) {
      this.archived = cells === null ? null : [cells]
    } else {
      this.archived = this.#pivot.archived(cells)
      this.archivedKind = 'members'
    }
    if (!this.#keepsChildren) return
    this.archivedChildren = this.#copy.folds.map((_, fold) => this.#originals.childrenOf(row, fold))
  }
}

function sourceColumnOf(from: ColumnOrigin): string | null {
  return from.kind === 'column' ? from.column : null
}
