import { quoteLiteral } from '../../syntax/postgres-names.ts'
import type { Expression } from '../tree/expression.ts'
import { type Kind, Untranslatable } from '../tree/scope.ts'
import { someExpression } from '../tree/walk.ts'

/** Prints random defaults by gen_random_uuid(): UUIDs composed of random bytes, random hex digits, random bytes. */

/** Returns the default for a column of the kind; null when the expression is not random. Throws Untranslatable. */
export function printRandom(expression: Expression, kind: Kind): string | null {
  if (!isRandom(expression)) return null
  if (isUuid(expression) && (kind === 'uuid' || kind === 'text')) {
    return kind === 'uuid' ? 'gen_random_uuid()' : 'gen_random_uuid()::text'
  }
  if (kind === 'text') return printText(expression)
  const bytes = byteCount(expression)
  if (bytes !== null && kind === 'uuid' && bytes === 16) return 'gen_random_uuid()'
  if (bytes !== null && kind === 'bytea') return `decode(${digits(bytes)}, 'hex')`
  throw new Untranslatable('a random default')
}

function isRandom(expression: Expression): boolean {
  return someExpression(
    expression,
    (part) => part.kind === 'call' && (part.name === 'randomblob' || part.name === 'random'),
  )
}

/** Whether the expression composes a version 4 UUID in the usual way: hex digits, dashes, a 4, and one of 8, 9, a, b. */
function isUuid(expression: Expression): boolean {
  if (expression.kind === 'call' && (expression.name === 'lower' || expression.name === 'upper')) {
    const [operand] = expression.arguments
    return expression.name === 'lower' && operand !== undefined && isUuid(operand)
  }
  const parts = partsOf(expression)
  const constants = parts.flatMap((part) => (part.kind === 'string' ? [part.text] : [])).join('')
  return parts.length >= 8 && /^-+4?-*$/.test(constants) && constants.replaceAll('4', '') === '----'
}

function partsOf(expression: Expression): Expression[] {
  return expression.kind === 'binary' && expression.operator === '||'
    ? [...partsOf(expression.left), ...partsOf(expression.right)]
    : [expression]
}

function byteCount(expression: Expression): number | null {
  if (expression.kind !== 'call' || expression.name !== 'randomblob') return null
  const [count] = expression.arguments
  if (count?.kind !== 'integer') return null
  const bytes = Number(count.text)
  return bytes >= 1 && bytes <= 64 ? bytes : null
}

/** Returns the given number of random bytes as hex digits. */
function digits(bytes: number): string {
  const one = `replace(gen_random_uuid()::text, '-', '')`
  const all = Array.from({ length: Math.ceil(bytes / 16) }, () => one).join(' || ')
  return bytes % 16 === 0 ? (bytes === 16 ? one : `(${all})`) : `left(${all}, ${bytes * 2})`
}

function printText(expression: Expression): string {
  if (expression.kind === 'string') return quoteLiteral(expression.text)
  if (expression.kind === 'binary' && expression.operator === '||') {
    return `${printText(expression.left)} || ${printText(expression.right)}`
  }
  if (expression.kind === 'call') {
    const [operand, ...rest] = expression.arguments
    if (operand === undefined) throw new Untranslatable('a random default')
    const bytes = byteCount(operand)
    if (expression.name === 'hex' && bytes !== null) return `upper(${digits(bytes)})`
    if (expression.name === 'lower' || expression.name === 'upper')
      return `${expression.name}(${printText(operand)})`
    if (
      expression.name === 'substr' &&
      rest.every((place) => place.kind === 'integer' && place.text !== '0')
    ) {
      const places = rest.map((place) => (place.kind === 'integer' ? place.text : ''))
      return `substr(${[printText(operand), ...places].join(', ')})`
    }
  }
  throw new Untranslatable('a random default')
}
