import { formOfText } from '../encode/text-time-form.ts'
import type { CatalogColumn } from '../model/catalog.ts'
import type { Conversion } from '../model/conversion.ts'
import { quoteLiteral } from '../syntax/postgres-names.ts'
import type { Expression } from './expression.ts'
import { printNow } from './moments.ts'
import { parseExpression } from './parse-expression.ts'
import { printExpression } from './print-postgres.ts'
import { spelledReal } from './printed.ts'
import { printRandom } from './random-values.ts'
import { type Kind, kindOfType, type Scope, Untranslatable } from './scope.ts'
import { isOfClock } from './typed-constants.ts'

/**
 * A column's default in PostgreSQL. Invariant: it is a value of the column's type, the one that the conversion makes of what SQLite
 * would have stored; a default that isn't is Untranslatable.
 */

type DefaultColumn = {
  readonly type: string
  readonly conversion: Conversion
  readonly affinity: CatalogColumn['affinity']
}

/** The default as SQL, or null for `default null`. `sql`: as `pragma table_xinfo` returns it. Throws Untranslatable or SqlSyntaxError. */
export function printDefault(sql: string, column: DefaultColumn): string | null {
  const expression = parseExpression(sql)
  const kind = kindOfType(column.type)
  if (kind === null) throw new Untranslatable(`a default for the type ${column.type}`)
  const constant = constantOf(expression)
  if (constant !== null) return printConstant(constant, kind, column)
  const printed = printNow(expression, kind) ?? printRandom(expression, kind)
  if (printed !== null) return printed
  const scope: Scope = { column: () => undefined, purpose: 'generated', major: 0 }
  const other = printExpression(expression, scope)
  if (other.isWide) throw new Untranslatable('an integer beyond 64 bits')
  if (other.kind !== kind) throw new Untranslatable(`a default of type ${other.kind} for ${column.type}`)
  return `(${other.sql})`
}

type Constant = Expression & { kind: 'null' | 'integer' | 'real' | 'string' | 'blob' | 'boolean' }

/** The constant that the expression is; a bare name is a string here (https://www.sqlite.org/lang_createtable.html#the_default_clause). */
function constantOf(expression: Expression): Constant | null {
  switch (expression.kind) {
    case 'null':
    case 'integer':
    case 'real':
    case 'string':
    case 'blob':
    case 'boolean':
      return expression
    case 'name':
      return expression.table === null ? { kind: 'string', text: expression.name } : null
    case 'unary': {
      const operand = constantOf(expression.operand)
      if (expression.operator === '+') return operand
      if (expression.operator !== '-' || (operand?.kind !== 'integer' && operand?.kind !== 'real'))
        return null
      return { kind: operand.kind, text: operand.text === '0' ? '0' : `-${operand.text}` }
    }
    case 'call': {
      const text = jsonOfCall(expression)
      return text === null ? null : { kind: 'string', text }
    }
    default:
      return null
  }
}

/** The JSON that a call without a column makes; null for any other. */
function jsonOfCall(expression: Expression): string | null {
  if (expression.kind !== 'call') return null
  const { name, arguments: args } = expression
  const [first] = args
  if (name === 'json' && args.length === 1 && first?.kind === 'string') {
    const written = parsedText(first.text)
    return written !== undefined && JSON.stringify(written) === first.text ? first.text : null
  }
  const values = args.map(jsonOfConstant)
  if (values.includes(null)) return null
  if (name === 'json_array') return `[${values.join(',')}]`
  if (name !== 'json_object' || args.length % 2 === 1) return null
  const members = values.flatMap((value, at) => (at % 2 === 0 ? [`${value}:${values[at + 1]}`] : []))
  return args.every(({ kind }, at) => at % 2 === 1 || kind === 'string') ? `{${members.join(',')}}` : null
}

function jsonOfConstant(expression: Expression): string | null {
  if (expression.kind === 'null') return 'null'
  if (expression.kind === 'string') return JSON.stringify(expression.text)
  if (expression.kind === 'integer') return expression.text
  return expression.kind === 'real' ? spelledReal(expression.text) : jsonOfCall(expression)
}

const integerText = /^\s*[-+]?\d+\s*$/
const decimalText = /^\s*[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?\s*$/i

function printConstant(constant: Constant, kind: Kind, column: DefaultColumn): string | null {
  if (constant.kind === 'null') return null
  if (constant.kind === 'string' && constant.text.includes('\0'))
    throw new Untranslatable('a text with U+0000')
  const text = textOf(constant)
  switch (kind) {
    case 'integer':
      return integerFor(text, column)
    case 'double':
      if (text === null || !decimalText.test(text)) break
      return Number.isFinite(Number(text)) ? text.trim() : `'${Number(text)}'::double precision`
    case 'numeric':
      return numericFor(text, column)
    case 'text':
      return textFor(constant, text, column)
    case 'boolean':
    case 'boolean-text':
      return booleanFor(text, constant.kind)
    case 'timestamptz':
    case 'timestamp':
    case 'date':
    case 'time':
      return timeFor(constant, kind, column)
    case 'uuid':
      if (text === null || !/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text)) break
      return `${quoteLiteral(text.toLowerCase())}::uuid`
    case 'json':
      return jsonFor(constant, text, column)
    case 'bytea':
      if (constant.kind === 'blob') return `'\\x${constant.hex.toLowerCase()}'::bytea`
      if (constant.kind === 'string') return `'\\x${Buffer.from(constant.text).toString('hex')}'::bytea`
      break
    case 'number-text':
    case 'parameter':
    case 'json-value':
    case 'null':
      break
    default:
      return kind satisfies never
  }
  throw misfit(constant, column)
}

