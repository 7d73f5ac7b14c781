import { quoteLiteral } from '../../syntax/postgres-names.ts'
import { type Comparison, isOrder, mirrored, spell } from '../tree/comparison.ts'
import type { Printed } from '../tree/scope.ts'
import { isTime, textFormOf } from '../tree/stored-times.ts'
import { asNumber, asText, isNumber, truth, wrap } from '../values/printed.ts'
import { numberText } from '../values/typed-constants.ts'
import { isFoldedText } from './ordering.ts'

/**
 * SQLite's comparisons of a number with a text (https://www.sqlite.org/datatype3.html#comparison_expressions). Invariant: the affinities
 * alone decide which of the two is converted, or whether every number comes before every text.
 */

type Affinity = 'text' | 'numeric' | 'none'

function affinityOf({ affinity, column }: Printed): Affinity {
  if (affinity !== undefined) return affinity
  if (column === undefined || column.affinity === 'blob') return 'none'
  return column.affinity === 'text' ? 'text' : 'numeric'
}

/** Whether the value is a text in SQLite; times may be stored as texts. */
function isTextThere({ kind, column }: Printed): boolean {
  return kind === 'text' || (isTime(column?.conversion) && textFormOf(column.conversion) !== null)
}

function isNumberThere({ kind }: Printed): boolean {
  return isNumber(kind) || kind === 'boolean'
}

const numberPattern = String.raw`^\s*[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?\s*$`

/** Returns null for any other comparison, and for one that both databases make in the same way. */
export function compareNumberWithText(operator: Comparison, left: Printed, right: Printed): Printed | null {
  if (isTextThere(left) && isNumberThere(right)) return compareNumberWithText(mirrored(operator), right, left)
  // A text constant that looks like a number, compared with a column of times.
  const isDigits = right.constant?.kind === 'string' && numberText.test(right.constant.text)
  if (isTextThere(left) && left.kind !== 'text' && isDigits && affinityOf(left) === 'numeric')
    return storedApart(mirrored(operator), right, left)
  if (!isNumberThere(left) || !isTextThere(right)) return null
  const [ofNumber, ofText] = [affinityOf(left), affinityOf(right)]
  if (ofNumber === 'numeric' && ofText !== 'numeric') return compareAsNumbers(operator, left, right)
  if (ofText === 'text') {
    if (right.kind !== 'text' || isFoldedText(right)) return null
    return truth(
      `${asText(left)}${isOrder(operator) ? ' collate "C"' : ''} ${spell(operator)} ${wrap(right)}`,
    )
  }
  return storedApart(operator, left, right)
}

/** Compares the text as a number when the whole text looks like one. */
function compareAsNumbers(operator: Comparison, number: Printed, text: Printed): Printed | null {
  const value = asNumber(number)
  const { constant } = text
  if (constant?.kind === 'string') {
    if (!numberText.test(constant.text)) return storedApart(operator, number, text)
    return truth(`${wrap(value)} ${spell(operator)} ${Number(constant.text)}`)
  }
  if (text.kind !== 'text') return null
  if (text.hasDigits === true) return truth(`${wrap(value)} ${spell(operator)} ${wrap(text)}::numeric`)
  const otherwise = storedApart(operator, number, text)
  const isNumber = `${wrap(text)} ~ ${quoteLiteral(numberPattern)}`
  const asOne = `${wrap(value)} ${spell(operator)} ${wrap(text)}::numeric`
  return truth(`case when ${isNumber} then ${asOne} else ${otherwise.sql} end`)
}

/** Compares a number with a text without conversion: every number comes before every text, and none equals one. */
function storedApart(operator: Comparison, number: Printed, text: Printed): Printed {
  const parts = [number, text].filter(({ constant }) => constant === undefined)
  const bothNull = parts.map((part) => `${wrap(part)} is null`).join(' and ')
  if (operator === 'is') return parts.length < 2 ? truth('false', true) : truth(bothNull)
  if (operator === 'is not') return parts.length < 2 ? truth('true', true) : truth(`not (${bothNull})`)
  const value = operator === '<' || operator === '<=' || operator === '<>'
  const notNull = parts.map((part) => `${wrap(part)} is not null`).join(' and ')
  return parts.length === 0 ? truth(String(value), true) : truth(`case when ${notNull} then ${value} end`)
}
