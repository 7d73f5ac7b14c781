import { formOfText } from '../encode/text-time-form.ts'
import type { BooleanForm } from '../model/conversion.ts'
import { quoteLiteral } from '../syntax/postgres-names.ts'
import { type Comparison, isOrder } from './comparison.ts'
import { truth } from './printed.ts'
import type { Kind, Printed, ScopeColumn } from './scope.ts'

/** Constants as values of the type of what they stand beside. Invariant: the value compares there as the constant did in SQLite. */

export const numberText = /^\s*[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?\s*$/i

/** The constant as a value of the column's type, or null when it is one already or none can be found here. */
export function constantFor(
  column: ScopeColumn,
  kind: Kind,
  constant: Printed,
  operator: Comparison,
): Printed | null {
  const value = constant.constant!
  const text = value.kind === 'string' ? value.text : null
  const number = value.kind === 'integer' || value.kind === 'real' ? value.text : null
  const isOrdered = isOrder(operator)
  const typed = (sql: string): Printed => ({ sql, kind, atom: true, constant: value })
  switch (kind) {
    case 'boolean':
      return isOrdered ? null : booleanFor(text, number)
    case 'boolean-text':
      return isOrdered ? null : booleanTextFor(column, text)
    case 'integer':
    case 'double':
    case 'numeric':
      return text !== null && numberText.test(text) ? { ...typed(text.trim()), atom: false } : null
    case 'text':
      // A column of TEXT affinity turns the number into its text.
      return value.kind === 'integer' && column.affinity === 'text' ? typed(quoteLiteral(value.text)) : null
    case 'timestamptz':
      if (number !== null && /^-?\d+$/.test(number)) return instantFor(column, number)
      return text === null ? null : timeFor(column, text, 'timestamp with time zone', operator, typed)
    case 'timestamp':
    case 'date':
      return text === null ? null : timeFor(column, text, column.type, operator, typed)
    case 'uuid':
      if (isOrdered || text === null || !isUuidOf(column, text)) return null
      return typed(`${quoteLiteral(text)}::uuid`)
    default:
      return null
  }
}

/** 0 and 1 beside a column of truth. */
function booleanFor(text: string | null, number: string | null): Printed | null {
  const digit = number ?? text
  return digit === '0' || digit === '1' ? truth(String(digit === '1'), true) : null
}

/** Only the spelling that the column's values have: another one is another text in SQLite. */
function booleanTextFor({ conversion }: ScopeColumn, text: string | null): Printed | null {
  if (conversion.kind !== 'boolean' || text === null) return null
  const isTrue = text === conversion.form
  if (!isTrue && text !== falseForms[conversion.form]) return null
  return { sql: String(isTrue), kind: 'boolean-text', atom: true }
}

const falseForms: Readonly<Record<BooleanForm, string>> = {
  integer: '0',
  true: 'false',
  True: 'False',
  TRUE: 'FALSE',
  t: 'f',
  T: 'F',
  yes: 'no',
  Yes: 'No',
  YES: 'NO',
  y: 'n',
  Y: 'N',
  on: 'off',
}

function instantFor({ conversion }: ScopeColumn, number: string): Printed | null {
  if (conversion.kind !== 'timestamptz') return null
  const sql =
    conversion.epoch === 'seconds'
      ? `to_timestamp(${number})`
      : conversion.epoch === 'milliseconds'
        ? `to_timestamp(${number} / 1000.0)`
        : null
  return sql === null ? null : { sql, kind: 'timestamptz', atom: true }
}

/** Texts of one spelling are ordered as their times are; of two spellings they are not. */
function timeFor(
  { conversion }: ScopeColumn,
  text: string,
  type: string,
  operator: Comparison,
  typed: (sql: string) => Printed,
): Printed | null {
  if (conversion.kind !== 'timestamptz' && conversion.kind !== 'timestamp' && conversion.kind !== 'date') {
    return null
  }
  const form = formOfText(text)
  const { form: usual } = conversion
  if (form?.storage !== 'text' || usual?.storage !== 'text' || !isOfCalendar(text)) return null
  const isDay = usual.separator === 'date-only' && conversion.kind !== 'timestamptz'
  if (isDay && form.separator !== 'date-only' && form.separator !== 'time-only' && form.zone === '') {
    // As texts, a day comes before every moment that begins with it, and after every earlier one.
    return typed(`${quoteLiteral(`${text.slice(0, 10)} 00:00:00.000001`)}::timestamp without time zone`)
  }
  const isMoment = usual.separator === ' ' || usual.separator === 'T'
  if (
    form.separator === 'date-only' &&
    isMoment &&
    usual.zone === '' &&
    usual.fraction <= 3 &&
    isOrder(operator)
  ) {
    const day = Date.parse(`${text}T00:00:00Z`)
    // As texts, a day comes before its midnight.
    return typed(
      `${quoteLiteral(`${new Date(day - 1).toISOString().slice(0, 10)} 23:59:59.999999`)}::${type}`,
    )
  }
  if (form.separator !== usual.separator || form.zone !== usual.zone || form.fraction !== usual.fraction) {
    return null
  }
  return typed(`${quoteLiteral(text)}::${type}`)
}

/** A day that there is, such as no 30th of February, which the server refuses. */
function isOfCalendar(text: string): boolean {
  const day = Date.parse(`${text.slice(0, 10)}T00:00:00Z`)
  return (
    !Number.isNaN(day) &&
    new Date(day).toISOString().startsWith(text.slice(0, 10)) &&
    !Number.isNaN(Date.parse(text))
  )
}

function isUuidOf({ conversion }: ScopeColumn, text: string): boolean {
  if (conversion.kind !== 'uuid') return false
  if (conversion.form === 'lower') return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text)
  return conversion.form === 'upper' && /^[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}$/.test(text)
}

/**
 * `lower()` or `upper()` of a constant: the server cannot plan the call in a generated column. Null for anything else.
 */
export function foldedConstant(name: 'lower' | 'upper', { constant }: Printed): Printed | null {
  if (constant?.kind !== 'string') return null
  const text =
    name === 'lower'
      ? constant.text.replaceAll(/[A-Z]+/g, (letters) => letters.toLowerCase())
      : constant.text.replaceAll(/[a-z]+/g, (letters) => letters.toUpperCase())
  return { sql: quoteLiteral(text), kind: 'text', atom: true, constant: { kind: 'string', text } }
}
