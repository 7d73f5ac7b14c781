import { type Kind, type Printed, type Scope, typeOfKind, Untranslatable } from '../tree/scope.ts'
import { asCalculated } from './casts.ts'
import { bitsOf, isNumber, isWide, traitsOf, wrap } from './printed.ts'

/**
 * Prints SQLite's arithmetic (https://www.sqlite.org/lang_expr.html#operators). Invariant: outside of a select, no result makes the server
 * refuse a row that SQLite accepts.
 */

type ArithmeticOperator = '+' | '-' | '*' | '/' | '%' | '&' | '|' | '<<' | '>>'

export function printArithmetic(
  operator: ArithmeticOperator,
  leftOf: Printed,
  rightOf: Printed,
  scope: Scope,
): Printed {
  const [left, right] = numbersAlike(leftOf, rightOf, scope)
  const kinds = [left.kind, right.kind]
  if (kinds.includes('null')) return { sql: 'null', kind: 'null', atom: true }
  const areIntegers = left.kind === 'integer' && right.kind === 'integer'
  const isWhole = [left, right].every((side) => side.kind === 'integer' || side.mayBeWhole === true)
  if (operator === '/' && isWhole && !areIntegers) return printDivision(left, right)
  if (scope.purpose === 'generated' && kinds.includes('numeric')) {
    throw new Untranslatable('arithmetic that is exact in PostgreSQL and not in SQLite')
  }
  if (!areIntegers && !['+', '-', '*', '/'].includes(operator)) {
    if (scope.purpose !== 'view' || left.kind === 'parameter' || right.kind === 'parameter')
      throw new Untranslatable(`${operator} of values that are not integers`)
    const whole = (printed: Printed): Printed =>
      printed.kind === 'integer'
        ? printed
        : { sql: `trunc(${printed.sql})::bigint`, kind: 'integer', atom: true }
    return printOfIntegers(operator, whole(left), whole(right), scope)
  }
  if (areIntegers) return printOfIntegers(operator, left, right, scope)
  const kind: Kind = kinds.includes('double') ? 'double' : 'numeric'
  // A division by zero is null in SQLite and an error in PostgreSQL.
  const divisor = operator === '/' ? divisorOf(right) : wrap(right)
  // A constant with a point is a numeric in PostgreSQL, which must not make the result one.
  const widen = (sql: string, printed: Printed) =>
    kind === 'double' && !(printed.kind === 'double' && printed.constant === undefined)
      ? `${sql}::double precision`
      : sql
  const sql = `${widen(wrap(left), left)} ${operator} ${widen(divisor, right)}`
  return { sql, kind, atom: false, ...traitsOf([left, right], kind, isWhole) }
}

function divisorOf(right: Printed): string {
  const isSafe = right.constant !== undefined && Number(right.sql) !== 0
  return isSafe ? wrap(right) : `nullif(${right.sql}, 0)`
}

function printOfIntegers(
  operator: ArithmeticOperator,
  left: Printed,
  right: Printed,
  { purpose }: Scope,
): Printed {
  if ((operator === '<<' || operator === '>>') && !isShiftDistance(right))
    throw new Untranslatable('a shift by other than a constant from 0 to 63')
  const divisor = operator === '/' || operator === '%' ? divisorOf(right) : wrap(right)
  // In 64 bits, as in SQLite: 32-bit integers would overflow earlier.
  const plain = `${bigint(left)} ${operator} ${divisor}`
  if (purpose === 'view') return { sql: plain, kind: 'integer', atom: false }
  const bits = bitsOfResult(operator, left, right)
  if (bits <= 63) return { sql: plain, kind: 'integer', atom: false, bits }
  const alike = isWide(left) || isWide(right) ? wrap(left) : `${wrap(left)}::numeric`
  const sql = operator === '/' ? `div(${alike}, ${divisor})` : `${alike} ${operator} ${divisor}`
  const both = [left.plain ?? bigint(left), right.plain ?? wrap(right)]
  const [one, other] = both.map((side, at) => ([left, right][at]!.plain === undefined ? side : `(${side})`))
  return {
    sql,
    kind: 'integer',
    atom: operator === '/',
    bits,
    plain: operator === '/' ? plain : `${one} ${operator} ${other}`,
  }
}

