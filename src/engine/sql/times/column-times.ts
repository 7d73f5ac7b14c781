import { quoteLiteral } from '../../syntax/postgres-names.ts'
import type { Expression } from '../tree/expression.ts'
import {
  type Kind,
  type Printed,
  type Printer,
  type Scope,
  takesStable,
  Untranslatable,
} from '../tree/scope.ts'
import { isTime, textFormOf } from '../tree/stored-times.ts'
import { wrap } from '../values/printed.ts'
import { templateOf, textIn, timeFunctions } from './moments.ts'
import { clock, shift } from './time-modifiers.ts'

/**
 * Prints SQLite's date and time functions (https://www.sqlite.org/lang_datefunc.html). Invariant: the result is the text or number that
 * SQLite returns for the stored value, whatever the column's type in PostgreSQL.
 */

export function isTimeFunction(name: string): boolean {
  return timeFunctions.includes(name)
}

/** Throws Untranslatable. */
export function printTimeFunction(
  name: string,
  args: readonly Expression[],
  scope: Scope,
  printer: Printer,
): Printed {
  const constant = constantTime(name, args)
  if (constant !== null) return printer.value({ kind: 'string', text: constant }, scope)
  const call = (sql: string, kind: Kind): Printed => ({ sql, kind, atom: true })
  const [format, rest] = name === 'strftime' ? [formatOf(args[0]), args.slice(1)] : [null, args]
  // An index on date() is printed as a cast to date, for queries that are written in PostgreSQL's way.
  if (scope.purpose === 'index' && name !== 'date') throw new Untranslatable(`the function ${name}()`)
  const wall = printWall(rest, scope, printer)
  if (scope.purpose === 'index') return { sql: `(${wall})::date`, kind: 'date', atom: true }
  const inText = (template: string) => printFormatted(template, wall, scope)
  const asTime = (template: string): Printed => ({ ...inText(template), isTime: true })
  const seconds = `extract(epoch from ${wall})`
  if (name === 'date') return { ...asTime('%Y-%m-%d'), moment: { wall, isDay: true } }
  if (name === 'time') return asTime('%H:%M:%S')
  if (name === 'datetime') return { ...asTime('%Y-%m-%d %H:%M:%S'), moment: { wall, isDay: false } }
  // SQLite counts milliseconds since Julian day 0, and divides them like this.
  if (name === 'julianday')
    return call(`((round(${seconds} * 1000) + 210866760000000)::double precision / 86400000)`, 'double')
  if (name === 'unixepoch') return call(`floor(${seconds})::bigint`, 'integer')
  return printFormatted(format!, wall, scope)
}

/**
 * Whether `date(column)` or `datetime(column)` is the column itself, because its values already have the form that the function returns.
 */
export function isItsOwnTime(name: string, { column }: Printed): boolean {
  const kind = column?.conversion.kind
  const form = textFormOf(column?.conversion)
  if ((kind !== 'date' && kind !== 'timestamp') || form?.zone !== '' || form.fraction !== 0) return false
  return form.separator === (name === 'date' ? 'date-only' : ' ') && (name === 'date' || name === 'datetime')
}

/** Letters of strftime() without a template of to_char(). Of `W`: weeks begin on Monday, and days before the first Monday are in week 0. */
const counted: Readonly<Record<string, (wall: string) => string>> = {
  s: (wall) => `floor(extract(epoch from ${wall}))::bigint::text`,
  w: (wall) => `extract(dow from ${wall})::text`,
  u: (wall) => `extract(isodow from ${wall})::text`,
  W: (wall) =>
    `lpad(((extract(doy from ${wall})::integer + 7 - extract(isodow from ${wall})::integer) / 7)::text, 2, '0')`,
}

