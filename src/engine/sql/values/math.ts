import type { FunctionTable } from '../tree/scope.ts'
import { asNumber, wrap } from './printed.ts'

type MathFunction = FunctionTable[string]

/** A function of `x`, or of `x` and `y`. `where`: the condition under which it has a value; else it is null. */
function calculated(sql: string, where: string | null = null): MathFunction {
  const takes = sql.includes('y') ? [2] : [1]
  return {
    takes,
    print(values) {
      const numbers = values.map(asNumber)
      if (numbers.length === 1 && numbers[0]!.kind === 'null') return numbers[0]!
      const [x, y] = numbers.map((number) => `${wrap(number)}::double precision`)
      const of = (text: string) => text.replaceAll(/\b[xy]\b/g, (letter) => (letter === 'x' ? x! : y!))
      if (where === null) return { sql: of(sql), kind: 'double', atom: true }
      return { sql: `case when ${of(where)} then ${of(sql)} end`, kind: 'double', atom: false }
    },
  }
}

function whole(name: string): MathFunction {
  return {
    takes: [1],
    print([given]) {
      const { kind, sql, ...number } = asNumber(given)
      if (kind === 'null' || kind === 'integer') return { ...number, kind, sql }
      return { sql: `${name}(${sql})`, kind, atom: true, mayBeWhole: kind !== 'double' }
    },
  }
}

const power = calculated('power(x, y)', 'not ((x) < 0 and (y) <> trunc(y)) and not ((x) = 0 and (y) < 0)')

/**
 * SQLite's mathematical functions (https://www.sqlite.org/lang_mathfunc.html). Invariant: an undefined result, such as the root of a negative
 * number, is null and not an error.
 */
export const mathFunctions: FunctionTable = {
  sqrt: calculated('sqrt(x)', 'x >= 0'),
  ln: calculated('ln(x)', 'x > 0'),
  log: calculated('log(x)', 'x > 0'),
  log10: calculated('log(x)', 'x > 0'),
  exp: calculated('exp(x)'),
  sin: calculated('sin(x)'),
  cos: calculated('cos(x)'),
  tan: calculated('tan(x)'),
  atan: calculated('atan(x)'),
  asin: calculated('asin(x)', 'x between -1 and 1'),
  acos: calculated('acos(x)', 'x between -1 and 1'),
  radians: calculated('radians(x)'),
  degrees: calculated('degrees(x)'),
  pow: power,
  power,
  atan2: calculated('atan2(x, y)'),
  ceil: whole('ceil'),
  ceiling: whole('ceil'),
  floor: whole('floor'),
  trunc: whole('trunc'),
  sign: {
    takes: [1],
    print([given]) {
      const number = asNumber(given)
      if (number.kind === 'null') return number
      return { sql: `sign(${number.sql})::bigint`, kind: 'integer', atom: true }
    },
  },
  pi: { takes: [0], print: () => ({ sql: 'pi()', kind: 'double', atom: true }) },
}