/**
 * Returns the bits of a result. When a sum, a difference or a product exceeds 64 bits, SQLite continues with a real number, and PostgreSQL
 * would refuse the row; a numeric is used instead. A value that returns to 64 bits is exact here, and rounded in SQLite.
 */
function bitsOfResult(operator: ArithmeticOperator, left: Printed, right: Printed): number {
  const [one, other] = [bitsOf(left), bitsOf(right)]
  const widened = (bits: number): number => (bits > 62 ? 64 : bits)
  switch (operator) {
    case '+':
    case '-':
      return widened(Math.max(one, other) + 1)
    case '*':
      return widened(one + other)
    default:
      refuseWide(left)
      refuseWide(right)
  }
  // The least integer has no positive counterpart in 64 bits.
  if (operator === '/') return one === 63 && mayBeMinusOne(right) ? 64 : one
  if (operator === '%') return Math.min(one, other)
  return operator === '>>' ? one : operator === '<<' ? 63 : Math.max(one, other)
}

/** Throws Untranslatable for an integer that may exceed 64 bits: SQLite has a real number then, without bits to work on. */
export function refuseWide(printed: Printed): void {
  if (isWide(printed)) throw new Untranslatable('a calculation with a value that may exceed 64 bits')
}

function mayBeMinusOne({ constant }: Printed): boolean {
  return constant?.kind !== 'integer' || constant.text === '-1'
}

/** Returns the integer with the opposite sign. */
export function opposite(operand: Printed, { purpose }: Scope): Printed {
  const bits = bitsOf(operand)
  const plain = `- ${bigint(operand)}`
  if (purpose === 'view' || bits < 63) return { sql: plain, kind: 'integer', atom: false, bits }
  const sql = isWide(operand) ? `- ${wrap(operand)}` : `- ${wrap(operand)}::numeric`
  return { sql, kind: 'integer', atom: false, bits: 64, ...(!isWide(operand) && { plain }) }
}

/** Prints a division that truncates when both sides are whole: columns with a numeric affinity store whole numbers as integers. */
function printDivision(left: Printed, right: Printed): Printed {
  const isKnownByValue = ({ kind, column, roundedTo = 0 }: Printed) =>
    kind === 'integer' ||
    (roundedTo < 1 && (column?.affinity === 'numeric' || column?.affinity === 'integer'))
  if (!isKnownByValue(left) || !isKnownByValue(right))
    throw new Untranslatable(
      'a division of numbers that are integers in SQLite in some rows and not in others',
    )
  const isWhole = [left, right]
    .filter(({ kind }) => kind !== 'integer')
    .map((side) => `${wrap(side)} = trunc(${side.sql})`)
  const kind: Kind = left.kind === 'double' || right.kind === 'double' ? 'double' : 'numeric'
  const type = kind === 'double' ? '::double precision' : '::numeric'
  const quotient = `${wrap(left)}${type} / ${divisorOf(right)}${right.kind === kind ? '' : type}`
  const sql = `case when ${isWhole.join(' and ')} then trunc(${quotient}) else ${quotient} end`
  return { sql, kind, atom: false, ...traitsOf([left, right], kind, true) }
}

/** Whether both databases shift alike: only PostgreSQL takes the distance modulo 64, also when it is negative. */
function isShiftDistance({ constant }: Printed): boolean {
  return constant?.kind === 'integer' && /^\d+$/.test(constant.text) && Number(constant.text) < 64
}

/** Returns both sides as numbers; a parameter gets the other side's kind. */
function numbersAlike(leftOf: Printed, rightOf: Printed, scope: Scope): [Printed, Printed] {
  const beside = (printed: Printed, other: Printed): Printed => {
    if (printed.kind !== 'parameter' || !isNumber(other.kind)) return asCalculated(printed, scope)
    return {
      sql: `${printed.sql}::${typeOfKind[other.kind]}`,
      kind: other.kind,
      atom: true,
      mayBeWhole: true,
    }
  }
  return [beside(leftOf, rightOf), beside(rightOf, leftOf)]
}

/** Returns the integer as a bigint. */
export function bigint(printed: Printed): string {
  return printed.column !== undefined && printed.column.type === 'bigint'
    ? wrap(printed)
    : `${wrap(printed)}::bigint`
}
