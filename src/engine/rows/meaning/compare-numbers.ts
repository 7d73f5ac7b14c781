/**
 * The meaning of source values as numbers and booleans, in decimal arithmetic on text. Invariant: a number is rounded only to the column's
 * declared scale.
 */
import type { Conversion, DecimalPoint } from '../../model/conversion.ts'
import { parseDecimal, printDecimal, roundDecimal, wholeOf } from './decimal-text.ts'
import { type Meaning, meaningless } from './source-value.ts'

type Kind<K extends Conversion['kind']> = Extract<Conversion, { kind: K }>

export function integerMeaning({ bytes }: Kind<'integer'>): Meaning {
  const limit = 2n ** BigInt(bytes * 8 - 1)
  return (value) => {
    if (value === null) return null
    let whole: bigint | null = null
    if (typeof value === 'bigint') whole = value
    else if (typeof value === 'number') whole = Number.isInteger(value) ? BigInt(value) : null
    else if (typeof value === 'string') {
      const decimal = parseDecimal(value)
      whole = decimal === null ? null : wholeOf(decimal)
    }
    if (whole === null || whole >= limit || whole < -limit) return meaningless(value, 'integer')
    return whole.toString()
  }
}

/** Returns JavaScript's shortest spelling, with the sign of zero: equal spellings mean equal doubles. */
export function printDouble(number: number): string {
  return Object.is(number, -0) ? '-0' : String(number)
}

export const doubleMeaning: Meaning = (value) => {
  if (value === null) return null
  if (typeof value === 'number') return printDouble(value)
  if (typeof value === 'bigint') {
    const number = Number(value)
    return BigInt(number) === value ? printDouble(number) : meaningless(value, 'double')
  }
  if (typeof value !== 'string') return meaningless(value, 'double')
  const decimal = parseDecimal(value)
  const number = Number(value)
  if (decimal === null || !Number.isFinite(number)) return meaningless(value, 'double')
  const said = printDecimal(decimal)
  const isKept =
    printDecimal(parseDecimal(String(number))!) === said ||
    (Number.isInteger(number) && BigInt(number).toString() === said)
  return isKept ? printDouble(number) : meaningless(value, 'double')
}

/** Returns the meaning of the target's text of a float8. */
export function targetDouble(text: string): string {
  return text === 'NaN' ? text : printDouble(Number(text))
}

const shortDecimal = /^-?[1-9]\d*(?:\.(\d*[1-9]))?$/

const [once, sign] = ['(?!.*-.*-)(?!.*[$€£¥₹].*[$€£¥₹])', '[$€£¥₹]']
const amountForm = (mark: string, rest: string) =>
  new RegExp(
    String.raw`^${once}(?<a>-?)(?:${sign} ?)?(?<b>-?)(?<whole>\d{1,3}(?:${mark}\d{3})+|\d+)(?:${rest}(?<rest>\d+))?(?: ?${sign})?$`,
  )
const grouped = { '.': amountForm(',', String.raw`\.`), ',': amountForm(String.raw`\.`, ',') }

/** Returns an amount with digit grouping and a currency sign as a plain decimal; a text that is not a number for anything else. */
function plainAmount(text: string, point: DecimalPoint): string {
  const said = grouped[point].exec(text)?.groups
  if (said === undefined) return 'none'
  const { a, b, whole, rest } = said as Readonly<Record<string, string | undefined>>
  return `${a}${b}${whole!.replace(/[.,]/g, '')}${rest === undefined ? '' : `.${rest}`}`
}

export function numericMeaning({ precision, scale, point }: Kind<'numeric'>): Meaning {
  const places = precision === null ? null : (scale ?? 0)
  return (value) => {
    if (value === null) return null
    if (typeof value === 'object') return meaningless(value, 'numeric')
    const given = typeof value === 'string' ? value : String(value)
    const text = point === undefined || typeof value !== 'string' ? given : plainAmount(given, point)
    const short = shortDecimal.exec(text)
    if (short !== null && places !== null && (short[1]?.length ?? 0) <= places && places >= 0) return text
    const decimal = parseDecimal(text)
    if (decimal === null) return meaningless(value, 'numeric')
    return printDecimal(places === null ? decimal : roundDecimal(decimal, places))
  }
}

/** Returns the meaning of the target's text of a numeric, which keeps trailing zeros. */
export function targetNumeric(text: string): string {
  if (!text.includes('.')) return text === '-0' ? '0' : text
  let end = text.length
  while (text[end - 1] === '0') end--
  if (text[end - 1] === '.') end--
  return text.slice(0, end)
}

const trueWords = new Set(['1', 'true', 't', 'yes', 'y', 'on'])
const falseWords = new Set(['0', 'false', 'f', 'no', 'n', 'off'])

export const booleanMeaning: Meaning = (value) => {
  if (value === null) return null
  if (typeof value !== 'object') {
    const word = String(value).toLowerCase()
    if (trueWords.has(word)) return 'true'
    if (falseWords.has(word)) return 'false'
  }
  return meaningless(value, 'boolean')
}
