/** The operators that compare two values. */
export type Comparison = '=' | '<>' | 'is' | 'is not' | '<' | '<=' | '>' | '>='

/** The operator for the two sides in each other's place. */
export function mirrored(operator: Comparison): Comparison {
  switch (operator) {
    case '<':
      return '>'
    case '<=':
      return '>='
    case '>':
      return '<'
    case '>=':
      return '<='
    default:
      return operator
  }
}

/** As PostgreSQL writes it. */
export function spell(operator: Comparison): string {
  if (operator === 'is') return 'is not distinct from'
  return operator === 'is not' ? 'is distinct from' : operator
}

export function isOrder(operator: Comparison): boolean {
  return ['<', '<=', '>', '>='].includes(operator)
}
