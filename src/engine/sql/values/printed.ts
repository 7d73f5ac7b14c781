/**
 * Converts printed expressions: to numbers, to texts, to operands. Invariant: nothing here prints an expression of SQLite, which is left to
 * the recursive printer.
 */
import { quoteLiteral } from '../../syntax/postgres-names.ts'
import {
  columnSql,
  type Kind,
  kindOfType,
  type Printed,
  type Scope,
  type ScopeColumn,
  Untranslatable,
} from '../tree/scope.ts'
import { isTime, textFormOf } from '../tree/stored-times.ts'

export function wrap(printed: Printed): string {
  return printed.atom ? printed.sql : `(${printed.sql})`
}

export function truth(sql: string, atom = false): Printed {
  return { sql, kind: 'boolean', atom }
}

export function printString(text: string): Printed {
  if (text.includes('\0')) throw new Untranslatable('a text with U+0000')
  return { sql: quoteLiteral(text), kind: 'text', atom: true, constant: { kind: 'string', text } }
}

/** Prints a column for use in expressions. Throws Untranslatable for a column that can only be selected. */
export function printColumn(column: ScopeColumn): Printed {
  if (column.isMixed) throw new Untranslatable('a column whose values are of several kinds')
  const { conversion } = column
  if (conversion.kind === 'enumeration' || (conversion.kind === 'numeric' && conversion.point !== undefined))
    throw new Untranslatable('a column whose values are stored differently in the target')
  const unit = conversion.kind === 'numeric' && conversion.scale !== null ? 10 ** -conversion.scale : 0
  const kind = kindOfColumn(column)
  if (kind === null) throw new Untranslatable(`a column of type ${column.type}`)
  return {
    sql: columnSql(column),
    kind,
    atom: true,
    column,
    ownCollation: column.collation,
    ...(isNumber(kind) && kind !== 'integer' && column.affinity !== 'real' ? { mayBeWhole: true } : {}),
    ...(unit > 0 ? { roundedTo: unit } : {}),
  }
}

export function kindOfColumn({ type, conversion, isText }: ScopeColumn): Kind | null {
  const kind = kindOfType(type)
  if (conversion.kind === 'boolean' && conversion.form !== 'integer') return 'boolean-text'
  return isText && kind !== null && isNumber(kind) ? 'number-text' : kind
}

export type NumberKind = 'integer' | 'double' | 'numeric'

export function isNumber(kind: Kind): kind is NumberKind {
  return kind === 'integer' || kind === 'double' || kind === 'numeric'
}

/** Returns the value as a number; booleans are 0 or 1, as in SQLite. Throws Untranslatable. */
export function asNumber(printed: Printed): Printed {
  if (isNumber(printed.kind) || printed.kind === 'null') return printed
  if (printed.kind === 'number-text') {
    return { ...printed, kind: kindOfType(printed.column!.type)!, mayBeWhole: true }
  }
  if (printed.kind === 'boolean') {
    if (printed.constant?.kind === 'integer') {
      return { ...printed, sql: printed.constant.text, kind: 'integer' }
    }
    return { sql: `${wrap(printed)}::integer`, kind: 'integer', atom: true, bits: 0 }
  }
  throw new Untranslatable(`arithmetic on a value of type ${printed.kind}`)
}

/** Returns the bits of the integer, whose absolute value is at most 2^bits. */
export function bitsOf({ bits, constant, column }: Printed): number {
  if (bits !== undefined) return bits
  if (constant?.kind === 'integer') return BigInt(constant.text).toString(2).replace('-', '').length
  return column?.type === 'smallint' ? 15 : column?.type === 'integer' ? 31 : 63
}

/** Whether the value is an integer that may exceed 64 bits: a numeric here, and a real number in SQLite. */
export function isWide({ kind, bits }: Printed): boolean {
  return kind === 'integer' && bits !== undefined && bits > 63
}

/** Returns the traits that a value inherits from the values of which it is made. */
export function traitsOf(
  parts: readonly Printed[],
  kind: Kind,
  mayBeWhole = parts.some((part) => part.mayBeWhole === true || part.kind === 'integer'),
): Pick<Printed, 'mayBeWhole' | 'roundedTo' | 'bits'> {
  const unit = Math.max(...parts.map(({ roundedTo = 0 }) => roundedTo), 0)
  return {
    ...(mayBeWhole && isNumber(kind) && kind !== 'integer' ? { mayBeWhole } : {}),
    ...(unit > 0 ? { roundedTo: unit } : {}),
    ...(kind === 'integer' ? { bits: Math.max(...parts.map(bitsOf)) } : {}),
  }
}

