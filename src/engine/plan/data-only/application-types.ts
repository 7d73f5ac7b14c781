/**
 * The conversion of a source column into a column that an application made. Invariant: it knows more types than a plan creates, each by
 * what its values are made of; null is a type that is not written, and that the plan must say before anything is.
 */
import type { ColumnCensus } from '../../model/census.ts'
import type { Conversion } from '../../model/conversion.ts'
import type { PlanOptions } from '../../model/plan.ts'
import type { ServerColumn } from '../../model/server-column.ts'
import type { TargetColumn, WrittenType } from '../../model/target-schema.ts'
import type { ColumnFacts } from '../evidence/column-facts.ts'
import { conversionTo, nothingKnown, numberForm, writesType } from '../evidence/conversion-to.ts'

/** As PostgreSQL spells what the column's values are made of. */
export function writtenType({ type, written }: Pick<TargetColumn, 'type' | 'written'>): string {
  return written?.type ?? type
}

/** The conversion of a type that only the server reads; null where the server was not asked, or could not be. */
export function serverConversion(asked: ServerColumn | undefined, census: ColumnCensus): Conversion | null {
  if (asked === undefined || asked.values === null) return null
  const form = census.integers > census.texts ? 'integer' : 'text'
  return { kind: 'server-text', type: asked.type, form, values: asked.values }
}

/** The conversion of a type that only an application's schema has; `ordinary` for one that `conversionTo` knows, too. */
export function applicationConversion(
  column: TargetColumn,
  facts: ColumnFacts,
): Conversion | 'ordinary' | null {
  const written = column.written ?? { type: column.type }
  return ownConversion(written, facts) ?? (conversionTo(written.type, facts) === null ? null : 'ordinary')
}

/** Whether the conversion writes what the column of an application's table takes. */
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
    // A document among documents of the outer array has no spelling of its own.
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
      // As Django keeps a duration where the database has no such type: a bigint of microseconds.
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
