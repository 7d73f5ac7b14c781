import type { DecimalPoint } from '../../model/conversion.ts'

/**
 * Amounts as people write them: $1,234.56, 1.234,56 €, -5 £. Invariant: which mark is the decimal point is never guessed but given for the
 * column; the other mark only separates groups of three digits.
 */

const number = {
  '.': String.raw`\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?`,
  ',': String.raw`\d{1,3}(?:\.\d{3})+(?:,\d+)?|\d+(?:,\d+)?`,
}
const CURRENCY = '[$€£¥₹]'
const formOf = (point: DecimalPoint) =>
  new RegExp(`^(-)?(${CURRENCY} ?)?(-)?(${number[point]})( ?${CURRENCY})?$`)
const forms = { '.': formOf('.'), ',': formOf(',') }

/** Returns the decimal in digits, and the currency sign or ''; null for any other text. */
export function readAmount(
  text: string,
  point: DecimalPoint,
): { readonly decimal: string; readonly currency: string } | null {
  const match = text.length > LONGEST_AMOUNT ? null : forms[point].exec(text)
  if (match === null) return null
  const [, minus, before, inner, digits, after] = match
  if ((minus !== undefined && inner !== undefined) || (before !== undefined && after !== undefined))
    return null
  const plain = point === '.' ? digits!.replaceAll(',', '') : digits!.replaceAll('.', '').replace(',', '.')
  return { decimal: `${minus ?? inner ?? ''}${plain}`, currency: (before ?? after ?? '').trim() }
}

export const LONGEST_AMOUNT = 64