/** The field of extract() for a letter of strftime(), and the number of digits that strftime() writes. */
const fields: Readonly<Record<string, readonly [string, number]>> = {
  Y: ['year', 4],
  m: ['month', 2],
  d: ['day', 2],
  H: ['hour', 2],
  M: ['minute', 2],
  S: ['second', 2],
  j: ['doy', 3],
}

/**
 * Prints a time by a format of strftime(). Parts without a template of to_char() are calculated; so are all parts where to_char() is not
 * allowed, because it depends on the session.
 */
function printFormatted(format: string, wall: string, scope: Scope): Printed {
  const isFixed = !takesStable(scope)
  const pattern = isFixed ? /%(.)|[^%]+/gs : /%([swuW])|(?:%[^swuW]|[^%]|%$)+/gs
  const parts = [...format.matchAll(pattern)].map(([text, letter]) => {
    if (letter !== undefined && counted[letter] !== undefined) return counted[letter](wall)
    if (!isFixed) return `to_char(${wall}, ${quoted(text)})`
    if (letter === undefined) return quoteLiteral(text)
    const field = fields[letter]
    if (field === undefined) throw new Untranslatable(`strftime with %${letter}`)
    return `lpad(floor(extract(${field[0]} from ${wall}))::integer::text, ${field[1]}, '0')`
  })
  if (parts.length === 0) return { sql: "''", kind: 'text', atom: true }
  const hasDigits = /^(?:%[YmdHMSjswuW])+$/.test(format)
  return { sql: parts.join(' || '), kind: 'text', atom: parts.length === 1, hasDigits }
}

/** Returns a constant time with its missing parts added; null for any other text, and for a day that its month does not have. */
function constantMoment(text: string): string | null {
  const match = /^(\d{4}-\d\d-\d\d)(?:[ T]((?:[01]\d|2[0-3]):[0-5]\d)(:[0-5]\d)?)?$/.exec(text)
  if (match === null) return null
  const [, day, minute = '00:00', second = ':00'] = match
  // SQLite moves a day that its month does not have into the next month.
  const moment = new Date(`${day}T00:00:00Z`)
  if (Number.isNaN(moment.getTime()) || moment.toISOString().slice(0, 10) !== day) return null
  return `${day} ${minute}${second}`
}

/** Prints CURRENT_TIMESTAMP, CURRENT_DATE or CURRENT_TIME as text. */
export function printClock(what: 'timestamp' | 'date' | 'time'): Printed {
  const format = { timestamp: '%Y-%m-%d %H:%M:%S', date: '%Y-%m-%d', time: '%H:%M:%S' }[what]
  const sql = `to_char(${clock}, ${quoted(format)})`
  const moment = what === 'time' ? {} : { moment: { wall: clock, isDay: what === 'date' } }
  return { sql, kind: 'text', atom: true, isTime: true, ...moment }
}

/** Returns the result of `date()` or `datetime()` for a constant time; null for anything else. */
function constantTime(name: string, args: readonly Expression[]): string | null {
  const [value, ...modifiers] = args
  if ((name !== 'date' && name !== 'datetime') || value?.kind !== 'string' || modifiers.length > 0)
    return null
  const moment = constantMoment(value.text)
  return moment !== null && name === 'date' ? moment.slice(0, 10) : moment
}

function quoted(format: string): string {
  return quoteLiteral(templateOf(format))
}

function formatOf(argument: Expression | undefined): string {
  const format = argument === undefined ? null : textIn(argument)
  if (format === null) throw new Untranslatable('strftime() with a format that is not a constant')
  return format
}

