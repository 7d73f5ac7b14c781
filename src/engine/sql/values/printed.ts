/**
 * What is done with an expression that has been printed: as a number, as text, as an operand. Invariant: nothing here prints an
 * expression of SQLite; that is `print-postgres.ts`, which is recursive.
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

/** Throws Untranslatable for a column with whose values nothing can be done but to show them. */
export function printColumn(column: ScopeColumn): Printed {
  if (column.isMixed) throw new Untranslatable('a column whose values are of several kinds')
  const { conversion } = column
  if (conversion.kind === 'enumeration' || (conversion.kind === 'numeric' && conversion.point !== undefined))
    throw new Untranslatable('a column whose values are written otherwise now')
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

/** The value as a number; truth is 0 or 1, as in SQLite. */
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

/** How far from zero the integer may be: 2^bits at most. */
export function bitsOf({ bits, constant, column }: Printed): number {
  if (bits !== undefined) return bits
  if (constant?.kind === 'integer') return BigInt(constant.text).toString(2).replace('-', '').length
  return column?.type === 'smallint' ? 15 : column?.type === 'integer' ? 31 : 63
}

/** An integer that may be beyond 64 bits, where it is a numeric here and a real number in SQLite. */
export function isWide({ kind, bits }: Printed): boolean {
  return kind === 'integer' && bits !== undefined && bits > 63
}

/** What a value has of the numbers that it is made of. */
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

/** The value as SQLite writes it as text. */
export function asText(printed: Printed): string {
  if (printed.kind === 'text') return wrap(printed)
  if (printed.kind === 'null') return 'null::text'
  if (printed.kind === 'parameter') return `${printed.sql}::text`
  if (isWide(printed)) throw new Untranslatable('a number that may be beyond 64 bits as text')
  if (printed.kind === 'integer') return `${wrap(printed)}::text`
  if (printed.kind === 'boolean') return `${wrap(printed)}::integer::text`
  const number = textOfNumber(printed)
  if (number !== null) return number
  const spelled = spelledTime(printed)
  if (spelled !== null) return spelled
  throw new Untranslatable(`a value of type ${printed.kind} as text`)
}

/**
 * A number that is no integer as SQLite writes it; null where a whole one may be an integer there in some rows and no integer in others,
 * and where it may need more than fifteen digits: SQLite writes seventeen then, which no function of PostgreSQL does.
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

/** With fifteen digits at most, and with a point in it always; a cast to numeric keeps as many digits. */
function textOfReal(sql: string): string {
  const value = `(${sql})`
  const isPlain = `${value} = 0 or abs(${value}) >= 1e-4 and abs(${value}) < 1e15`
  const digits = `case when ${isPlain} then ${value}::numeric::text else ${value}::numeric::double precision::text end`
  return String.raw`regexp_replace(${digits}, '^(-?\d+)(e|$)', '\1.0\2')`
}

/** A real constant as SQLite writes it; null for one with an exponent, or with more than fifteen digits. */
export function spelledReal(text: string): string | null {
  const value = Number(text)
  const isPlain = value === 0 || (Math.abs(value) >= 1e-4 && Math.abs(value) < 1e15)
  const decimal = String(Number(value.toPrecision(15)))
  if (!isPlain || Number(decimal) !== value) return null
  return decimal.includes('.') ? decimal : `${decimal}.0`
}

const fractions: Readonly<Record<number, string>> = { [-1]: '', 0: ':SS', 3: ':SS.MS', 6: ':SS.US' }

/**
 * A time of a column as the text that it is in SQLite; null where that is not one text for one time, and outside of a select, since the
 * server's to_char() may not stand in an index.
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

/** The one kind that all the values have; nulls have any. In a view, numbers of several kinds are of the widest. */
export function commonKind(values: readonly Printed[], { purpose }: Pick<Scope, 'purpose'>): Kind {
  const kinds = new Set(
    values.map(({ kind }) => kind).filter((kind) => kind !== 'null' && kind !== 'parameter'),
  )
  if (kinds.size === 0) return 'null'
  if (kinds.size === 1) return kinds.values().next().value!
  if (purpose === 'view' && [...kinds].every(isNumber)) return kinds.has('double') ? 'double' : 'numeric'
  throw new Untranslatable(`values of several types (${[...kinds].join(', ')})`)
}
