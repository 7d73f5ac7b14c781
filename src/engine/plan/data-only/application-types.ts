/**
 * The conversion of a source column into a column that an application created, which may have types that no plan creates. Invariant: a type
 * that is not written yields null, which the plan must report before anything is written.
 */
import type { ColumnCensus } from '../../model/census.ts'
import type { Conversion } from '../../model/conversion.ts'
import type { PlanOptions } from '../../model/plan.ts'
import type { ServerColumn } from '../../model/server-column.ts'
import type { TargetColumn, WrittenType } from '../../model/target-schema.ts'
import type { ColumnFacts } from '../evidence/column-facts.ts'
import { conversionTo, nothingKnown, numberForm, writesType } from '../evidence/conversion-to.ts'

/** Returns, in PostgreSQL's spelling, the type as which the column's values are written. */
export function writtenType({ type, written }: Pick<TargetColumn, 'type' | 'written'>): string {
  return written?.type ?? type
}

/** Returns the conversion of a type that only the server can parse; null when the server was not, or could not be, asked. */
export function serverConversion(asked: ServerColumn | undefined, census: ColumnCensus): Conversion | null {
  if (asked === undefined || asked.values === null) return null
  const form = census.integers > census.texts ? 'integer' : 'text'
  return { kind: 'server-text', type: asked.type, form, values: asked.values }
}

/** Returns the conversion to a type of applications; `ordinary` for one that `conversionTo` knows, null for one that is not written. */
export function applicationConversion(
  column: TargetColumn,
  facts: ColumnFacts,
): Conversion | 'ordinary' | null {
  const written = column.written ?? { type: column.type }
  return ownConversion(written, facts) ?? (conversionTo(written.type, facts) === null ? null : 'ordinary')
}

/** Whether the conversion writes valid values of the column of an application's table. */
export function writesColumn(conversion: Conversion, column: TargetColumn, options: PlanOptions): boolean {
  if (conversion.kind === 'server-text') return conversion.type === column.type
  const own = ownConversion(column.written ?? { type: column.type }, nothingKnown(options))
  if (own === null) return writesType(conversion, writtenType(column), options)
  if (own.kind === 'array') return conversion.kind === 'array' && conversion.oid === own.oid
  return own.kind === conversion.kind
}

function ownConversion(
  { type, labels, element, digits }: WrittenType,
  { column, census, options }: ColumnFacts,
): Conversion | null {
  if (labels !== undefined) {
    return {
      kind: 'enumeration',
      values: Object.fromEntries(labels.map((label) => [label, label])),
      maxCharacters: null,
    }
  }
  if (element !== undefined) {
    const nothing = nothingKnown(options)
    const conversion = ownConversion(element, nothing) ?? conversionTo(element.type, nothing)
    // JSON documents and bytes have no distinct spelling as elements of a JSON array.
    if (conversion === null || conversion.kind === 'json' || conversion.kind === 'bytes') return null
    if (conversion.kind === 'boolean')
      return { kind: 'array', oid: element.oid, element: { ...conversion, form: 'true' } }
    return { kind: 'array', oid: element.oid, element: conversion }
  }
  const [, name, length] = /^([a-z ]+?)(?:\((\d+)\))?$/.exec(type) ?? []
  switch (name) {
    case 'real':
      return { kind: 'real' }
    case 'character':
      return { kind: 'character', characters: Number(length ?? 1) }
    case 'interval':
      // Django stores a duration as a bigint of microseconds when the database has no such type.
      return length === undefined
        ? { kind: 'interval', unit: /^bigint$/i.test(column.declaredType ?? '') ? 'microseconds' : null }
        : null
    case 'inet':
    case 'cidr':
      return { kind: 'address', isNetwork: name === 'cidr' }
    case 'bit':
      return { kind: 'bits', length: Number(length ?? 1), isVarying: false }
    case 'bit varying':
      return { kind: 'bits', length: length === undefined ? null : Number(length), isVarying: true }
    case 'money':
      return { kind: 'money', digits: digits ?? 2, form: numberForm(census) }
    case 'xml':
      return { kind: 'xml' }
    default:
      return null
  }
}
