import { quoteLiteral } from '../../syntax/postgres-names.ts'
import { type Printed, type Scope, Untranslatable } from '../tree/scope.ts'
import { asNumber, asText, isNumber, wrap } from './printed.ts'

/**
 * Prints SQLite's CAST (https://www.sqlite.org/lang_expr.html#castexpr). Invariant: what depends on a text's content is part of the SQL.
 */

/** `type`: as written in the CAST. Throws Untranslatable. */
export function printCast(operand: Printed, type: string, scope: Scope): Printed {
  const upper = type.toUpperCase()
  if (operand.kind === 'null') return operand
  const isNumeric = !/INT|CHAR|CLOB|TEXT|REAL|FLOA|DOUB|BLOB/.test(upper) && upper !== ''
  if (isNumeric && (isNumber(operand.kind) || operand.kind === 'boolean')) {
    const { column: _, ...number } = asNumber(operand)
    return { ...number, affinity: 'numeric', ...(number.kind === 'integer' ? {} : { mayBeWhole: true }) }
  }
  if (upper.includes('INT')) {
    const integer = (sql: string, atom = true): Printed => ({
      sql,
      kind: 'integer',
      atom,
      affinity: 'numeric',
    })
    if (operand.kind === 'integer') return { ...operand, affinity: 'numeric' }
    if (operand.kind === 'boolean') return integer(`${wrap(operand)}::integer`)
    if (operand.hasDigits === true) return integer(`${wrap(operand)}::bigint`)
    if (operand.kind === 'text') return integer(integerAtStart(operand), false)
    if (operand.kind === 'double' && operand.constant === undefined && scope.purpose !== 'view')
      return integer(wholePart(wrap(operand)), false)
    if (scope.purpose === 'view' && (isNumber(operand.kind) || operand.kind === 'number-text'))
      return integer(`trunc(${operand.sql})::bigint`)
  } else if (/CHAR|CLOB|TEXT/.test(upper)) {
    const { ownCollation = 'BINARY' } = operand
    return { sql: asText(operand), kind: 'text', atom: true, ownCollation, affinity: 'text' }
  } else if (upper.includes('BLOB')) {
    if (operand.kind === 'bytea') return operand
    return { sql: `convert_to(${asText(operand)}, 'UTF8')`, kind: 'bytea', atom: true }
  } else if (/REAL|FLOA|DOUB/.test(upper) && (isNumber(operand.kind) || operand.kind === 'number-text')) {
    return { sql: `${wrap(operand)}::double precision`, kind: 'double', atom: true, affinity: 'numeric' }
  } else if (/REAL|FLOA|DOUB/.test(upper) && operand.kind === 'text' && scope.purpose === 'view') {
    return { ...numberAtStart(operand), mayBeWhole: false, affinity: 'numeric' }
  }
  throw new Untranslatable(`a cast of ${operand.kind} to ${type}`)
}

/** Rounds towards zero; beyond 64 bits to the least or greatest integer. */
function wholePart(sql: string): string {
  return `case when ${sql} >= 9223372036854775808 then 9223372036854775807 when ${sql} <= -9223372036854775808 then -9223372036854775808 else trunc(${sql})::bigint end`
}

const realPattern = String.raw`^[ \t\n\v\f\r]*([-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?)`
const integerPattern = String.raw`^[ \t\n\v\f\r]*([-+]?[0-9]+)`

/** Returns the value for a calculation: for a text, the number with which it begins, else 0. */
export function asCalculated(printed: Printed, scope: Scope): Printed {
  return printed.kind === 'text' && scope.purpose === 'view' ? numberAtStart(printed) : asNumber(printed)
}

/** Returns the number with which a text begins, else 0; the text decides whether it is an integer in SQLite. */
function numberAtStart(text: Printed): Printed {
  const { constant } = text
  if (constant?.kind === 'string') {
    const digits =
      /^[ \t\n\v\f\r]*([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)/.exec(constant.text)?.[1] ?? '0'
    const isWhole = /^[-+]?\d{1,18}$/.test(digits)
    const plain = isWhole ? String(BigInt(digits.replace('+', ''))) : String(Number(digits))
    return {
      sql: plain,
      kind: isWhole ? 'integer' : 'double',
      atom: !plain.startsWith('-'),
      constant: { kind: isWhole ? 'integer' : 'real', text: plain },
    }
  }
  if (text.hasDigits === true) return { sql: `${wrap(text)}::bigint`, kind: 'integer', atom: true }
  const number = `substring(${text.sql} from ${quoteLiteral(realPattern)})::double precision`
  return {
    sql: `case when ${wrap(text)} is not null then coalesce(${number}, 0) end`,
    kind: 'double',
    atom: false,
    mayBeWhole: true,
  }
}

/** Returns the integer with which a text begins, else 0; beyond 64 bits, the least or greatest integer. */
function integerAtStart(text: Printed): string {
  const number = `coalesce(substring(${text.sql} from ${quoteLiteral(integerPattern)})::numeric, 0)`
  const bounded = `least(greatest(${number}, -9223372036854775808), 9223372036854775807)::bigint`
  return `case when ${wrap(text)} is not null then ${bounded} end`
}
