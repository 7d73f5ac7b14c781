/**
 * What the compiled half must know about a table. Invariant: a table that it cannot encode, because rows need more than one pass over their
 * values, has no `EncodedTable` and is left to the row encoder.
 */

import { hasOrphans } from '../encode/cell/orphan-test.ts'
import { Originals } from '../encode/rows/originals.ts'
import type { RowEncoderOptions } from '../encode/rows/row-encoder.ts'
import { rowSizeLimit } from '../encode/rows/row-size-limit.ts'
import type { CopyPlan } from '../model/plan.ts'
import type { TargetTable } from '../model/target-schema.ts'
import type { StoredRows } from '../source/base/reader.ts'
import type { Compiled, Layout } from './compiled.ts'
import { type FieldEntry, fieldEntryOf, recordColumns } from './field-entry.ts'

export type EncodedTable = {
  /** For each column of the table's records: whether it has REAL affinity. */
  readonly reals: readonly boolean[]
  readonly fields: readonly EncodedField[]
  /** Rows with a cell that is not exact are left to the row encoder, because parts of them are archived. */
  readonly onlyExact: boolean
  /** The most bytes that a row may take beyond its record's. */
  readonly mostBytes: number
}

type EncodedField = { readonly entry: FieldEntry; readonly isRequired: boolean }

/** More than any field takes beyond its value's bytes: a numeric of four groups before the point and three after it. */
const FIELD_ROOM = 32
const ROW_HEAD = 2

export function encodedTableOf(
  copy: CopyPlan,
  target: TargetTable,
  options: RowEncoderOptions,
  stored: StoredRows,
): EncodedTable | null {
  if (copy.pivot !== null || copy.folds.length > 0 || hasOrphans(copy, options.orphans)) return null
  if (rowSizeLimit(copy, target) !== null) return null
  const originals = new Originals(copy, options.exact)
  if (originals.areOfEveryRow) return null
  const nullable = new Map(target.columns.map((column) => [column.name, column.nullable]))
  const fields: EncodedField[] = []
  for (const column of copy.columns) {
    const entry = fieldEntryOf(stored, column, options.unchanged)
    const isRequired = nullable.get(column.target) === false
    if (entry === null || (isRequired && entry.kind === 'CONSTANT' && isNull(entry.field))) return null
    fields.push({ entry: isRequired ? withoutNull(entry) : entry, isRequired })
  }
  return {
    reals: recordColumns(stored).map(({ affinity }) => affinity === 'real'),
    fields,
    onlyExact: originals.areOfInexact,
    mostBytes: ROW_HEAD + fields.length * FIELD_ROOM + constantsLength(fields),
  }
}

export function isRoomFor({ reals, fields }: EncodedTable, layout: Layout): boolean {
  return (
    reals.length <= layout.mostColumns &&
    fields.length <= layout.mostFields &&
    constantsLength(fields) <= layout.constantsBytes
  )
}

/** Loads the table into the compiled half. */
export function writeTable(compiled: Compiled, table: EncodedTable): void {
  const { memory, layout } = compiled
  const { reals, fields, mostBytes, onlyExact } = table
  compiled.setTable(reals.length, fields.length, mostBytes, onlyExact)
  reals.forEach((isReal, index) => {
    memory[layout.reals + index] = isReal ? 1 : 0
  })
  let constantAt = 0
  const enterConstant = (field: Buffer): number => {
    const start = constantAt
    memory.set(field, layout.constants + start)
    constantAt += field.length
    return start
  }
  fields.forEach(({ entry, isRequired }, index) => {
    const at = layout.fields + index * layout.fieldBytes
    const write = (place: number, value: number): number => memory.writeInt32LE(value, at + place)
    memory.fill(0, at, at + layout.fieldBytes)
    write(layout.kindAt, compiled.constant(entry.kind))
    if (entry.kind === 'CONSTANT') {
      write(layout.parametersAt, enterConstant(entry.field))
      write(layout.parametersAt + 4, entry.field.length)
      return
    }
    const { source, added } = entry
    if (added !== null) {
      write(layout.addedAt, enterConstant(added.field))
      write(layout.addedBytesAt, added.field.length | (added.isNormalized ? layout.normalized : 0))
    }
    write(layout.sourceAt, typeof source === 'number' ? source : compiled.constant(source))
    write(layout.requiredAt, isRequired ? 1 : 0)
    entry.parameters.forEach((parameter, position) => {
      write(layout.parametersAt + position * 4, parameter)
    })
    memory.writeBigUInt64LE(entry.limit, at + layout.limitAt)
  })
}

function constantsLength(fields: readonly EncodedField[]): number {
  return fields.reduce((sum, { entry }) => {
    const constant = entry.kind === 'CONSTANT' ? entry : entry.added
    return sum + (constant === null ? 0 : constant.field.length)
  }, 0)
}

/** Rows without a required column that would be null are refused, and so left to the row encoder. */
function withoutNull(entry: FieldEntry): FieldEntry {
  if (entry.kind === 'CONSTANT' || entry.added === null || !isNull(entry.added.field)) return entry
  return { ...entry, added: null }
}

function isNull(field: Buffer): boolean {
  return field[0] === 0xff
}
