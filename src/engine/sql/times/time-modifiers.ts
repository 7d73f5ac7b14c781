import { type Scope, Untranslatable } from '../tree/scope.ts'

/** Prints the constant modifiers of time functions (https://www.sqlite.org/lang_datefunc.html#modifiers), and the clock. */

/** The current time in UTC without zone; constant within a statement, as in SQLite. */
export const clock = `(statement_timestamp() at time zone 'UTC')`

/** Modifiers that do not change the current time, whose fractional seconds are dropped anyway. */
const idle = new Set(['auto', 'subsec', 'subsecond'])

/** Returns the time shifted by the modifier, which is in lower case. Throws Untranslatable for an unknown one. */
export function shift(wall: string, modifier: string, scope: Pick<Scope, 'isOfSession'>): string {
  if (modifier === 'utc' && wall === clock) return wall
  // The session's time zone is taken for the application's local one.
  if (scope.isOfSession === true && modifier === 'localtime') return `(${wall} at time zone 'UTC')::timestamp`
  if (scope.isOfSession === true && modifier === 'utc') return `(${wall}::timestamptz at time zone 'UTC')`
  const added = /^([+-]?)(\d{1,9}(?:\.\d+)?) (day|hour|minute|second)s?$/.exec(modifier)
  if (added !== null) {
    const [, sign, count, unit] = added
    return `(${wall} ${sign === '-' ? '-' : '+'} interval '${count} ${unit}')`
  }
  const months = /^([+-]?)(\d{1,6}) (month|year)s?$/.exec(modifier)
  if (months !== null) {
    // SQLite moves a day that its month does not have into the next month.
    const [, sign, count, unit] = months
    const begun = `date_trunc('month', ${wall})`
    return `(${begun} ${sign === '-' ? '-' : '+'} interval '${count} ${unit}' + (${wall} - ${begun}))`
  }
  const weekday = /^weekday ([0-6])$/.exec(modifier)
  if (weekday !== null) {
    const days = `(${weekday[1]} - extract(dow from ${wall})::integer + 7) % 7`
    return `(${wall} + ${days} * interval '1 day')`
  }
  const begun = /^start of (day|month|year)$/.exec(modifier)
  if (begun === null && idle.has(modifier) && wall === clock) return wall
  if (begun === null) throw new Untranslatable(`a time shifted by ${JSON.stringify(modifier)}`)
  return `date_trunc('${begun[1]}', ${wall})`
}
