/**
 * Statements that depend on the time of day, with the clock held at one moment on both sides. Invariant: what is proposed to the user is
 * the statement with its own clock; only what is run has the moment in its place.
 */
import { quoteLiteral } from '../syntax/postgres-names.ts'
import type { Token } from '../syntax/sqlite-tokens.ts'
import type { Meetings } from './meeting.ts'
import type { ValueSource } from './parameters.ts'
import { tokensOf } from './statement-kind.ts'

const USUAL = '2024-05-05 12:34:56'
const timeText = /^(\d{4}-\d\d-\d\d)(?:[ T](\d\d:\d\d:\d\d))?/

/** The latest time among the columns that the statement names, so that some rows are before it and some after; in UTC. */
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

/** For SQLite. */
export function holdInSqlite(sql: string, moment: string): string {
  const tokens = tokensOf(sql)
  const text = (at: number) => tokens[at]?.text ?? ''
  let held = ''
  let from = 0
  const put = (start: number, end: number, given: string): void => {
    held += sql.slice(from, start) + given
    from = end
  }
  for (const [at, token] of tokens.entries()) {
    const isText = token.kind === 'string' || (token.kind === 'quoted' && token.double)
    if (isText && /^now$/i.test(token.text) && isArgumentOfTime(tokens, at)) {
      put(token.start, token.end, `'${moment}'`)
    }
    if (token.kind !== 'word') continue
    const part = /^current_(timestamp|date|time)$/i.exec(token.text)?.[1]?.toLowerCase()
    if (part !== undefined) put(token.start, token.end, `'${partOf(moment, part)}'`)
    if (text(at + 1) !== '(') continue
    const isEmpty = /^(?:date|time|datetime|julianday|unixepoch)$/i.test(token.text) && text(at + 2) === ')'
    const open = tokens[at + 1]!
    if (isEmpty) put(open.end, open.end, `'${moment}'`)
    const close = tokens[at + 3]
    if (/^strftime$/i.test(token.text) && close?.text === ')') put(close.start, close.start, `, '${moment}'`)
  }
  return held + sql.slice(from)
}

/** Elsewhere `'now'` is three letters for SQLite. */
function isArgumentOfTime(tokens: readonly Token[], place: number): boolean {
  let depth = 0
  for (let at = place - 1; at > 0; at--) {
    const { kind, text } = tokens[at]!
    if (kind !== 'symbol') continue
    if (text === ')') depth++
    else if (text === '(' && depth-- === 0) {
      return /^(?:date|time|datetime|julianday|unixepoch|strftime|timediff)$/i.test(tokens[at - 1]!.text)
    }
  }
  return false
}

/** For PostgreSQL: a statement of the application's as it is, or one of our translator's. */
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
