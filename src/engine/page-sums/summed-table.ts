/**
 * What the kernel knows about a table: the columns of its records, and how each field of a target row is made. Built from the plan,
 * independently of the page encoder's description. Invariant: a table without such a description is summed row by row.
 */
import { ByteWriter } from '../encode/cell/byte-writer.ts'
import { Cell } from '../encode/cell/cell.ts'
import { type CellEncoder, FIRST_REJECT } from '../encode/cell/conversion-encoder.ts'
import { hasOrphans } from '../encode/cell/orphan-test.ts'
import { fillFromStored } from '../encode/cell/stored-cell.ts'
import { cellEncoderOf } from '../encode/conversions/cell-encoder.ts'
import { Originals } from '../encode/rows/originals.ts'
import { proven } from '../encode/rows/proven.ts'
import type { RowEncoderOptions } from '../encode/rows/row-encoder.ts'
import { rowSizeLimit } from '../encode/rows/row-size-limit.ts'
import { isUtc } from '../encode/times/zone.ts'
import type { Conversion, EpochUnit } from '../model/conversion.ts'
import type { ColumnOrigin, CopyPlan } from '../model/plan.ts'
import type { TargetTable } from '../model/target-schema.ts'
import type { StoredRows } from '../source/base/reader.ts'
import type { Kernel } from './kernel.ts'

export type SummedTable = {
  readonly rootPage: number
  /** For each column of a record: whether it has REAL affinity. */
  readonly reals: readonly boolean[]
  /** For each column of a record: its index in a reader's rows; -1 for one that is not read. */
  readonly cells: readonly number[]
  readonly fields: readonly SummedField[]
}

type SummedField =
  | { readonly kind: 'SAME'; readonly bytes: Buffer; readonly isChanging: boolean }
  | (Rule & {
      readonly source: number | 'ROWID' | 'ROW_NUMBER'
      readonly isRequired: boolean
      readonly encoder: CellEncoder
    })

/** The kind and its parameters, explained in `assembly/fields.ts`. */
type Rule = {
  readonly kind: Kind
  readonly parameters?: readonly [number, number?]
  readonly limit?: bigint
}

type Kind =
  | 'OTHER'
  | 'INT2'
  | 'INT4'
  | 'INT8'
  | 'FLOAT8'
  | 'DECIMAL'
  | 'CHARACTERS'
  | 'UUID'
  | 'TRUTH'
  | 'BINARY'
  | 'TIMESTAMPTZ'
  | 'TIMESTAMP'
  | 'DATE'
  | 'JSONB'
  | 'JSON_TEXT'

/** Null for a table that needs more than the bytes of its rows, or whose rows are not stored one by one in a table b-tree. */
export function summedTableOf(
  copy: CopyPlan,
  target: TargetTable,
  options: RowEncoderOptions,
  { table, key }: StoredRows,
): SummedTable | null {
  const { read } = copy
  const isPlain = key.kind === 'rowid' && !table.withoutRowid && table.rootPage > 1 && read.filter === null
  if (!isPlain || copy.pivot !== null || copy.folds.length > 0 || read.expressions.length > 0) return null
  if ((copy.computed ?? []).length > 0 || hasOrphans(copy, options.orphans)) return null
  const originals = new Originals(copy, options.exact)
  if (originals.areOfEveryRow || originals.areOfInexact || rowSizeLimit(copy, target) !== null) return null
  const stored = table.columns.filter(({ generated }) => generated !== 'virtual')
  const fields: SummedField[] = []
  for (const { target: name, from } of copy.columns) {
    const isRequired = target.columns.find((column) => column.name === name)?.nullable === false
    const isUnchanged = from.kind === 'column' && options.unchanged?.has(from.column) === true
    const field = fieldOf(from, isRequired, isUnchanged, (column) =>
      column === key.column ? 'ROWID' : stored.findIndex((candidate) => candidate.name === column),
    )
    if (field === null) return null
    fields.push(field)
  }
  return {
    rootPage: table.rootPage,
    reals: stored.map(({ affinity }) => affinity === 'real'),
    cells: stored.map(({ name }) => read.columns.indexOf(name)),
    fields,
  }
}

/** Null when the field is made of more than one value. */
function fieldOf(
  from: ColumnOrigin,
  isRequired: boolean,
  isUnchanged: boolean,
  sourceOf: (column: string) => number | 'ROWID',
): SummedField | null {
  switch (from.kind) {
    case 'column': {
      const source = sourceOf(from.column)
      return source === -1 ? null : convertedField(from.conversion, source, isRequired, isUnchanged)
    }
    case 'rowid':
      return convertedField(from.conversion, 'ROWID', isRequired)
    case 'row-number':
      return convertedField(from.conversion, 'ROW_NUMBER', isRequired)
    case 'constant': {
      const cell = new Cell()
      fillFromStored(cell, from.value)
      const out = new ByteWriter(64)
      if (cellEncoderOf(from.conversion).encode(cell, out) >= FIRST_REJECT) return null
      return constantField(Buffer.from(out.whole(0)), isRequired, from.conversion.kind === 'json')
    }
    case 'nothing':
      return constantField(Buffer.alloc(4, 0xff), isRequired, false)
    default:
      return null
  }
}

