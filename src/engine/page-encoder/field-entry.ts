/**
 * How the compiled half makes a target column, as numbers: kind, source and parameters, explained in `assembly/fields.ts`. Invariant: one
 * column without an entry excludes its whole table from page encoding.
 */
import { ByteWriter } from '../encode/cell/byte-writer.ts'
import { Cell } from '../encode/cell/cell.ts'
import { EXACT, NORMALIZED } from '../encode/cell/conversion-encoder.ts'
import { fillFromStored } from '../encode/cell/stored-cell.ts'
import { booleanTexts } from '../encode/conversions/boolean.ts'
import { cellEncoderOf } from '../encode/conversions/cell-encoder.ts'
import { momentTextForm } from '../encode/conversions/moment-decoder.ts'
import { isUtc } from '../encode/times/zone.ts'
import type { BooleanForm, Conversion, EpochUnit } from '../model/conversion.ts'
import type { ColumnPlan } from '../model/plan.ts'
import type { StoredRows } from '../source/base/reader.ts'
import { addedColumnValue } from '../source/pages/added-column.ts'

/** A kind by its exported name in `assembly/fields.ts`. */
type FieldKind =
  | 'ASKED'
  | 'INTEGER'
  | 'DOUBLE'
  | 'NUMERIC'
  | 'TEXT'
  | 'UUID'
  | 'BOOLEAN'
  | 'BYTES'
  | 'MOMENT'
  | 'JSON_TEXT'
  | 'JSONB'

export type FieldEntry =
  | { readonly kind: 'CONSTANT'; readonly field: Buffer }
  | {
      readonly kind: FieldKind
      /** The column's index in the table's records, or a source by its exported name in `assembly/fields.ts`. */
      readonly source: number | 'ROWID' | 'ORDINAL'
      readonly conversion: Conversion
      readonly parameters: readonly number[]
      readonly limit: bigint
      /** The field of rows that were written before the column was added; null when the row encoder must encode them. */
      readonly added: AddedField | null
    }

export type AddedField = { readonly field: Buffer; readonly isNormalized: boolean }

/** The columns in a record of the table, in order: all but virtual ones (https://www.sqlite.org/gencol.html). */
export function recordColumns({ table }: StoredRows): StoredRows['table']['columns'] {
  return table.columns.filter((column) => column.generated !== 'virtual')
}

/** Null when the column is made of more than one value of its row. `unchanged`: as in `RowEncoderOptions`. */
export function fieldEntryOf(
  stored: StoredRows,
  { from }: ColumnPlan,
  unchanged: ReadonlySet<string> = new Set(),
): FieldEntry | null {
  switch (from.kind) {
    case 'column': {
      if (stored.key.kind === 'rowid' && stored.key.column === from.column)
        return entryOf('ROWID', from.conversion)
      const columns = recordColumns(stored)
      const source = columns.findIndex(({ name }) => name === from.column)
      if (source === -1) return null
      const added = addedColumnValue(columns[source]!)
      const field = added === null ? null : addedField(added, from.conversion)
      return entryOf(source, from.conversion, field, unchanged.has(from.column))
    }
    case 'rowid':
      return stored.key.kind === 'rowid' ? entryOf('ROWID', from.conversion) : null
    case 'row-number':
      return entryOf('ORDINAL', from.conversion)
    case 'constant': {
      const cell = new Cell()
      fillFromStored(cell, from.value)
      const [field, outcome] = encoded(cell, from.conversion)
      return outcome === EXACT ? { kind: 'CONSTANT', field } : null
    }
    case 'nothing':
      return { kind: 'CONSTANT', field: Buffer.from([0xff, 0xff, 0xff, 0xff]) }
    default:
      return null
  }
}

function entryOf(
  source: number | 'ROWID' | 'ORDINAL',
  conversion: Conversion,
  added: AddedField | null = null,
  isUnchanged = false,
): FieldEntry {
  const { kind, parameters, limit = 0n } = ruleOf(conversion, isUnchanged)
  return { kind, source, conversion, parameters, limit, added }
}

function addedField(value: Cell, conversion: Conversion): AddedField | null {
  const [field, outcome] = encoded(value, conversion)
  return outcome > NORMALIZED ? null : { field, isNormalized: outcome === NORMALIZED }
}

