import { type Comparison, isOrder, mirrored, spell } from '../tree/comparison.ts'
import type { Printed } from '../tree/scope.ts'
import { isTime, textFormOf, timeOfWall } from '../tree/stored-times.ts'
import { truth, wrap } from '../values/printed.ts'

/**
 * A column of times beside a time that was calculated, without spelling either as text, so that an index of the column serves. Invariant:
 * the two are compared as their texts are in SQLite: of a day and a moment of it the day comes first.
 */

/** Null where the texts are not ordered as the times are. */
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
