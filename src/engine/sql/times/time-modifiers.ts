import { type Scope, Untranslatable } from '../tree/scope.ts'

/** The modifiers that are constants (https://www.sqlite.org/lang_datefunc.html#modifiers), and the clock. Throws Untranslatable for others. */

/** Now, as a clock in UTC shows it; SQLite's is constant within a statement, too. */
export const clock = `(statement_timestamp() at time zone 'UTC')`

/** Modifiers that change nothing of the current time, whose seconds are cut off anyway. */
const idle = new Set(['auto', 'subsec', 'subsecond'])

/** A modifier's effect on a time (https://www.sqlite.org/lang_datefunc.html#modifiers). */
export function shift(wall: string, modifier: string, scope: Pick<Scope, 'isOfSession'>): string {
  if (modifier === 'utc' && wall === clock) return wall
  // The application's own zone is that of its session there.
  if (scope.isOfSession === true && modifier === 'localtime') return `(${wall} at time zone 'UTC')::timestamp`
  if (scope.isOfSession === true && modifier === 'utc') return `(${wall}::timestamptz at time zone 'UTC')`
  const added = /^([+-]?)(\d{1,9}(?:\.\d+)?) (day|hour|minute|second)s?$/.exec(modifier)
  if (added !== null) {
    const [, sign, count, unit] = added
    return `(${wall} ${sign === '-' ? '-' : '+'} interval '${count} ${unit}')`
  }
  const months = /^([+-]?)(\d{1,6}) (month|year)s?$/.exec(modifier)
  if (months !== null) {
    // A day that its month does not have is moved on into the next one.
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
