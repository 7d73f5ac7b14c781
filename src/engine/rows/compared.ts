/**
 * The columns of a table that verification compares: those that were sent, then those that the server computes and the snapshot has as well.
 * Invariant: `sent` sums the exact bytes of the copy, whatever is computed in addition.
 */
import type { ByteWriter } from '../encode/cell/byte-writer.ts'
import type { SourceRow } from '../encode/cell/cell.ts'
import { FIRST_REJECT } from '../encode/cell/conversion-encoder.ts'
import { writeUnequal } from '../encode/cell/field.ts'
import { cellEncoderOf } from '../encode/conversions/cell-encoder.ts'
import { type Refusal, RowEncoder, type RowEncoderOptions } from '../encode/rows/row-encoder.ts'
import type { CopyPlan, TablePlan } from '../model/plan.ts'
import type { TargetTable } from '../model/target-schema.ts'

/** Returns the plan as if the computed columns were copied like the others. */
export function comparedPlan(copy: CopyPlan): CopyPlan {
  const { computed = [], read } = copy
  if (computed.length === 0) return copy
  const more = computed.flatMap(({ from }) =>
    from.kind === 'column' && !read.columns.includes(from.column) ? [from.column] : [],
  )
  return {
    ...copy,
    read: { ...read, columns: [...read.columns, ...new Set(more)] },
    columns: [...copy.columns, ...computed],
    computed: [],
  }
}

/** Returns the table as a reader has to read it for a comparison. */
export function comparedTable(table: TablePlan): TablePlan {
  if (table.fate.kind !== 'copy') return table
  return { ...table, fate: { kind: 'copy', copy: comparedPlan(table.fate.copy) } }
}

type ComparedEncoder = {
  /** The encoder of the rows as sent. */
  readonly sent: RowEncoder
  /** Where the sent fields of the last encoded row end. */
  readonly sentEnd: number
  /** Appends the row's fields after a header of two bytes. Returns null, or the reason why the row is not sent. */
  encode(row: SourceRow, out: ByteWriter): Refusal | null
}

/** Encodes rows of a reader of `comparedTable`. */
export function comparedEncoder(
  copy: CopyPlan,
  target: TargetTable,
  options: RowEncoderOptions,
): ComparedEncoder {
  const { read } = comparedPlan(copy)
  const encoder = new RowEncoder({ ...copy, read }, target, { ...options, proves: true })
  const computed = (copy.computed ?? []).map(({ target: name, from }) => {
    if (from.kind !== 'column') throw new Error(`${name} is computed from no column`)
    return { index: read.columns.indexOf(from.column), encoder: cellEncoderOf(from.conversion) }
  })
  let sentEnd = 0
  return {
    sent: encoder,
    get sentEnd() {
      return sentEnd
    },
    encode(row, out) {
      const refusal = encoder.encode(row, out)
      if (refusal !== null) return refusal
      sentEnd = out.position
      for (const { index, encoder: field } of computed) {
        const start = out.position
        if (field.encode(row.cells[index]!, out) < FIRST_REJECT) continue
        out.takeBack(start)
        writeUnequal(out, false)
      }
      return null
    },
  }
}
