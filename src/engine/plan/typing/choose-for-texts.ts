/** The type of a column that holds texts, with or without numbers among them. */

import type { ColumnCensus } from '../../model/census.ts'
import { quoteSqlite } from '../../syntax/sqlite-names.ts'
import type { AmountEvidence } from '../evidence/amounts.ts'
import { timeTexts } from '../evidence/time-forms.ts'
import { type Choice, differs, mixed, type Question, type Reason, texts } from './choice.ts'
import { chooseTextTime, countImpossible, notTimes } from './choose-text-time.ts'
import { textType } from './declared-target.ts'
import { isBit, numberType } from './number-ranges.ts'

export function chooseForTexts(question: Question): Choice {
  const { census, declared } = question
  const numbers = census.integers + census.reals
  if (declared.family === 'boolean' && isBooleanText(census)) return { type: 'boolean' }
  if ((declared.family === 'json' || declared.family === 'jsonb') && countOtherThanJson(question) === 0) {
    return { type: declared.family }
  }
  if (declared.family === 'decimal' && census.textForms.decimal === census.texts && census.infinities === 0) {
    return { type: 'numeric' }
  }
  const amounts = question.evidence?.amounts
  if (amounts) return chooseAmounts(question, amounts)
  if (numbers > 0) {
    const type = 'text'
    if (declared.family === 'text') return { type }
    return { type, reason: { ...mixed(census, type), ...strayTexts(question) } }
  }
  switch (declared.family) {
    case 'text':
      return chooseTextLength(question)
    case 'date':
    case 'timestamp':
      return chooseTextTime(question)
    case 'time':
      if (census.textForms.time === census.texts && census.maxCharacters <= 15) {
        const impossible = countImpossible(census)
        return impossible > 0 ? notTimes(question, impossible) : { type: 'time without time zone' }
      }
      if (timeTexts(census) === census.texts) return chooseTextTime(question)
      break
    case 'uuid':
    case 'bytes':
      if (isUniformUuid(census)) return { type: 'uuid' }
      break
    case 'none':
      return { type: 'text' }
    case 'integer':
    case 'double':
    case 'decimal':
    case 'boolean':
    case 'json':
    case 'jsonb':
      break
    default:
      declared.family satisfies never
  }
  if (declared.family === 'uuid' && census.textForms.uuid === census.texts) {
    const reason = differs(declared, 'holds UUIDs in several spellings, which only text keeps', 'text')
    return { type: 'text', reason: { ...reason, otherwise: 'uuid' } }
  }
  return {
    type: 'text',
    reason: differs(
      declared,
      `holds ${texts(countUnfit(question) || census.texts)} that it doesn't describe`,
      'text',
    ),
  }
}

/** Amounts such as $1,234.56 become numeric when the column shows which mark is the decimal point, else text. */
function chooseAmounts({ census, declared, sample }: Question, { point, currency }: AmountEvidence): Choice {
  const held = `is declared ${declared.base} and holds ${texts(census.texts)} that ${census.texts === 1 ? 'is an amount' : 'are amounts'}${sample === null ? '' : `, such as ${sample}`}`
  if (point === 'open')
    return {
      type: 'text',
      reason: {
        severity: 'warning',
        code: 'decimal-point-open',
        message: `${held}; nothing says whether the point or the comma is the decimal one; it becomes text`,
        count: census.texts,
      },
    }
  const left = currency === '' ? '' : `, and ${currency} is left out`
  return {
    type: 'numeric',
    reason: {
      severity: 'notice',
      code: 'amounts-read',
      message: `${held}; ${point === '.' ? 'the point' : 'the comma'} is the decimal one${left}; it becomes numeric`,
      count: census.texts,
      otherwise: 'text',
    },
  }
}

/** Returns the number of texts that are not of the declared kind; 0 when only their spellings differ. */
function countUnfit(question: Question): number {
  const { census, declared } = question
  switch (declared.family) {
    case 'json':
    case 'jsonb':
      return countOtherThanJson(question)
    case 'boolean':
    case 'decimal':
    case 'uuid':
      return census.texts - census.textForms[declared.family]
    default:
      return census.texts
  }
}

function isBooleanText(census: ColumnCensus): boolean {
  if (census.reals > 0 || (census.integers > 0 && !isBit(census))) return false
  return census.textForms.boolean === census.texts
}

/** Whether all UUIDs have dashes or none has: then the spelling can be restored from the value. */
function isUniformUuid({ textForms, texts, maxCharacters, totalBytes }: ColumnCensus): boolean {
  if (textForms.uuid !== texts) return false
  return (maxCharacters === 36 || maxCharacters === 32) && totalBytes === texts * maxCharacters
}

function chooseTextLength({ census, declared, sample }: Question): Choice {
  const type = textType(declared)
  const [length = 0] = declared.arguments
  const isFixed = /^n?char(acter)?$/.test(declared.base)
  if (isFixed && length === census.maxCharacters && isUniformUuid(census)) {
    // 32 hex digits may as well be a hash: only a sample with a version and a variant says that they are UUIDs.
    const usual = sample ?? census.values?.[0]?.value ?? ''
    if (length === 36 || /^[0-9a-f]{12}[1-8][0-9a-f]{3}[89ab][0-9a-f]{15}$/i.test(usual))
      return { type: 'uuid' }
  }
  if (type === null) return { type: 'text' }
  if (census.maxCharacters <= length) return { type }
  return {
    type: 'text',
    reason: {
      severity: 'warning',
      code: 'text-longer-than-declared',
      message: `is declared ${declared.base}(${length}) and holds texts of up to ${census.maxCharacters} characters; it becomes text`,
    },
  }
}

/** The census counts only objects and arrays, but scalars are JSON, too, such as the `null` that SQLAlchemy writes for a missing value. */
function countOtherThanJson({ column, census, ask }: Question): number {
  const others = census.texts - census.textForms.json
  if (others === 0 || ask === null) return others
  const name = quoteSqlite(column.name)
  return ask(`typeof(${name}) = 'text' and not json_valid(${name})`)
}

/** For few texts among many numbers, offers the type of the numbers; the rows of those texts then go to quarantine. */
function strayTexts({ census, declared, options }: Question): Pick<Reason, 'otherwise'> {
  const { integers, reals, texts, textForms } = census
  const odd = texts - Math.max(textForms.whole, textForms.decimal)
  const isNumeric = ['integer', 'double', 'decimal', 'none'].includes(declared.family)
  if (!isNumeric || odd * 20 > integers + reals) return {}
  const natural = numberType(census, options)
  return { otherwise: natural === 'bigint' && textForms.decimal > textForms.whole ? 'numeric' : natural }
}
