/**
 * Prints SQLite's unary operators. Invariant: a constant with a sign is one constant, an integer or a real number as in SQLite.
 */

import type { Expression } from '../tree/expression.ts'
import { type Printed, type Printer, type Scope, Untranslatable } from '../tree/scope.ts'
import { opposite, refuseWide } from './arithmetic.ts'
import { asCalculated } from './casts.ts'
import { truth, wrap } from './printed.ts'

const LEAST_INTEGER = '-9223372036854775808'

/** Throws Untranslatable. */
export function printUnary(
  { operator, operand: operandOf }: Expression & { kind: 'unary' },
  scope: Scope,
  { value, truth: truthOf }: Printer,
): Printed {
  if (operator === 'not') return truth(`not ${wrap(truthOf(operandOf, scope))}`)
  if (operator === '+') {
    // Unary plus only removes a column's affinity.
    const { column: _, ...bare } = value(operandOf, scope)
    return bare
  }
  const operand = asCalculated(value(operandOf, scope), scope)
  if (operand.kind === 'null') return { sql: 'null', kind: 'null', atom: true }
  if (operator === '~' && operand.kind !== 'integer')
    throw new Untranslatable('~ of a value that is not an integer')
  if (operator === '~') refuseWide(operand)
  const { constant } = operand
  if (operator === '-' && (constant?.kind === 'integer' || constant?.kind === 'real')) {
    const negated = constant.text.startsWith('-') ? constant.text.slice(1) : `-${constant.text}`
    const text = negated === '-0' ? '0' : negated
    // Without its sign, the least integer is beyond 64 bits (https://www.sqlite.org/lang_expr.html, section 2).
    if (text === LEAST_INTEGER)
      return { sql: text, kind: 'integer', atom: false, constant: { kind: 'integer', text } }
    if (constant.kind === 'integer' && constant.text === LEAST_INTEGER)
      return { sql: `${text}.0`, kind: 'double', atom: true, constant: { kind: 'real', text: `${text}.0` } }
    const sql =
      constant.kind === 'real' && !Number.isFinite(Number(text)) ? `'-Infinity'::double precision` : text
    return { sql, kind: operand.kind, atom: false, constant: { kind: constant.kind, text } }
  }
  if (operator === '-' && operand.kind === 'integer') return opposite(operand, scope)
  return { sql: `${operator} ${wrap(operand)}`, kind: operand.kind, atom: false }
}
