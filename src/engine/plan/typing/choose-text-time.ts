/** The type of texts that are declared to be times. */

import type { ColumnCensus } from '../../model/census.ts'
import { quoteSqlite } from '../../syntax/sqlite-names.ts'
import type { DateOrderEvidence } from '../evidence/date-order.ts'
import { timeTexts } from '../evidence/time-forms.ts'
import { type Choice, count, differs, type Question, texts } from './choice.ts'

/** Texts become times when all of them have a zone or none has. A mix stays text, since the missing zones would be a guess. */
export function chooseTextTime(question: Question): Choice {
  const { census, declared } = question
  const { texts: all, textForms } = census
  const zoned = textForms['zoned-instant']
  const dates = question.evidence?.dates
  if (dates) return chooseOrdered(question, dates)
  if (timeTexts(census) !== all) return notTimes(question, all - timeTexts(census))
  if (zoned > 0 && zoned < all) {
    return {
      type: 'text',
      reason: {
        severity: 'warning',
        code: 'zones-mixed',
        message: `is declared ${declared.base} and holds ${count(zoned, 'time')} with a zone and ${all - zoned} without; it becomes text`,
        count: all,
      },
    }
  }
  const impossible = countImpossible(census)
  if (impossible > 0) return notTimes(question, impossible, countZeroDates(question))
  const { finerTimes: finer } = census
  if (finer > 0) {
    return {
      type: 'text',
      reason: {
        severity: 'warning',
        code: 'time-finer-than-microseconds',
        message: `is declared ${declared.base} and holds ${count(finer, 'time')} with more than six digits after the second, which PostgreSQL would round; it becomes text`,
        count: finer,
      },
    }
  }
  if (zoned > 0) return { type: 'timestamp with time zone' }
  if (declared.family === 'date') {
    if (textForms.date === all) return { type: 'date' }
    const type = 'timestamp without time zone'
    return {
      type,
      reason: differs(declared, `holds ${count(all - textForms.date, 'date')} with a time`, type),
    }
  }
  return { type: 'timestamp without time zone' }
}

/** Dates with the year at the end become times when the column shows which number is the day. */
function chooseOrdered(
  { census, declared, sample }: Question,
  { order, deciding, hasClock }: DateOrderEvidence,
): Choice {
  const held = `is declared ${declared.base} and holds ${census.texts === 1 ? 'a day' : `${census.texts} days`} with the year at the end, such as ${sample}`
  if (order === 'open')
    return {
      type: 'text',
      reason: {
        severity: 'warning',
        code: 'date-order-open',
        message: `${held}; each of them is a day in either order, so nothing says which number is the day; it becomes text`,
        count: census.texts,
      },
    }
  const type = declared.family === 'date' && !hasClock ? 'date' : 'timestamp without time zone'
  const first = order === 'day-first' ? 'day' : 'month'
  return {
    type,
    reason: {
      severity: 'notice',
      code: 'date-order',
      message: `${held}; the ${first} comes first, as ${deciding === 1 ? '1 of them shows' : `${deciding} of them show`} and none denies; it becomes ${type}`,
      count: census.texts,
      otherwise: 'text',
    },
  }
}

/** `zeros`: how many of `others` are zero dates; when all are, a type of time is offered as long as the times outnumber them. */
export function notTimes({ declared, census }: Question, others: number, zeros = 0): Choice {
  const times = timeTexts(census)
  const isMostly = others * 20 <= times || (zeros === others && zeros < times)
  const zoned = census.textForms['zoned-instant']
  const type =
    declared.family === 'date' && census.textForms.date === times ? 'date' : 'timestamp without time zone'
  const otherwise = zoned === 0 ? type : zoned === times ? 'timestamp with time zone' : null
  return {
    type: 'text',
    reason: {
      severity: 'warning',
      code: 'not-all-times',
      message: `is declared ${declared.base} and holds ${texts(others)} that ${others === 1 ? 'is' : 'are'} not a time${zeros === 0 ? '' : `, ${zeros === others ? 'all' : zeros} of them zero dates (0000-00-00)`}; it becomes text`,
      count: others,
      ...(isMostly && otherwise !== null ? { otherwise } : {}),
    },
  }
}

/** Given texts that all have the form of a time, returns how many of them are no valid date or time. */
export function countImpossible({ texts: all, possibleTimes }: ColumnCensus): number {
  return all - possibleTimes
}

/** Zero dates are what MySQL and old programs write for a missing date. */
function countZeroDates({ column, ask }: Question): number {
  const sql = quoteSqlite(column.name)
  return ask === null ? 0 : ask(`typeof(${sql}) = 'text' and ${sql} glob '0000-00-00*'`)
}
