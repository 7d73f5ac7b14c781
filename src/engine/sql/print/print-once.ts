/**
 * Prints every part of an expression once in each scope. In a select with groups an expression is first printed for a single row, to be
 * compared with the values of the group, and then the parts within it are, each with the parts within them. Invariant: a chain of operators
 * such as `a || b || c` is printed from its first operand on, so that its length does not deepen the stack.
 */
import type { BinaryOperator, Expression } from '../tree/expression.ts'
import { type Printed, type Scope, type SelectScope, Untranslatable } from '../tree/scope.ts'

const scopesOfRows = new WeakMap<Scope, Scope>()
const printedParts = new WeakMap<Scope, WeakMap<Expression, Printed | Untranslatable>>()

/** Returns the scope of a single row. `select`: that of the given scope. */
export function scopeOfRow(scope: Scope, select: SelectScope): Scope {
  const ofRow = scopesOfRows.get(scope) ?? { ...scope, select: { ...select, grouped: null } }
  scopesOfRows.set(scope, ofRow)
  return ofRow
}

/** Returns what `print` returns for the expression, which it is asked for once. Throws Untranslatable. */
export function printedOnce(
  expression: Expression,
  scope: Scope,
  print: (expression: Expression, scope: Scope) => Printed,
): Printed {
  const known = printedParts.get(scope) ?? new WeakMap<Expression, Printed | Untranslatable>()
  printedParts.set(scope, known)
  const isUnknown = (part: Expression) => !known.has(part)
  for (const part of chainOf(expression, isUnknown).filter(isUnknown))
    known.set(
      part,
      orRefusal(() => print(part, scope)),
    )
  const printed = known.get(expression)!
  if (printed instanceof Untranslatable) throw printed
  return printed
}

/** Operators whose printers print the left operand as a part of its own. */
const chained: ReadonlySet<BinaryOperator> = new Set([
  '=',
  '<>',
  '<',
  '<=',
  '>',
  '>=',
  '&',
  '|',
  '<<',
  '>>',
  '+',
  '-',
  '*',
  '/',
  '%',
  '||',
] as const)

/** Returns the expression, after its left operand, after the left operand of that … as far as they are chained and unknown. */
function chainOf(expression: Expression, isUnknown: (part: Expression) => boolean): Expression[] {
  const chain = [expression]
  for (let at = expression; isChained(at) && isChained(at.left) && isUnknown(at.left); at = at.left)
    chain.push(at.left)
  return chain.reverse()
}

function isChained(expression: Expression): expression is Expression & { readonly kind: 'binary' } {
  return expression.kind === 'binary' && chained.has(expression.operator)
}

function orRefusal(print: () => Printed): Printed | Untranslatable {
  try {
    return print()
  } catch (error) {
    if (error instanceof Untranslatable) return error
    throw error
  }
}
