/**
 * Exact decimal numbers as text. Invariant: `digits` has neither leading nor trailing zeros, the value is ± digits × 10^power, and zero has no
 * digits and no sign.
 */
export type DecimalText = { readonly negative: boolean; readonly digits: string; readonly power: number }

const form = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/
/** With more zeros than this, a number is printed with an exponent. */
const MOST_ZEROS = 140_000

/** Parses a sign, digits with or without a point, and an exponent; null for anything else. */
export function parseDecimal(text: string): DecimalText | null {
  const match = form.exec(text)
  if (match === null) return null
  const [, sign, whole = '', fraction = '', exponent = '0'] = match
  if (whole === '' && fraction === '') return null
  return normal(sign === '-', whole + fraction, Number(exponent) - fraction.length)
}

function normal(negative: boolean, digits: string, power: number): DecimalText {
  let end = digits.length
  while (end > 0 && digits[end - 1] === '0') end--
  let start = 0
  while (start < end && digits[start] === '0') start++
  if (start === end) return { negative: false, digits: '', power: 0 }
  return { negative, digits: digits.slice(start, end), power: power + digits.length - end }
}

/** Rounds to `scale` digits after the point, half away from zero. */
export function roundDecimal(decimal: DecimalText, scale: number): DecimalText {
  const dropped = -scale - decimal.power
  if (dropped <= 0) return decimal
  const kept = decimal.digits.length - dropped
  if (kept < 0) return normal(false, '', 0)
  const up = decimal.digits[kept]! >= '5'
  const rounded = BigInt(`0${decimal.digits.slice(0, kept)}`) + (up ? 1n : 0n)
  return normal(decimal.negative, rounded.toString(), -scale)
}

/** Prints plain digits without superfluous zeros. */
export function printDecimal({ negative, digits, power }: DecimalText): string {
  if (digits === '') return '0'
  const sign = negative ? '-' : ''
  if (Math.abs(power) > MOST_ZEROS) return `${sign}${digits}e${power}`
  if (power >= 0) return sign + digits + '0'.repeat(power)
  const point = digits.length + power
  if (point > 0) return `${sign}${digits.slice(0, point)}.${digits.slice(point)}`
  return `${sign}0.${'0'.repeat(-point)}${digits}`
}

/** Returns the decimal as a bigint; null when it is not whole or is far beyond 64 bits. */
export function wholeOf(decimal: DecimalText): bigint | null {
  if (decimal.power < 0) return null
  if (decimal.power > 40) return null
  const value = BigInt(`0${decimal.digits}`) * 10n ** BigInt(decimal.power)
  return decimal.negative ? -value : value
}
