/**
 * Restores the cells of a source row from its target row. Invariant: where the target value is still what the archived original becomes, the
 * original is returned; elsewhere the target's value in the column's old form.
 */

import { ByteWriter } from '../encode/cell/byte-writer.ts'
import { Cell, LONG_BYTES } from '../encode/cell/cell.ts'
import { type CellEncoder, FIRST_REJECT } from '../encode/cell/conversion-encoder.ts'
import { fillFromStored, storedCellOfValue, valueOfStoredCell } from '../encode/cell/stored-cell.ts'
import { cellDecoderOf, cellEncoderOf } from '../encode/conversions/cell-encoder.ts'
import { jsonTextAt } from '../encode/conversions/json.ts'
import { canonicalJson } from '../encode/json/json-canonical.ts'
import { isOwnText } from '../encode/json/json-cell.ts'
import type { Conversion } from '../model/conversion.ts'
import type { ColumnOrigin, CopyPlan, ReferencePlan } from '../model/plan.ts'
import type { StoredCell } from '../model/storage.ts'
import { idKeyOf } from '../source/base/id-text.ts'
import type { ParentIds } from './id-table.ts'
import { type RestoredValue, readObject } from './json-values.ts'
import type { Kept } from './scratch.ts'

/** A target row's fields in the order of `CopyPlan.columns`, null for null. Valid only during `restore`. */
type Fields = readonly (Buffer | null)[]

export type RestoredCells = Map<string, RestoredValue>

type Home = {
  readonly at: number
  readonly decode: (field: Buffer) => RestoredValue
  /** Returns null when the cell is refused. */
  readonly encode: (stored: StoredCell) => Buffer | null
  /** Whether two fields are the same value. */
  readonly isSame: (field: Buffer | null, encoded: Buffer | null) => boolean
  /** Whether it is a UUID derived from an id. */
  readonly isMade: boolean
}

type Reference = {
  readonly plan: ReferencePlan
  readonly column: string
  readonly at: number
  readonly decode: (field: Buffer) => RestoredValue
  /** Null when an expression looks up the parent. */
  readonly encode: ((stored: StoredCell) => Buffer | null) | null
  readonly parents: ParentIds | null
}

export class RowRestorer {
  readonly #columns: readonly { readonly name: string; readonly homes: readonly Home[] }[]
  readonly #targets: readonly string[]
  readonly #gathers: readonly { readonly at: number; readonly columns: readonly string[] }[]
  readonly #references: readonly Reference[]

