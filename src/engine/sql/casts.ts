import { quoteLiteral } from '../syntax/postgres-names.ts'
import { asNumber, asText, isNumber, wrap } from './printed.ts'
import { type Printed, type Scope, Untranslatable } from './scope.ts'

/** SQLite's CAST as PostgreSQL's. Invariant: what a text looks like decides nothing that is not written into the SQL. */

/** https://www.sqlite.org/lang_expr.html#castexpr, where the result can't depend on what a text looks like. */
export function printCast(operand: Printed, type: string, scope: Scope): Printed {
  const upper = type.toUpperCase()
  if (operand.kind === 'null') return operand
  const isNumeric = !/INT|CHAR|CLOB|TEXT|REAL|FLOA|DOUB|BLOB/.test(upper) && upper !== ''
  if (isNumeric && (isNumber(operand.kind) || operand.kind === 'boolean')) {
    const { column: _, ...number } = asNumber(operand)
    return number.kind === 'integer' ? number : { ...number, mayBeWhole: true }
  }
  if (upper.includes('INT')) {
    if (operand.kind === 'integer') return operand
    if (operand.kind === 'boolean') return { sql: `${wrap(operand)}::integer`, kind: 'integer', atom: true }
    if (operand.hasDigits === true) return { sql: `${wrap(operand)}::bigint`, kind: 'integer', atom: true }
    if (operand.kind === 'text') return { sql: integerAtStart(operand), kind: 'integer', atom: false }
    if (scope.purpose === 'view' && (isNumber(operand.kind) || operand.kind === 'number-text')) {
      return { sql: `trunc(${operand.sql})::bigint`, kind: 'integer', atom: true }
    }
  } else if (/CHAR|CLOB|TEXT/.test(upper)) {
    const { ownCollation = 'BINARY' } = operand
    return { sql: asText(operand), kind: 'text', atom: true, ownCollation }
  } else if (/REAL|FLOA|DOUB/.test(upper) && (isNumber(operand.kind) || operand.kind === 'number-text')) {
    return { sql: `${wrap(operand)}::double precision`, kind: 'double', atom: true }
  } else if (/REAL|FLOA|DOUB/.test(upper) && operand.kind === 'text' && scope.purpose === 'view') {
    const number = `substring(${operand.sql} from ${quoteLiteral(realPattern)})::double precision`
    return {
      sql: `case when ${wrap(operand)} is not null then coalesce(${number}, 0) end`,
      kind: 'double',
      atom: false,
      mayBeWhole: false,
    }
  }
  throw new Untranslatable(`a cast of ${operand.kind} to ${type}`)
}

const realPattern = String.raw`^[ \t\n\v\f\r]*([-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?)`
const integerPattern = String.raw`^[ \t\n\v\f\r]*([-+]?[0-9]+)`

/** The integer with which a text begins, else 0; beyond 64 bits the last one there is. */
function integerAtStart(text: Printed): string {
  const number = `coalesce(substring(${text.sql} from ${quoteLiteral(integerPattern)})::numeric, 0)`
  const bounded = `least(greatest(${number}, -9223372036854775808), 9223372036854775807)::bigint`
  return `case when ${wrap(text)} is not null then ${bounded} end`
}