/** `isChanging`: whether the server may return other bytes. */
function constantField(bytes: Buffer, isRequired: boolean, isChanging: boolean): SummedField | null {
  return isRequired && bytes.readInt32BE(0) < 0 ? null : { kind: 'SAME', bytes, isChanging }
}

function convertedField(
  conversion: Conversion,
  source: number | 'ROWID' | 'ROW_NUMBER',
  isRequired: boolean,
  isUnchanged = false,
): SummedField {
  return {
    ...ruleOf(conversion, isUnchanged),
    source,
    isRequired,
    encoder: proven(conversion, cellEncoderOf(conversion)),
  }
}

const MOST_CHARACTERS = 0x7fffffff
const NO_LIMIT = 0xffffffffffffffffn
/** A type with more digits before the point than this holds every number that the kernel accepts. */
const MOST_DIGITS = 15

function ruleOf(conversion: Conversion, isUnchanged: boolean): Rule {
  switch (conversion.kind) {
    case 'integer':
      return { kind: conversion.bytes === 8 ? 'INT8' : conversion.bytes === 4 ? 'INT4' : 'INT2' }
    case 'double':
      return { kind: 'FLOAT8' }
    case 'numeric': {
      const { precision, scale, point } = conversion
      if (point !== undefined) return { kind: 'OTHER' }
      if (precision === null) return { kind: 'DECIMAL', parameters: [-1], limit: NO_LIMIT }
      const digits = precision - (scale ?? 0)
      if ((scale ?? 0) < 0 || digits < 0) return { kind: 'OTHER' }
      const limit = digits > MOST_DIGITS ? NO_LIMIT : 10n ** BigInt(digits)
      return { kind: 'DECIMAL', parameters: [scale ?? 0], limit }
    }
    case 'text':
      return { kind: 'CHARACTERS', parameters: [conversion.maxCharacters ?? MOST_CHARACTERS] }
    case 'uuid':
      return { kind: 'UUID' }
    case 'boolean':
      return { kind: 'TRUTH' }
    case 'bytes':
      return { kind: 'BINARY' }
    case 'timestamptz':
    case 'timestamp':
    case 'date': {
      if (conversion.precision !== undefined || conversion.order !== undefined) return { kind: 'OTHER' }
      const isInUtc = isUtc(conversion.zone)
      // A number is an instant; the kernel turns it into a local time only if that is in UTC.
      const isInstant = conversion.kind === 'timestamptz' || (conversion.kind === 'timestamp' && isInUtc)
      const units = conversion.epoch === null || !isInstant ? 0 : (unitsASecond[conversion.epoch] ?? 0)
      return {
        kind: conversion.kind.toUpperCase() as 'TIMESTAMPTZ' | 'TIMESTAMP' | 'DATE',
        parameters: [isInUtc ? 1 : 0, units],
      }
    }
    case 'json': {
      const isString = conversion.text === 'string'
      const parameters = [isString ? 0 : 1, isUnchanged ? 1 : 0] as const
      if (conversion.storage === 'jsonb') return { kind: 'JSONB', parameters }
      return isString ? { kind: 'OTHER' } : { kind: 'JSON_TEXT', parameters }
    }
    default:
      return { kind: 'OTHER' }
  }
}

const unitsASecond: Partial<Record<EpochUnit, number>> = {
  seconds: 1,
  milliseconds: 1_000,
  microseconds: 1_000_000,
}

export function fitsKernel({ reals, fields }: SummedTable, { constant }: Kernel): boolean {
  return (
    reals.length <= constant('MOST_COLUMNS') &&
    fields.length <= constant('MOST_FIELDS') &&
    constantBytes(fields) <= constant('CONSTANTS_BYTES')
  )
}

function constantBytes(fields: readonly SummedField[]): number {
  return fields.reduce((sum, field) => sum + (field.kind === 'SAME' ? field.bytes.length : 0), 0)
}

/** Loads the table into the kernel. */
export function enterTable(kernel: Kernel, { reals, fields }: SummedTable): void {
  const { memory, constant } = kernel
  kernel.beginTable(reals.length, fields.length, constantBytes(fields))
  reals.forEach((isReal, column) => {
    memory[constant('REALS') + column] = isReal ? 1 : 0
  })
  let place = 0
  fields.forEach((field, index) => {
    const entry = constant('FIELDS') + index * constant('FIELD_BYTES')
    const write = (...numbers: readonly number[]): void =>
      numbers.forEach((number, at) => {
        memory.writeInt32LE(number, entry + at * 4)
      })
    if (field.kind === 'SAME') {
      write(constant('SAME'), 0, field.isChanging ? 1 : 0, place, field.bytes.length)
      memory.set(field.bytes, constant('CONSTANTS') + place)
      place += field.bytes.length
      return
    }
    const { source, isRequired, parameters = [], limit = 0n } = field
    const [first = 0, second = 0] = parameters
    const column = typeof source === 'number' ? source : constant(source)
    write(constant(field.kind), column, isRequired ? 1 : 0, first, second)
    memory.writeBigUInt64LE(limit, entry + 24)
  })
}