function textOf(constant: Constant): string | null {
  if (constant.kind === 'boolean') return constant.value ? '1' : '0'
  return 'text' in constant ? constant.text : null
}

function misfit(constant: Constant, column: DefaultColumn): Untranslatable {
  return new Untranslatable(`the ${constant.kind} default is no value of type ${column.type}`)
}

function integerFor(text: string | null, column: DefaultColumn): string {
  const whole = text !== null && decimalText.test(text) && Number.isInteger(Number(text))
  if (!whole) throw new Untranslatable(`the default is no value of type ${column.type}`)
  const value = integerText.test(text) ? BigInt(text.trim().replace(/^\+/, '')) : BigInt(Number(text))
  const bits = column.type === 'smallint' ? 15n : column.type === 'integer' ? 31n : 63n
  if (value < -(2n ** bits) || value >= 2n ** bits) {
    throw new Untranslatable(`the default is beyond the range of ${column.type}`)
  }
  return value.toString()
}

function numericFor(text: string | null, { type, conversion }: DefaultColumn): string {
  if (text === null || !decimalText.test(text) || !Number.isFinite(Number(text))) {
    throw new Untranslatable(`the default is no value of type ${type}`)
  }
  if (conversion.kind === 'numeric' && conversion.precision !== null) {
    const match = /^[-+]?0*(\d*)(?:\.(\d*?)0*)?$/.exec(text.trim())
    const scale = conversion.scale ?? 0
    const fits =
      match !== null &&
      (match[1] ?? '').length <= conversion.precision - scale &&
      (match[2] ?? '').length <= scale
    if (!fits) throw new Untranslatable(`the default does not fit ${type}`)
  }
  return text.trim()
}

function textFor(constant: Constant, text: string | null, column: DefaultColumn): string {
  const value = constant.kind === 'real' && text !== null ? spelledReal(text) : text
  if (value === null) throw misfit(constant, column)
  const limit = /^character varying\((\d+)\)$/.exec(column.type)?.[1]
  if (limit !== undefined && [...value].length > Number(limit)) {
    throw new Untranslatable(`the default is longer than ${column.type}`)
  }
  return quoteLiteral(value)
}

function booleanFor(text: string | null, kind: string): string {
  const word = text?.trim().toLowerCase() ?? ''
  if (/^(1|1\.0|true|t|yes|y)$/.test(word)) return 'true'
  if (/^(0|0\.0|false|f|no|n)$/.test(word)) return 'false'
  throw new Untranslatable(`the ${kind} default is neither true nor false`)
}

function timeFor(
  constant: Constant,
  kind: 'timestamptz' | 'timestamp' | 'date' | 'time',
  column: DefaultColumn,
): string {
  const { conversion } = column
  if ((constant.kind === 'integer' || constant.kind === 'real') && kind === 'timestamptz') {
    const epoch = conversion.kind === 'timestamptz' ? conversion.epoch : null
    if (epoch === 'seconds') return `to_timestamp(${constant.text})`
    if (epoch === 'milliseconds') return `to_timestamp(${constant.text} / 1000.0)`
    throw misfit(constant, column)
  }
  const form = constant.kind === 'string' ? formOfText(constant.text) : null
  if (constant.kind !== 'string' || form?.storage !== 'text') throw misfit(constant, column)
  const { text } = constant
  const isReal = form.separator === 'time-only' ? isOfClock(text) : isCalendarDate(text)
  if (!isReal) throw misfit(constant, column)
  const literal = quoteLiteral(text)
  switch (kind) {
    case 'time':
      if (form.separator === 'time-only' && form.zone === '') return `${literal}::time without time zone`
      break
    case 'date':
      if (form.separator === 'date-only') return `${literal}::date`
      break
    case 'timestamp':
      if (form.separator !== 'time-only' && form.zone === '') return `${literal}::timestamp without time zone`
      break
    case 'timestamptz': {
      if (form.separator === 'time-only') break
      if (form.zone !== '') return `${literal}::timestamp with time zone`
      const zone = conversion.kind === 'timestamptz' ? conversion.zone : 'UTC'
      return `${literal}::timestamp without time zone at time zone ${quoteLiteral(zone)}`
    }
    default:
      kind satisfies never
  }
  throw misfit(constant, column)
}

function isCalendarDate(text: string): boolean {
  const day = new Date(`${text.slice(0, 10)}T00:00:00Z`)
  const isDay =
    !Number.isNaN(day.getTime()) &&
    day.toISOString().startsWith(text.slice(0, 10)) &&
    !text.startsWith('0000')
  return isDay && (text.length === 10 || isOfClock(text.slice(11)))
}

function jsonFor(constant: Constant, text: string | null, { type, affinity }: DefaultColumn): string {
  if (text === null) throw new Untranslatable('a BLOB as the default of a JSON column')
  const isNumber =
    constant.kind !== 'string' || (affinity !== 'text' && affinity !== 'blob' && decimalText.test(text))
  const value = parsedText(text)
  if (value !== undefined && (isNumber || (value !== null && typeof value === 'object')))
    return `${quoteLiteral(text)}::${type}`
  // Text that is no JSON is a JSON string in such a column.
  return `${quoteLiteral(JSON.stringify(text))}::${type}`
}

/** Undefined where it is no JSON. */
function parsedText(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
