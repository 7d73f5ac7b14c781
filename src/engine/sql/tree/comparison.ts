/** The operators that compare two values. */
export type Comparison = '=' | '<>' | 'is' | 'is not' | '<' | '<=' | '>' | '>='

/** The operator for the two sides in each other's place. */
export function mirrored(operator: Comparison): Comparison {
  return mirrors[operator] ?? operator
}

const mirrors: Partial<Record<Comparison, Comparison>> = { '<': '>', '<=': '>=', '>': '<', '>=': '<=' }

/** As PostgreSQL writes it. */
export function spell(operator: Comparison): string {
  if (operator === 'is') return 'is not distinct from'
  return operator === 'is not' ? 'is distinct from' : operator
}

export function isOrder(operator: Comparison): boolean {
  return ['<', '<=', '>', '>='].includes(operator)
}
