import type { Expression } from './expression.ts'

/** Returns the parts of an expression, without those in subqueries. */
function childrenOf(expression: Expression): readonly Expression[] {
  const present = (...parts: readonly (Expression | null)[]) => parts.filter((part) => part !== null)
  switch (expression.kind) {
    case 'unary':
    case 'collate':
    case 'is-null':
    case 'cast':
      return [expression.operand]
    case 'binary':
      return [expression.left, expression.right]
    case 'between':
      return [expression.operand, expression.low, expression.high]
    case 'in':
      return [expression.operand, ...expression.list]
    case 'match':
      return present(expression.operand, expression.pattern, expression.escape)
    case 'case':
      return present(
        expression.operand,
        ...expression.branches.flatMap(({ when, result }) => [when, result]),
        expression.otherwise,
      )
    case 'row':
      return expression.values
    case 'call': {
      const { aggregate } = expression
      if (aggregate === undefined) return expression.arguments
      const { orderBy, filter, over } = aggregate
      const terms = [...orderBy, ...(over?.orderBy ?? [])].map((term) => term.expression)
      return present(...expression.arguments, ...terms, filter, ...(over?.partitionBy ?? []))
    }
    case 'in-subquery':
      return [expression.operand]
    case 'subquery':
    case 'exists':
    case 'null':
    case 'integer':
    case 'real':
    case 'string':
    case 'blob':
    case 'boolean':
    case 'parameter':
    case 'now':
    case 'name':
      return []
    default:
      return expression satisfies never
  }
}

/** Yields the expression and its parts, each before the parts within it. Its depth does not deepen the stack. */
function* partsOf(expression: Expression): Generator<Expression> {
  const waiting = [expression]
  for (let part = waiting.pop(); part !== undefined; part = waiting.pop()) {
    yield part
    waiting.push(...childrenOf(part).toReversed())
  }
}

/** Whether `is` holds for the expression or for any part of it. */
export function someExpression(expression: Expression, is: (part: Expression) => boolean): boolean {
  for (const part of partsOf(expression)) if (is(part)) return true
  return false
}

/** Results of `collationIn`, which is asked of an expression and of each of its parts. */
const collations = new WeakMap<Expression, string | null>()

/** Returns the first COLLATE in the expression, which determines the collation of the whole; null when there is none. */
export function collationIn(expression: Expression): string | null {
  if (expression.kind === 'collate') return expression.collation
  const known = collations.get(expression)
  if (known !== undefined) return known
  let found: string | null = null
  for (const child of expression.kind === 'call' ? expression.arguments : childrenOf(expression)) {
    found = collationIn(child)
    if (found !== null) break
  }
  collations.set(expression, found)
  return found
}

/** Returns every name in the expression, in order, with repetitions. */
export function namesIn(expression: Expression): string[] {
  return [...partsOf(expression)].flatMap((part) => (part.kind === 'name' ? [part.name] : []))
}