  /**
   * `parents`: for each of the plan's references the ids of its parent's rows; null without a parent. `lendsLong`: text and bytes of megabytes
   * are returned as the field's own memory, to be used before the next row.
   */
  constructor(copy: CopyPlan, parents: readonly (ParentIds | null)[], lendsLong = false) {
    this.#targets = copy.columns.map(({ target }) => target)
    const referring = new Set(copy.references.filter(isByUuid).map(({ target }) => target))
    this.#columns = copy.read.columns.map((name) => ({
      name,
      homes: copy.columns
        .flatMap(({ target, from }, at) =>
          from.kind === 'column' && from.column === name ? [{ target, at, conversion: from.conversion }] : [],
        )
        // A UUID derived from an id does not contain it, so the column that keeps the id comes first.
        .sort((a, b) => Number(isMadeId(a.conversion)) - Number(isMadeId(b.conversion)))
        .filter(({ target }) => !referring.has(target))
        .map(({ at, conversion }) => homeOf(at, conversion, lendsLong)),
    }))
    this.#gathers = copy.columns.flatMap(({ from }, at) =>
      from.kind === 'gather' ? [{ at, columns: from.columns }] : [],
    )
    this.#references = copy.references.flatMap((plan, index) => {
      const at = copy.columns.findIndex(({ target }) => target === plan.target)
      const from = copy.columns[at]?.from
      if (!isByUuid(plan) || (from?.kind !== 'column' && from?.kind !== 'expression')) return []
      const { decode, encode } = homeOf(at, from.conversion, false)
      return [
        {
          plan,
          column: plan.columns[0]!,
          at,
          decode,
          encode: from.kind === 'column' ? encode : null,
          parents: parents[index] ?? null,
        },
      ]
    })
  }

  restore(fields: Fields, kept: Kept): RestoredCells {
    const cells: RestoredCells = new Map()
    for (const { name, homes } of this.#columns) {
      const original = own(kept, name)
      if (
        original !== undefined &&
        homes.every((home, index) => index > 0 || home.isSame(fields[home.at]!, home.encode(original)))
      ) {
        cells.set(name, valueOfStoredCell(original))
        continue
      }
      const home = homes.find(({ at }) => fields[at] !== null)
      cells.set(name, home === undefined ? null : home.decode(fields[home.at]!))
    }
    for (const { at, columns } of this.#gathers) this.#scatter(fields[at]!, columns, kept, cells)
    for (const reference of this.#references) {
      cells.set(reference.column, this.#refer(reference, fields[reference.at]!, cells.get(reference.column)!))
    }
    return cells
  }

  /** Returns the target columns whose value cannot be held by the source cells: these, as they are now, encode to another value. */
  lost(fields: Fields, cells: RestoredCells): readonly string[] {
    const lost = new Set<string>()
    for (const { name, homes } of this.#columns) {
      // A reference's value is held by its parent.
      if (this.#references.some(({ column }) => column === name)) continue
      const stored = storedCellOfValue(cells.get(name) ?? null)
      for (const { at, encode, isSame: isSameValue, isMade } of homes) {
        if (isMade || fields[at] === null) continue
        const encoded = encode(stored)
        if (encoded !== null && !isSameValue(fields[at]!, encoded)) lost.add(this.#targets[at]!)
      }
    }
    for (const { at, columns } of this.#gathers) {
      const object = fields[at] == null ? null : readObject(fields[at])
      if ([...(object?.keys() ?? [])].some((name) => !columns.includes(name))) lost.add(this.#targets[at]!)
    }
    return [...lost]
  }

  #scatter(field: Buffer | null, columns: readonly string[], kept: Kept, cells: RestoredCells): void {
    const object = field === null ? null : readObject(field)
    for (const name of columns) {
      const value = object?.get(name) ?? null
      cells.set(name, restoreJson(value, own(kept, name)))
    }
  }

  /** `known`: the source's value according to a column of its own or the archive. */
  #refer(reference: Reference, field: Buffer | null, known: RestoredValue): RestoredValue {
    const { parents, encode, decode } = reference
    const stored = storedCellOfValue(known)
    if (field === null) {
      // An orphan has no parent and keeps its value; a reference that was set to null later does not.
      const isLinkless = known !== null && parents?.has(idKeyOfCell(stored)) === true
      return isLinkless ? null : known
    }
    if (known !== null && encode !== null && isSame(field, encode(stored))) return known
    const parent = parents?.cellOf(field)
    if (parent === undefined) return decode(field)
    return known !== null && idKeyOfCell(parent) === idKeyOfCell(stored) ? known : valueOfStoredCell(parent)
  }
}

/** Returns a value from a JSON object, or the original when JSON cannot spell it, such as negative zero. */
export function restoreJson(value: RestoredValue, original: StoredCell | undefined): RestoredValue {
  return original !== undefined && (value === 0 || value === 0n) ? valueOfStoredCell(original) : value
}

/** Reads an own property: a column may be called `constructor`. */
export function own(kept: Kept, name: string): StoredCell | undefined {
  return Object.hasOwn(kept, name) ? kept[name] : undefined
}

export function isMadeId(conversion: Conversion): boolean {
  return conversion.kind === 'uuid-of-id'
}

function isByUuid({ onOrphan, columns }: ReferencePlan): boolean {
  return (onOrphan === 'null-reference' || onOrphan === 'reject-row') && columns.length === 1
}

function isSame(field: Buffer | null, encoded: Buffer | null): boolean {
  return field === null || encoded === null ? field === encoded : field.equals(encoded)
}

/**
 * Compares numerics without their display scale: trailing zeros, `1.10` for `1.1`, do not change the value. Bytes 6 and 7 hold the scale; the
 * digits are without them (src/backend/utils/adt/numeric.c, numeric_send).
 */
function isSameNumber(field: Buffer | null, encoded: Buffer | null): boolean {
  if (field === null || encoded === null || field.length < 8) return isSame(field, encoded)
  return field.subarray(0, 6).equals(encoded.subarray(0, 6)) && field.subarray(8).equals(encoded.subarray(8))
}

const out = new ByteWriter()
const canonical = new ByteWriter()
const cell = new Cell()

function homeOf(at: number, conversion: Conversion, lendsLong: boolean): Home {
  const encoder = cellEncoderOf(conversion)
  const isJsonb = conversion.kind === 'json' && conversion.storage === 'jsonb'
  return {
    at,
    decode: lendsLong ? lendingDecoder(conversion) : cellDecoderOf(conversion),
    encode: (stored) => encodeField(encoder, isJsonb, stored),
    isSame: conversion.kind === 'numeric' ? isSameNumber : isSame,
    isMade: isMadeId(conversion),
  }
}

function lendingDecoder(conversion: Conversion): Home['decode'] {
  const decode = cellDecoderOf(conversion)
  const lend = lenderOf(conversion)
  return (field) => (field.length < LONG_BYTES ? decode(field) : (lend(field) ?? decode(field)))
}

/** Returns a function for the value as bytes of the field instead of a string; it returns null when the value is encoded differently. */
function lenderOf(conversion: Conversion): (field: Buffer) => RestoredValue {
  switch (conversion.kind) {
    case 'bytes':
      return (field) => field
    case 'text':
      return (field) => ({ invalidText: field })
    case 'json': {
      const start = jsonTextAt(conversion)
      return (field) => (isOwnText(field, start) ? { invalidText: field.subarray(start) } : null)
    }
    default:
      return () => null
  }
}

/** Returns the field as the server returns it; valid until the next call. Null when the cell is null or refused. */
function encodeField(encoder: CellEncoder, isJsonb: boolean, stored: StoredCell): Buffer | null {
  fillFromStored(cell, stored)
  out.position = 0
  if (encoder.encode(cell, out) >= FIRST_REJECT) return null
  if (out.buffer.readInt32BE(0) < 0) return null
  if (!isJsonb) return out.buffer.subarray(4, out.position)
  canonical.position = 0
  canonical.reserve(1)
  canonical.int8(1)
  canonicalJson(out.buffer, 5, out.position, canonical)
  return canonical.buffer.subarray(0, canonical.position)
}

/** Returns the parent column from whose ids a reference's UUIDs are derived; null for a reference by value, or without a parent. */
export function parentByMadeId(
  { columns }: CopyPlan,
  { parent, target }: ReferencePlan,
): { readonly tableId: string; readonly column: string } | null {
  const from = columns.find((column) => column.target === target)?.from
  if (parent === null || from === undefined || !('conversion' in from) || !isMadeId(from.conversion))
    return null
  return { tableId: parent.tableId, column: parent.columns[0]! }
}

/** Returns the position of the column by which others refer to the table by UUID; -1 when there is none. */
export function madeIdAt(copy: CopyPlan): number {
  return copy.columns.findIndex(
    (column) =>
      'conversion' in column.from &&
      isMadeId(column.from.conversion) &&
      !copy.references.some(({ target }) => target === column.target),
  )
}

/** Returns the number in an integer column's field; null for null, and for any other column. */
export function wholeNumberOf(from: ColumnOrigin | undefined, field: Buffer | null): bigint | null {
  if (field === null || from === undefined || !('conversion' in from) || from.conversion.kind !== 'integer')
    return null
  const value = cellDecoderOf({ ...from.conversion, form: 'integer' })(field)
  return typeof value === 'bigint' ? value : null
}

export function storedCells(cells: RestoredCells): Record<string, StoredCell> {
  return Object.fromEntries(Array.from(cells, ([name, value]) => [name, storedCellOfValue(value)]))
}

/** The inverse of `storedCells`. */
export function restoredCells(cells: Kept): RestoredCells {
  return new Map(Object.entries(cells).map(([name, cell]) => [name, valueOfStoredCell(cell)]))
}

/** Returns the key of a value as an id; '' for null. */
export function idKeyOfCell(stored: StoredCell): string {
  fillFromStored(cell, stored)
  return idKeyOf(cell)
}