/** Returns the value as the text that SQLite makes of it. Throws Untranslatable. */
export function asText(printed: Printed): string {
  if (printed.kind === 'text') return wrap(printed)
  if (printed.kind === 'null') return 'null::text'
  if (printed.kind === 'parameter') return `${printed.sql}::text`
  if (isWide(printed)) throw new Untranslatable('a number that may exceed 64 bits as text')
  if (printed.kind === 'integer') return `${wrap(printed)}::text`
  if (printed.kind === 'boolean') return `${wrap(printed)}::integer::text`
  const number = textOfNumber(printed)
  if (number !== null) return number
  const spelled = spelledTime(printed)
  if (spelled !== null) return spelled
  throw new Untranslatable(`a value of type ${printed.kind} as text`)
}

/**
 * Returns a double or numeric as SQLite's text; null when whole numbers may be integers in SQLite in some rows only, and when more than
 * fifteen digits may be needed: SQLite then writes seventeen, which no function of PostgreSQL does.
 */
function textOfNumber({ kind, sql, column, constant, mayBeWhole, roundedTo }: Printed): string | null {
  if (constant?.kind === 'real') {
    const spelled = spelledReal(constant.text)
    if (spelled !== null) return quoteLiteral(spelled)
  }
  if (kind === 'double' && mayBeWhole !== true) return roundedTo === undefined ? null : textOfReal(sql)
  if (kind !== 'numeric' || !storesWholeAsIntegers(column)) return null
  const digits = /^numeric\((\d+),(\d+)\)$/.exec(column?.type ?? '')
  if (digits !== null && Number(digits[1]) <= 15 && Number(digits[2]) <= 4) return `trim_scale(${sql})::text`
  return `case when ${isWholeIn64Bits(sql)} then ${sql}::bigint::text else ${textOfReal(`${sql}::double precision`)} end`
}

/** Whether SQLite stores a whole number in the column as an integer (https://www.sqlite.org/datatype3.html, section 3). */
export function storesWholeAsIntegers(column: ScopeColumn | undefined): boolean {
  return column?.affinity === 'numeric' || column?.affinity === 'integer'
}

export function isWholeIn64Bits(sql: string): string {
  return `${sql} = trunc(${sql}) and abs(${sql}) < 9223372036854775808`
}

/** Returns a real number as text with at most fifteen digits, which a cast to numeric keeps, and always with a point. */
function textOfReal(sql: string): string {
  const value = `(${sql})`
  const isPlain = `${value} = 0 or abs(${value}) >= 1e-4 and abs(${value}) < 1e15`
  const digits = `case when ${isPlain} then ${value}::numeric::text else ${value}::numeric::double precision::text end`
  return String.raw`regexp_replace(${digits}, '^(-?\d+)(e|$)', '\1.0\2')`
}

/** Returns a real constant as SQLite's text; null when that has an exponent or more than fifteen digits. */
export function spelledReal(text: string): string | null {
  const value = Number(text)
  const isPlain = value === 0 || (Math.abs(value) >= 1e-4 && Math.abs(value) < 1e15)
  const decimal = String(Number(value.toPrecision(15)))
  if (!isPlain || Number(decimal) !== value) return null
  return decimal.includes('.') ? decimal : `${decimal}.0`
}

const fractions: Readonly<Record<number, string>> = { [-1]: '', 0: ':SS', 3: ':SS.MS', 6: ':SS.US' }

/**
 * Returns a column's time as its text in SQLite; null when the texts do not have one form, and outside of a select, since an index cannot
 * contain to_char().
 */
export function spelledTime({ sql, column }: Printed): string | null {
  const conversion = column?.conversion
  const form = textFormOf(conversion)
  if (!isTime(conversion) || column?.table === undefined || form === null) return null
  const { separator, fraction, zone } = form
  const seconds = fractions[fraction]
  if (separator === 'time-only' || seconds === undefined) return null
  const time = separator === 'date-only' ? '' : `${separator === 'T' ? '"T"' : ' '}HH24:MI${seconds}`
  const template = `YYYY-MM-DD${time}${zone === '' ? '' : `"${zone}"`}`
  const ofZone = zone === '' ? conversion.zone : 'UTC'
  const wall = conversion.kind === 'timestamptz' ? `${sql} at time zone ${quoteLiteral(ofZone)}` : sql
  const cast = conversion.kind === 'date' ? '::timestamp' : ''
  return `to_char(${wall}${cast}, ${quoteLiteral(template)})`
}

/** Returns the kind that all values but nulls have; in a view, the widest kind of numbers. Throws Untranslatable when kinds differ. */
export function commonKind(values: readonly Printed[], { purpose }: Pick<Scope, 'purpose'>): Kind {
  const kinds = new Set(
    values.map(({ kind }) => kind).filter((kind) => kind !== 'null' && kind !== 'parameter'),
  )
  if (kinds.size === 0) return 'null'
  if (kinds.size === 1) return kinds.values().next().value!
  if (purpose === 'view' && [...kinds].every(isNumber)) return kinds.has('double') ? 'double' : 'numeric'
  throw new Untranslatable(`values of several types (${[...kinds].join(', ')})`)
}
