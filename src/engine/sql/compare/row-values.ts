import { type Comparison, mirrored } from '../tree/comparison.ts'
import type { Expression } from '../tree/expression.ts'
import { type Printed, type Printer, type Scope, Untranslatable } from '../tree/scope.ts'
import { truth, wrap } from '../values/printed.ts'
import { compare, compareWithSelect } from './compare.ts'

/**
 * Compares SQLite's row values (https://www.sqlite.org/rowvalue.html). Invariant: each pair of values is compared like single values, with
 * the same rules for types, collations and nulls.
 */

/** Whether at least one of the two is a row value. */
export function isOfRows(left: Expression, right: Expression): boolean {
  return left.kind === 'row' || right.kind === 'row'
}

/** Throws Untranslatable, also for rows of different lengths, which SQLite refuses. */
export function compareRows(
  operator: Comparison,
  leftOf: Expression,
  rightOf: Expression,
  scope: Scope,
  printer: Printer,
): Printed {
  if (leftOf.kind !== 'row') return compareRows(mirrored(operator), rightOf, leftOf, scope, printer)
  const left = leftOf.values.map((value) => printer.value(value, scope))
  if (rightOf.kind === 'subquery') return compareWithRowOf(operator, left, rightOf.select, scope)
  if (rightOf.kind !== 'row' || rightOf.values.length !== left.length)
    throw new Untranslatable('a comparison of rows of different lengths')
  const right = rightOf.values.map((value) => printer.value(value, scope))
  const pairs = left.map((one, index) => [one, right[index]!] as const)
  const each = (how: Comparison) => pairs.map(([one, other]) => wrap(compare(how, one, other, scope)))
  switch (operator) {
    case '=':
    case 'is':
      return truth(each(operator).join(' and '))
    case '<>':
    case 'is not':
      return truth(each(operator).join(' or '))
    case '<':
    case '<=':
    case '>':
    case '>=': {
      const strict = operator.startsWith('<') ? each('<') : each('>')
      const equal = each('=')
      const last = each(operator).at(-1)!
      return truth(
        strict
          .slice(0, -1)
          .reduceRight((rest, first, index) => `${first} or (${equal[index]} and (${rest}))`, last),
      )
    }
    default:
      return operator satisfies never
  }
}

/** Compares a row value with the first row of a select. */
function compareWithRowOf(
  operator: Comparison,
  left: readonly Printed[],
  select: string,
  scope: Scope,
): Printed {
  if (operator !== '=' && operator !== '<>')
    throw new Untranslatable(`${operator} between a row and that of a select`)
  if (scope.select === undefined) throw new Untranslatable('a subquery')
  const found = compareWithSelect(left, scope.select.subquery(select, 'first'), false)
  return operator === '=' ? found : truth(`not (${found.sql})`)
}
