import { type Comparison, isOrder, mirrored, spell } from '../tree/comparison.ts'
import type { Printed } from '../tree/scope.ts'
import { isTime, textFormOf, timeOfWall } from '../tree/stored-times.ts'
import { truth, wrap } from '../values/printed.ts'

/**
 * Compares a column of times with a calculated time, without converting either to text, so that an index on the column can be used.
 * Invariant: the result is that of comparing their texts in SQLite: a day comes before any moment of that day.
 */

/** Returns null when the texts are not in the order of the times. */
export function compareMoments(operator: Comparison, left: Printed, right: Printed): Printed | null {
  if (left.moment !== undefined && right.column !== undefined)
    return compareMoments(mirrored(operator), right, left)
  const { column } = left
  const { moment } = right
  if (column === undefined || moment === undefined || left.atom === false) return null
  const { conversion } = column
  const form = textFormOf(conversion)
  if (!isTime(conversion) || form?.zone !== '') return null
  const { separator, fraction } = form
  const spelled = (how: string, wall: string) => truth(`${wrap(left)} ${how} ${timeOfWall(wall, conversion)}`)
  if (moment.isDay && separator === 'date-only') return spelled(spell(operator), moment.wall)
  if (moment.isDay && separator !== 'time-only') {
    const isBefore = operator === '<' || operator === '<='
    if (!isOrder(operator)) return null
    return spelled(isBefore ? '<' : '>=', `date_trunc('day', ${moment.wall})`)
  }
  if (moment.isDay || separator !== ' ' || fraction !== 0) return null
  return spelled(spell(operator), `date_trunc('second', ${moment.wall})`)
}