/** Prints the time that SQLite's functions see: without zone, converted to UTC when the stored value has a zone. */
function printWall(args: readonly Expression[], scope: Scope, printer: Printer): string {
  const [value, ...modifiers] = args
  const words = modifiers.map((modifier) => textIn(modifier)?.toLowerCase() ?? null)
  const shifted = (wall: string, from = 0): string =>
    modifiers.slice(from).reduce((moved, modifier, at) => {
      const word = words[from + at]
      return word == null ? shiftBy(moved, modifier, scope, printer) : shift(moved, word, scope)
    }, wall)
  const text = value === undefined ? 'now' : textIn(value)
  if (
    scope.purpose !== 'view' &&
    (value === undefined || value.kind === 'now' || text?.toLowerCase() === 'now')
  )
    throw new Untranslatable('the current time')
  if (value?.kind === 'now' || text?.toLowerCase() === 'now') return shifted(clock)
  if (value === undefined || text !== null) {
    const moment = text === null ? null : constantMoment(text)
    if (moment === null) throw new Untranslatable('a time function of a constant that is no usual time')
    return shifted(`timestamp ${quoteLiteral(moment)}`)
  }
  const isEpoch = words[0] === 'unixepoch'
  return shifted(printUnshifted(value, isEpoch, scope, printer), isEpoch ? 1 : 0)
}

/**
 * Prints a shift by a calculated modifier such as `'-' || count || ' days'`, which PostgreSQL reads as an interval when its unit has a fixed
 * length. A modifier without a valid number, such as `+-1 days`, makes the time null in both.
 */
function shiftBy(wall: string, modifier: Expression, scope: Scope, printer: Printer): string {
  const isJoined = modifier.kind === 'binary' && modifier.operator === '||'
  const unit = isJoined ? (textIn(modifier.right) ?? '') : ''
  if (!isJoined || !/^ ?(?:day|hour|minute|second)s?$/.test(unit))
    throw new Untranslatable('a time shifted by what is no constant')
  const number = String.raw`^[-+]?\d+(?:\.\d+)? ?[a-z]+$`
  return `(${wall} + substring(${printer.value(modifier, scope).sql} from ${quoteLiteral(number)})::interval)`
}

const timePattern = String.raw`^\d{4}-\d\d-\d\d([ T]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[-+]\d\d:\d\d)?)?$`

/** Prints a text as a timestamp; it is null for a text that is not a time, as in SQLite. */
function wallOfText(sql: string): string {
  const zoned = `${sql} ~ ${quoteLiteral(String.raw`:\d\d(\.\d+)?(Z|[-+]\d\d:\d\d)$`)}`
  const ofZone = `(${sql}::timestamptz at time zone 'UTC')`
  return `(case when ${sql} ~ ${quoteLiteral(timePattern)} then case when ${zoned} then ${ofZone} else ${sql}::timestamp end end)`
}

function printUnshifted(value: Expression, isEpoch: boolean, scope: Scope, printer: Printer): string {
  const printed = printer.value(value, scope)
  const { column } = printed
  if (isEpoch && printed.kind === 'integer') return `(to_timestamp(${printed.sql}) at time zone 'UTC')`
  const conversion = column?.conversion
  // The server raises an error for a text with an impossible day, which must not refuse a row.
  if (scope.purpose !== 'view' && printed.kind === 'text')
    throw new Untranslatable('a time function of a text')
  if (!isEpoch && printed.kind === 'text') return wallOfText(wrap(printed))
  if (!isEpoch && printed.kind === 'parameter') return wallOfText(`${printed.sql}::text`)
  if (!isTime(conversion) || conversion.form === null) {
    throw new Untranslatable(`a time function of a value of type ${printed.kind}`)
  }
  if (conversion.form.storage !== 'text') {
    if (!isEpoch || conversion.epoch !== 'seconds' || conversion.kind !== 'timestamptz') {
      throw new Untranslatable('a time function of a number')
    }
    return `(${wrap(printed)} at time zone 'UTC')`
  }
  if (isEpoch) throw new Untranslatable('a text as seconds')
  if (conversion.kind === 'date') return `${wrap(printed)}::timestamp`
  if (conversion.kind === 'timestamp') return wrap(printed)
  const zone = conversion.form.zone === '' ? conversion.zone : 'UTC'
  return `(${wrap(printed)} at time zone ${quoteLiteral(zone)})`
}
