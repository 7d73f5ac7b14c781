import { asNumber, wrap } from './printed.ts'
import { type Printed, Untranslatable } from './scope.ts'

/**
 * SQLite's mathematical functions (https://www.sqlite.org/lang_mathfunc.html). Invariant: what is no number there, such as the root of
 * a negative one, is null, and no error.
 */

/** Of one number: its SQL, and where it has a value at all. */
const ofOne: Readonly<Record<string, { readonly sql: string; readonly where?: string }>> = {
  sqrt: { sql: 'sqrt(x)', where: 'x >= 0' },
  ln: { sql: 'ln(x)', where: 'x > 0' },
  log: { sql: 'log(x)', where: 'x > 0' },
  log10: { sql: 'log(x)', where: 'x > 0' },
  exp: { sql: 'exp(x)' },
  sin: { sql: 'sin(x)' },
  cos: { sql: 'cos(x)' },
  tan: { sql: 'tan(x)' },
  atan: { sql: 'atan(x)' },
  asin: { sql: 'asin(x)', where: 'x between -1 and 1' },
  acos: { sql: 'acos(x)', where: 'x between -1 and 1' },
  radians: { sql: 'radians(x)' },
  degrees: { sql: 'degrees(x)' },
}
const wholes: Readonly<Record<string, string>> = {
  ceil: 'ceil',
  ceiling: 'ceil',
  floor: 'floor',
  trunc: 'trunc',
}

export function isMathFunction(name: string): boolean {
  return (
    [ofOne, wholes, ofTwo].some((known) => Object.hasOwn(known, name)) || name === 'sign' || name === 'pi'
  )
}

/** Of two numbers: their SQL, and where they have a value at all. */
const ofTwo: Readonly<Record<string, { readonly sql: string; readonly where: string | null }>> = {
  pow: { sql: 'power(x, y)', where: 'not ((x) < 0 and (y) <> trunc(y)) and not ((x) = 0 and (y) < 0)' },
  power: { sql: 'power(x, y)', where: 'not ((x) < 0 and (y) <> trunc(y)) and not ((x) = 0 and (y) < 0)' },
  atan2: { sql: 'atan2(x, y)', where: null },
}

/** Throws Untranslatable. */
export function printMath(name: string, args: readonly Printed[]): Printed {
  if (name === 'pi' && args.length === 0) return { sql: 'pi()', kind: 'double', atom: true }
  const pair = ofTwo[name]
  if (pair !== undefined && args.length === 2) {
    const [x, y] = args.map((value) => `${wrap(asNumber(value))}::double precision`)
    const of = (sql: string) => sql.replaceAll(/\b[xy]\b/g, (letter) => (letter === 'x' ? x! : y!))
    if (pair.where === null) return { sql: of(pair.sql), kind: 'double', atom: true }
    return { sql: `case when ${of(pair.where)} then ${of(pair.sql)} end`, kind: 'double', atom: false }
  }
  const [given] = args
  if (given === undefined || args.length > 1)
    throw new Untranslatable(`${name}() with ${args.length} arguments`)
  const number = asNumber(given)
  if (number.kind === 'null') return number
  if (name === 'sign') return { sql: `sign(${number.sql})::bigint`, kind: 'integer', atom: true }
  const whole = wholes[name]
  if (whole !== undefined) {
    if (number.kind === 'integer') return number
    return {
      sql: `${whole}(${number.sql})`,
      kind: number.kind,
      atom: true,
      mayBeWhole: number.kind !== 'double',
    }
  }
  const { sql, where } = ofOne[name]!
  const x = `${wrap(number)}::double precision`
  const value = sql.replaceAll('x)', `${x})`)
  if (where === undefined) return { sql: value, kind: 'double', atom: true }
  return { sql: `case when ${where.replace('x', x)} then ${value} end`, kind: 'double', atom: false }
}
