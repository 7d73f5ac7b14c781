/**
 * Rounds like SQLite (https://www.sqlite.org/lang_corefunc.html#round): by the binary value, and halves away from zero. PostgreSQL's
 * to_char() of a double rounds the binary value, with halves to the even digit; round() of a numeric rounds the decimal spelling, with halves
 * away from zero. Invariant: a half is a multiple of a power of two, whose decimal spelling is exact.
 */

/** Below this size, to_char() shows all digits of a double. */
const MOST = '1e8'

/** Returns the double rounded to a number of decimal places. */
export function roundedBinary(sql: string, digits: number): string {
  if (digits === 0) return roundedToWhole(sql)
  const decimal = `round(${sql}::numeric, ${digits})`
  if (digits > 6) return decimal
  return `case when ${isSpelled(sql, digits)} then ${decimal} else to_char(${sql}, '${templateFor(digits)}')::numeric end`
}

/** SQLite adds a half and truncates, in binary; from 2^52 on a double is whole. */
function roundedToWhole(sql: string): string {
  return `case when abs(${sql}) < 4503599627370496 then trunc(${sql} + sign(${sql}) * 0.5) else ${sql} end`
}

/** Returns the double as text with a number of decimal places. `groups`: with a comma between thousands. */
export function textOfBinary(sql: string, digits: number, groups: boolean): string {
  const places = digits === 0 ? '' : `.${'0'.repeat(digits)}`
  const template = `FM${groups ? '999,999,999,999,999,999,990' : '999999990'}${places}`
  const decimal = `round(${sql}::numeric, ${digits})`
  const spelled = groups ? `to_char(${decimal}, '${template}')` : `${decimal}::text`
  return `case when ${isSpelled(sql, digits)} then ${spelled} else to_char(${sql}, '${template}') end`
}

function isSpelled(sql: string, digits: number): string {
  const power = 2 ** (digits + 1)
  return `${sql} * ${power} = trunc(${sql} * ${power}) or abs(${sql}) >= ${MOST}`
}

function templateFor(digits: number): string {
  return `FM999999990.${'0'.repeat(digits)}`
}
