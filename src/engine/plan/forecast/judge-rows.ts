/**
 * Judges rows by encoding them as the copy will, and sends nothing. Invariant: the encoder is the copy's own, so that its counts are the
 * copy's; columns that the census has settled are left out.
 */
import { ByteWriter } from '../../encode/cell/byte-writer.ts'
import type { SourceRow } from '../../encode/cell/cell.ts'
import type { OrphanTests } from '../../encode/cell/orphan-test.ts'
import { type Refusal, RowEncoder } from '../../encode/rows/row-encoder.ts'
import { isTooLargeToKeep } from '../../encode/rows/row-entries.ts'
import type { Block, ColumnTally } from '../../model/block.ts'
import type { RejectCode } from '../../model/conversion.ts'
import type { CopyPlan } from '../../model/plan.ts'
import type { TargetTable } from '../../model/target-schema.ts'
import { PageEncoder } from '../../page-encoder/page-encoder.ts'
import { idKeyOfAll } from '../../source/base/id-text.ts'
import type { TableReader, TakeRows } from '../../source/base/reader.ts'

/** A table reduced to the part to judge (`judged-plan.ts`). */
export type JudgedTable = {
  readonly copy: CopyPlan
  readonly target: TargetTable
  /** In the order of `copy.references`. */
  readonly orphans: OrphanTests
}

/** What to record about the references between rows; all columns are source columns. */
export type Watch = {
  /** Keys to record of refused rows, which other rows may reference. */
  readonly keys: readonly (readonly string[])[]
  /** Kept rows to count that reference one of the keys. */
  readonly naming: readonly { readonly columns: readonly string[]; readonly keys: readonly string[] }[]
}

/** What became of a block's rows; plain data. */
export type Judgement = {
  /** Rows of the target table. */
  readonly targetRows: number
  /** Source rows that are in them. */
  readonly held: number
  readonly excluded: number
  /** Source rows that are folded into the rows, by the outcome of their parent row; in the order of `copy.folds`. */
  readonly children: readonly { readonly held: number; readonly refused: number }[]
  readonly refusals: readonly JudgedRefusal[]
  /** Refused rows that are too large for quarantine. */
  readonly tooLargeToKeep: number
  /** Of the columns judged. */
  readonly columns: readonly ColumnTally[]
  /** In the order of `Watch.keys`. */
  readonly refusedKeys: readonly (readonly string[])[]
  /** In the order of `Watch.naming`. */
  readonly naming: readonly number[]
}

type JudgedRefusal = {
  readonly column: string | null
  readonly code: RejectCode
  readonly rows: number
}

const ROWS_AT_ONCE = 2000

export function judgeRows(
  { copy, target, orphans }: JudgedTable,
  reader: TableReader,
  block: Pick<Block, 'range' | 'rowsBefore'>,
  watch: Watch,
): Judgement {
  const options = { orphans, exact: false }
  const encoder = new RowEncoder(copy, target, options)
  const out = new ByteWriter(1 << 16)
  const refusals = new Map<string, { readonly refusal: Refusal; rows: number }>()
  const children = copy.folds.map(() => ({ held: 0, refused: 0 }))
  const placesOf = (columns: readonly string[]): number[] =>
    columns.map((name) => copy.read.columns.indexOf(name))
  const keyOf = (row: SourceRow, places: readonly number[]): string =>
    idKeyOfAll(places.map((place) => row.cells[place]!))
  const watched = watch.keys.map((columns) => ({ places: placesOf(columns), keys: [] as string[] }))
  const naming = watch.naming.map(({ columns, keys }) => ({
    places: placesOf(columns),
    keys: new Set(keys),
    rows: 0,
  }))
  let held = 0
  let excluded = 0
  let tooLargeToKeep = 0

  const countChildren = (row: SourceRow, what: 'held' | 'refused'): void => {
    children.forEach((count, fold) => {
      for (const _ of row.children(fold)) count[what]++
    })
  }
  const refuse = (row: SourceRow, refusal: Refusal): void => {
    const key = `${refusal.code} ${refusal.column ?? ''}`
    const known = refusals.get(key) ?? { refusal, rows: 0 }
    known.rows += copy.pivot === null ? 1 : Array.from(row.members()).length
    refusals.set(key, known)
    if (isTooLargeToKeep(row)) tooLargeToKeep++
    for (const { places, keys } of watched) keys.push(keyOf(row, places))
    countChildren(row, 'refused')
  }
  const visit = (row: SourceRow): void => {
    if (!row.wanted) {
      excluded++
      return
    }
    const refusal = encoder.encode(row, out)
    out.takeBack(0)
    if (refusal !== null) {
      refuse(row, refusal)
      return
    }
    held += encoder.memberCount
    for (const one of naming) if (one.keys.has(keyOf(row, one.places))) one.rows++
    countChildren(row, 'held')
  }

  const isEachVisited = naming.length > 0
  const { stored } = reader
  const plain = stored === null || isEachVisited ? null : PageEncoder.of(copy, target, options, stored)
  const take: TakeRows | undefined =
    plain === null
      ? undefined
      : (rows, from, to, ordinal) => {
          const next = plain.take(rows, [from, to], ordinal, encoder, out)
          out.takeBack(0)
          held += next - from
          return next
        }
  const reading = reader.open(block)
  while (reading.advance(ROWS_AT_ONCE, visit, take));
  out.shrink()
  return {
    targetRows: encoder.sum.rows,
    held,
    excluded,
    children,
    refusals: Array.from(refusals.values(), ({ refusal, rows }) => ({ ...refusal, rows })),
    tooLargeToKeep,
    columns: encoder.tallies(),
    refusedKeys: watched.map(({ keys }) => keys),
    naming: naming.map(({ rows }) => rows),
  }
}
