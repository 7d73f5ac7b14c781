/**
 * Replaces the clock in statements by one moment for both sides. Invariant: only statements that are run contain the moment; those that are
 * proposed to the user keep their clock.
 */
import { quoteLiteral } from '../../syntax/postgres-names.ts'
import { type Edit, edited, parenthesesOf, type Token, upperAt } from '../../syntax/sqlite-tokens.ts'
import { tokensOf } from '../statement/statement-kind.ts'
import type { Meetings } from '../tables/meeting.ts'
import type { ValueSource } from './parameters.ts'

const USUAL = '2024-05-05 12:34:56'
const timeText = /^(\d{4}-\d\d-\d\d)(?:[ T](\d\d:\d\d:\d\d))?/

/** Returns the latest time, in UTC, in the columns that the statement names, so that comparisons with the clock find rows. */
export function momentFor({ named }: Meetings, { range }: Pick<ValueSource, 'range'>): string {
  const latest = named.flatMap(({ table, column }) => {
    const kind = column.target?.conversion.kind
    if (kind !== 'timestamptz' && kind !== 'timestamp' && kind !== 'date') return []
    const match = timeText.exec(String(range(table, column)[1] ?? ''))
    const moment = match === null ? '' : `${match[1]} ${match[2] ?? '12:00:00'}`
    return Number.isNaN(Date.parse(`${moment.replace(' ', 'T')}Z`)) ? [] : [moment]
  })
  return latest.toSorted().at(-1) ?? USUAL
}

export function dependsOnClock(sql: string): boolean {
  return holdInSqlite(sql, USUAL) !== sql
}

/** Returns SQLite's statement with the moment for the clock. */
export function holdInSqlite(sql: string, moment: string): string {
  const tokens = tokensOf(sql)
  const { openings } = parenthesesOf(tokens)
  const edits = tokens.flatMap((token, at): Edit[] => {
    const isText = token.kind === 'string' || token.double
    if (isText && /^now$/i.test(token.text) && isArgumentOfTime(tokens, openings[at]!))
      return [{ ...token, text: `'${moment}'` }]
    if (token.kind !== 'word') return []
    const part = /^current_(timestamp|date|time)$/i.exec(token.text)?.[1]?.toLowerCase()
    if (part !== undefined) return [{ ...token, text: `'${partOf(moment, part)}'` }]
    if (upperAt(tokens, at + 1) !== '(') return []
    // A call without a time argument uses the clock.
    const isFormat = /^strftime$/i.test(token.text)
    const close = tokens[isFormat ? at + 3 : at + 2]
    if (close?.text !== ')' || !(isFormat || timeFunctions.test(token.text))) return []
    return [{ start: close.start, end: close.start, text: `${isFormat ? ', ' : ''}'${moment}'` }]
  })
  return edited(sql, edits)
}

const timeFunctions = /^(?:date|time|datetime|julianday|unixepoch)$/i

/** Whether the parenthesis has the arguments of a time function; anywhere else `'now'` is a plain text for SQLite. */
function isArgumentOfTime(tokens: readonly Token[], open: number): boolean {
  return (
    open > 0 && /^(?:date|time|datetime|julianday|unixepoch|strftime|timediff)$/i.test(tokens[open - 1]!.text)
  )
}

/** Returns PostgreSQL's statement, the application's own or our translation, with the moment for the clock. */
export function holdInPostgres(sql: string, moment: string): string {
  return sql.replaceAll(
    /'(?:[^']|'')*'|"(?:[^"]|"")*"|\bstatement_timestamp\(\)|\bcurrent_(timestamp|date|time)\b/gi,
    (part, word: string | undefined) => {
      if (word?.toLowerCase() === 'date') return `date ${quoteLiteral(partOf(moment, 'date'))}`
      if (word?.toLowerCase() === 'time') return `time ${quoteLiteral(partOf(moment, 'time'))}`
      if (/^'now'$/i.test(part)) return quoteLiteral(moment)
      return /^['"]/.test(part) ? part : `timestamp with time zone ${quoteLiteral(`${moment}+00`)}`
    },
  )
}

function partOf(moment: string, part: string): string {
  const [date, time] = moment.split(' ')
  return part === 'timestamp' ? moment : part === 'date' ? date! : time!
}
