import { booleanTexts } from '../../encode/conversions/boolean.ts'
import { formOfText } from '../../encode/times/text-time-form.ts'
import type { Conversion } from '../../model/conversion.ts'
import { quoteLiteral } from '../../syntax/postgres-names.ts'
import { type Comparison, isOrder } from '../tree/comparison.ts'
import type { Kind, Printed, ScopeColumn } from '../tree/scope.ts'
import { isTime, type TextForm, textFormOf } from '../tree/stored-times.ts'
import { truth } from './printed.ts'

/**
 * Converts constants to the type of the column with which they are compared. Invariant: the value compares as the constant did in SQLite.
 */

export const numberText = /^\s*[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?\s*$/i

/** Returns the constant as a value of the column's type; null when it needs no conversion, or has none. */
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
      return text === null ? null : timeFor(column, text, 'timestamp with time zone', typed)
    case 'timestamp':
    case 'date':
      return text === null ? null : timeFor(column, text, column.type, typed)
    case 'time':
      return text === null ? null : timeOfDayFor(column, text, typed)
    case 'uuid':
      if (isOrdered || text === null || !isUuidOf(column, text)) return null
      return typed(`${quoteLiteral(text)}::uuid`)
    default:
      return null
  }
}

/** Converts 0 and 1 for a boolean column. */
function booleanFor(text: string | null, number: string | null): Printed | null {
  const digit = number ?? text
  return digit === '0' || digit === '1' ? truth(String(digit === '1'), true) : null
}

/** Converts only the spelling that the column's values have, since any other is a different text in SQLite. */
function booleanTextFor({ conversion }: ScopeColumn, text: string | null): Printed | null {
  if (conversion.kind !== 'boolean' || conversion.form === 'integer' || text === null) return null
  const at = booleanTexts[conversion.form].indexOf(text)
  return at < 0 ? null : { sql: String(at === 0), kind: 'boolean-text', atom: true }
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

/** Converts only a text in the form of the column's texts: texts of one form are in the order of their times. */
function timeFor(
  { conversion }: ScopeColumn,
  text: string,
  type: string,
  typed: (sql: string) => Printed,
): Printed | null {
  if (!isTime(conversion)) return null
  const form = formOfText(text)
  if (form?.storage !== 'text' || !isSameForm(form, textFormOf(conversion)) || !isOfCalendar(text))
    return null
  return typed(`${quoteLiteral(text)}::${type}`)
}

function timeOfDayFor(
  { conversion }: ScopeColumn,
  text: string,
  typed: (sql: string) => Printed,
): Printed | null {
  const form = formOfText(text)
  if (conversion.kind !== 'time' || form?.storage !== 'text') return null
  const isAlike =
    form.separator === 'time-only' && form.zone === '' && form.fraction === textFormOf(conversion)?.fraction
  return isAlike && isOfClock(text) ? typed(`${quoteLiteral(text)}::time without time zone`) : null
}

function isSameForm(one: TextForm, other: TextForm | null): boolean {
  return one.separator === other?.separator && one.zone === other.zone && one.fraction === other.fraction
}

/** Returns the precision of a form: -2 for the day, -1 for the minute, 0 for the second, or the number of fractional digits. */
function depthOf({ separator, fraction }: TextForm): number {
  return separator === 'date-only' ? -2 : fraction
}

/**
 * Compares a column of times with a constant of another precision: of two texts that begin alike, the shorter one comes first. Returns null
 * when that does not decide.
 */
export function compareUnevenTimes(operator: Comparison, time: Printed, other: Printed): Printed | null {
  const { column, kind } = time
  if (!isOrder(operator) || other.constant?.kind !== 'string' || column === undefined) return null
  const { text } = other.constant
  const { conversion } = column
  const usual = textFormOf(conversion)
  const given = formOfText(text)
  if (usual?.zone !== '' || given?.storage !== 'text' || given.zone !== '') return null
  const [own, its] = [depthOf(usual), depthOf(given)]
  const isOfDay = (usual.separator === 'time-only') === (given.separator === 'time-only')
  const isAlike = own === -2 || its === -2 || usual.separator === given.separator
  if (own === its || !isOfDay || !isAlike) return null
  if (given.separator === 'time-only' ? !isOfClock(text) : !isOfCalendar(text)) return null
  const isAbove = operator === '>' || operator === '>='
  const how = own > its ? (isAbove ? '>=' : '<') : isAbove ? '>' : '<='
  const literal = typedTime(cutTo(text, own, its), kind, conversion)
  return literal === null ? null : truth(`${time.sql} ${how} ${literal}`)
}

/** Cuts the constant to the precision of the column's texts. */
function cutTo(text: string, own: number, its: number): string {
  if (own > its) return text
  if (own === -2) return text.slice(0, 10)
  const minute = text.indexOf(':') + 3
  return text.slice(0, own === -1 ? minute : own === 0 ? minute + 3 : minute + 4 + own)
}

function typedTime(text: string, kind: Kind, conversion: Conversion): string | null {
  const literal = quoteLiteral(text)
  if (kind === 'time') return `${literal}::time without time zone`
  if (kind === 'date') return `${literal}::date`
  if (kind === 'timestamp') return `${literal}::timestamp without time zone`
  if (kind !== 'timestamptz' || conversion.kind !== 'timestamptz') return null
  return `(${literal}::timestamp without time zone at time zone ${quoteLiteral(conversion.zone)})`
}

function isOfClock(text: string): boolean {
  return /^(?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d|$)/.test(text)
}

/** Whether the day exists; the server refuses, for instance, a 30th of February. */
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
 * Returns `lower()` or `upper()` of a constant, since the server cannot plan the call in a generated column; null for anything else.
 */
export function foldedConstant(name: 'lower' | 'upper', { constant }: Printed): Printed | null {
  if (constant?.kind !== 'string') return null
  const text =
    name === 'lower'
      ? constant.text.replaceAll(/[A-Z]+/g, (letters) => letters.toLowerCase())
      : constant.text.replaceAll(/[a-z]+/g, (letters) => letters.toUpperCase())
  return { sql: quoteLiteral(text), kind: 'text', atom: true, constant: { kind: 'string', text } }
}
