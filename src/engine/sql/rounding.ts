/**
 * Rounding as SQLite does it (https://www.sqlite.org/lang_corefunc.html#round): by the binary value, and halves away from zero.
 * PostgreSQL's to_char() of a double rounds the binary value, with halves to the even digit; round() of a numeric rounds the decimal
 * spelling, with halves away from zero. Invariant: a half is a multiple of a power of two, and then its spelling is exact.
 */

/** Up to here a double has as many digits as to_char() shows of it. */
const MOST = '1e8'

/** The double as a numeric of so many places. */
export function roundedBinary(sql: string, digits: number): string {
  const decimal = `round(${sql}::numeric, ${digits})`
  if (digits === 0 || digits > 6) return decimal
  return `case when ${isSpelled(sql, digits)} then ${decimal} else to_char(${sql}, '${templateFor(digits)}')::numeric end`
}

/** The double as a text with so many places. */
export function textOfBinary(sql: string, digits: number, template: string): string {
  return `case when ${isSpelled(sql, digits)} then to_char(round(${sql}::numeric, ${digits}), '${template}') else to_char(${sql}, '${template}') end`
}

function isSpelled(sql: string, digits: number): string {
  const power = 2 ** (digits + 1)
  return `${sql} * ${power} = trunc(${sql} * ${power}) or abs(${sql}) >= ${MOST}`
}

function templateFor(digits: number): string {
  return `FM999999990.${'0'.repeat(digits)}`
}
