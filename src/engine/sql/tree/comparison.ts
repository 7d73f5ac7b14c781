/** The operators that compare two values. */
export type Comparison = '=' | '<>' | 'is' | 'is not' | '<' | '<=' | '>' | '>='

/** Returns the operator for exchanged sides. */
export function mirrored(operator: Comparison): Comparison {
  return mirrors[operator] ?? operator
}

const mirrors: Partial<Record<Comparison, Comparison>> = { '<': '>', '<=': '>=', '>': '<', '>=': '<=' }

/** Returns the operator in PostgreSQL's syntax. */
export function spell(operator: Comparison): string {
  if (operator === 'is') return 'is not distinct from'
  return operator === 'is not' ? 'is distinct from' : operator
}

export function isOrder(operator: Comparison): boolean {
  return ['<', '<=', '>', '>='].includes(operator)
}
