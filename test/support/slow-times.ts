/** Finds the texts that are existing times in a slow and obvious way, by JavaScript's calendar. */
const FORM =
  /^(?:(\d{4})-(\d\d)-(\d\d)(?:[T ](?=\d)|$))?(?:(\d\d):(\d\d)(?::(\d\d)(?:[.,](\d+))?)? *(?:Z|UTC|([+-])(\d\d):?(\d\d)?)?)?$/i

/** Null when the text is no time; `finer` than a microsecond. */
function slowTime(text: string): 'usual' | 'finer' | null {
  const found = FORM.exec(text)
  if (found === null || text === '') return null
  const [, year, month, day, hour = '0', minute = '0', second = '0', fraction = ''] = found
  const [sign, hours = '0', minutes = '0'] = found.slice(8)
  const offset = (Number(hours) * 60 + Number(minutes)) * (sign === '-' ? -1 : 1)
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59 || fraction.length > 9) return null
  if (Number(minutes) > 59 || Math.abs(offset) >= 15 * 60) return null
  if (year !== undefined) {
    const moment = new Date(0)
    moment.setUTCFullYear(Number(year), Number(month) - 1, Number(day))
    const isDay = moment.getUTCMonth() === Number(month) - 1 && moment.getUTCDate() === Number(day)
    moment.setUTCHours(Number(hour), Number(minute) - offset, Number(second))
    if (!isDay || Number(year) === 0 || moment.getUTCFullYear() < 1 || moment.getUTCFullYear() > 9999)
      return null
  }
  return /^\d{6}\d*[1-9]/.test(fraction) ? 'finer' : 'usual'
}

const DATED = /^\d{4}-\d\d-\d\d(?:$|[T ]\d\d:\d\d)/
const CLOCK = /^\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?$/

/** The numbers that a census should report for these texts. */
export function slowTimes(texts: readonly string[]): { possibleTimes: number; finerTimes: number } {
  const times = texts.filter((text) => DATED.test(text) || CLOCK.test(text)).map(slowTime)
  return {
    possibleTimes: times.filter((time) => time !== null).length,
    finerTimes: times.filter((time) => time === 'finer').length,
  }
}
