/** Reads times in words in a slow and obvious way, by regular expressions. */

/** Returns ISO 8601 text; null for any other text. */
export function slowIsoOfWords(text: string): string | null {
  const [, , day1, month1, year1, clock1, zone1] = mail.exec(text) ?? []
  if (clock1 !== undefined) return isoOf(year1!, month1!, day1!, clock1, zone1!)
  const [, , month2, day2, year2, clock2, zone2] = script.exec(text) ?? []
  if (clock2 !== undefined) return isoOf(year2!, month2!, day2!, clock2, zone2!)
  const [, , month3, day3, clock3, zone3, year3] = unix.exec(text) ?? []
  if (clock3 !== undefined) return isoOf(year3!, month3!, day3!, clock3, zone3!)
  const [, day4, month4, year4, clock4, zone4] = apache.exec(text) ?? []
  if (clock4 !== undefined) return isoOf(year4!, month4!, day4!, clock4, zone4!)
  const millis = net.exec(text)?.[1]
  if (millis !== undefined) {
    const date = new Date(Number(millis))
    return Number.isNaN(date.getTime()) ? null : date.toISOString().replace(/^\+0*(\d{5,})/, '$1')
  }
  return go.exec(text)?.[1] ?? java.exec(text)?.[1] ?? null
}

const MONTHS = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ')
const WEEKDAY = '(Mon|Tue|Wed|Thu|Fri|Sat|Sun)'
const MONTH = `(${MONTHS.join('|')})`
const CLOCK = String.raw`(\d\d:\d\d:\d\d)`

/** Zones that RFC 2822 defines (section 4.3), for mail only: elsewhere the same letters are ambiguous. */
const MAIL_ZONES: Readonly<Record<string, string>> = {
  EST: '-0500',
  EDT: '-0400',
  CST: '-0600',
  CDT: '-0500',
  MST: '-0700',
  MDT: '-0600',
  PST: '-0800',
  PDT: '-0700',
}
const mail = new RegExp(
  `^(?:${WEEKDAY}, )?(\\d{1,2}) ${MONTH} (\\d{4}) ${CLOCK} ([+-]\\d{4}|GMT|UTC?|${Object.keys(MAIL_ZONES).join('|')})$`,
)
/** As in web server logs. */
const apache = new RegExp(`^(\\d\\d)/${MONTH}/(\\d{4}):${CLOCK} ([+-]\\d{4})$`)
/** A zone name after the offset, as Java and JavaScript's Temporal write it. */
const java = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d))\[[A-Za-z][\w/+-]{1,40}\]$/
const script = new RegExp(
  `^${WEEKDAY} ${MONTH} (\\d\\d) (\\d{4}) ${CLOCK} GMT([+-]\\d{4})(?: \\([^()]{1,60}\\))?$`,
)
const unix = new RegExp(`^${WEEKDAY} ${MONTH} ([ \\d]\\d) ${CLOCK} ([+-]\\d{4}|GMT|UTC) (\\d{4})$`)
const net = /^\/Date\((-?\d{1,15})(?:[+-]\d{4})?\)\/$/
const go =
  /^(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d{1,9})? [+-]\d{4} (?:[A-Z]{3,5}|[+-]\d{2,4})) m=[+-]\d+\.\d{1,9}$/

function isoOf(year: string, month: string, day: string, clock: string, zone: string): string {
  const number = String(MONTHS.indexOf(month) + 1).padStart(2, '0')
  const offset = /^[+-]/.test(zone) ? zone : (MAIL_ZONES[zone] ?? '+0000')
  return `${year}-${number}-${day.trim().padStart(2, '0')}T${clock}${offset}`
}