function encoded(cell: Cell, conversion: Conversion): readonly [field: Buffer, outcome: number] {
  const out = new ByteWriter(64)
  const outcome = cellEncoderOf(conversion).encode(cell, out)
  return [Buffer.from(out.whole(0)), outcome]
}

type Rule = { readonly kind: FieldKind; readonly parameters: readonly number[]; readonly limit?: bigint }

const asked: Rule = { kind: 'ASKED', parameters: [] }
const MOST_CHARACTERS = 0x7fffffff
const NO_LIMIT = 2n ** 64n - 1n

function ruleOf(conversion: Conversion, isUnchanged: boolean): Rule {
  switch (conversion.kind) {
    case 'integer':
      return { kind: 'INTEGER', parameters: [conversion.bytes, conversion.form === 'text' ? 1 : 0] }
    case 'double':
      return { kind: 'DOUBLE', parameters: [] }
    case 'numeric':
      return numericRule(conversion)
    case 'text':
      return { kind: 'TEXT', parameters: [conversion.maxCharacters ?? MOST_CHARACTERS] }
    case 'boolean':
      return booleanRule(conversion.form)
    case 'uuid': {
      const form = conversion.form === 'none' ? 'lower' : conversion.form
      return { kind: 'UUID', parameters: [uuidForms.indexOf(form)] }
    }
    case 'bytes':
      return { kind: 'BYTES', parameters: [] }
    case 'timestamptz':
    case 'timestamp':
    case 'date':
      return momentRule(conversion)
    case 'json':
      if (conversion.text === 'string') return asked
      return {
        kind: conversion.storage === 'jsonb' ? 'JSONB' : 'JSON_TEXT',
        parameters: [isUnchanged ? 1 : 0],
      }
    default:
      return asked
  }
}

/** Up to five bytes as two numbers, the second with the length in its highest byte. */
function booleanRule(form: BooleanForm): Rule {
  if (form === 'integer') return { kind: 'BOOLEAN', parameters: [1] }
  const spellings = booleanTexts[form].flatMap((text) => {
    const bytes = Buffer.from(text.padEnd(8, '\0'), 'latin1').fill(text.length, 7)
    return [bytes.readInt32LE(0), bytes.readInt32LE(4)]
  })
  return { kind: 'BOOLEAN', parameters: [0, ...spellings] }
}

const uuidForms = ['lower', 'upper', 'lower-bare', 'upper-bare', 'blob'] as const

function numericRule({ precision, scale, form, point }: Extract<Conversion, { kind: 'numeric' }>): Rule {
  if (point !== undefined) return asked
  const forms = ['integer', 'real', 'text'].indexOf(form)
  if (precision === null) return { kind: 'NUMERIC', parameters: [forms, -1], limit: NO_LIMIT }
  const places = scale ?? 0
  const room = precision - places
  if (places < 0 || room < 0) return asked
  return { kind: 'NUMERIC', parameters: [forms, places], limit: room > 15 ? NO_LIMIT : 10n ** BigInt(room) }
}

const moments = ['timestamptz', 'timestamp', 'date'] as const
const unitsASecond: Partial<Record<EpochUnit, number>> = {
  seconds: 1,
  milliseconds: 1000,
  microseconds: 1_000_000,
}

function momentRule(conversion: Extract<Conversion, { kind: 'timestamptz' | 'timestamp' | 'date' }>): Rule {
  // The compiled half always writes microseconds.
  if (conversion.precision !== undefined || conversion.order !== undefined) return asked
  const { kind, zone, epoch, form } = conversion
  const text = momentTextForm(conversion)
  const numbers = form === null || epoch === null ? 0 : ['text', 'integer', 'real'].indexOf(form.storage)
  return {
    kind: 'MOMENT',
    parameters: [
      moments.indexOf(kind),
      isUtc(zone) ? 1 : 0,
      (epoch === null ? undefined : unitsASecond[epoch]) ?? 0,
      numbers,
      ...(text === null ? [-1, 0, 0] : [text.separator, text.fraction, text.zone]),
    ],
  }
}
