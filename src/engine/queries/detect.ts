/**
 * Which of the dialects' differences a statement may run into, by its words and the columns' types. Invariant: `isCertain` is said only
 * of what differs for some rows that the columns can hold, whatever rows there are today.
 */
import { isSameName } from '../syntax/sqlite-names.ts'
import { numberParameters, type Token } from '../syntax/sqlite-tokens.ts'
import { addOrder } from './detect-order.ts'
import { foldedJoin } from './folded-join.ts'
import type { Add, Hazard, HazardGround } from './hazard.ts'
import { isText, type Meetings, type MetColumn, shownColumn } from './meeting.ts'
import { meetingsOf } from './met-columns.ts'
import { tokensOf } from './statement-kind.ts'

const calls: Readonly<Record<string, string>> = {
  instr: 'instr',
  typeof: 'typeof',
  total: 'total',
  group_concat: 'group-concat',
  ifnull: 'ifnull',
  iif: 'iif',
  printf: 'printf',
  last_insert_rowid: 'last-insert-rowid',
  changes: 'own-function',
  total_changes: 'own-function',
  hex: 'own-function',
  unhex: 'own-function',
  quote: 'own-function',
  char: 'own-function',
  unicode: 'own-function',
  zeroblob: 'own-function',
  randomblob: 'own-function',
  likelihood: 'own-function',
  likely: 'own-function',
  unlikely: 'own-function',
  sqlite_version: 'own-function',
  strftime: 'time-function',
  datetime: 'time-function',
  date: 'time-function',
  time: 'time-function',
  julianday: 'time-function',
  unixepoch: 'time-function',
  timediff: 'time-function',
}

/** Names in SQLite without quotes, and words of the language in PostgreSQL (manual, appendix C). */
const reservedThere = new Set(
  'user current_user session_user localtime localtimestamp analyse analyze any array asc asymmetric authorization binary both cast collation column concurrently desc do end fetch for freeze grant ilike initially lateral leading offset only overlaps placing similar some symmetric tablesample trailing variadic verbose window with'.split(
    ' ',
  ),
)

export function hazardsOf(sql: string, ground: HazardGround): Hazard[] {
  const tokens = tokensOf(sql)
  const found: Hazard[] = []
  const add = (code: string, isCertain = false, detail = ''): void => {
    const known = found.findIndex((one) => one.code === code)
    if (known < 0) found.push({ code, isCertain, detail })
    else if (isCertain && !found[known]!.isCertain) found[known] = { code, isCertain, detail }
  }
  const meetings = meetingsOf(sql, ground.tables)
  const upper = (at: number): string => {
    const token = tokens[at]
    return token === undefined || token.kind === 'string' ? '' : token.text.toUpperCase()
  }
  const names = new Set(ground.tables.flatMap(({ columns }) => columns.map(({ name }) => name.toLowerCase())))
  const isOwnName = (name: string): boolean =>
    names.has(name) || ground.tables.some((table) => table.name.toLowerCase() === name)
  tokens.forEach((token, at) => {
    if (token.kind === 'word') {
      const name = token.text.toLowerCase()
      const word = token.text.toUpperCase()
      if (upper(at + 1) === '(') {
        const code = calls[name] ?? (name.startsWith('json') ? 'json-function' : undefined)
        if (code !== undefined) add(code)
        if ((name === 'min' || name === 'max') && argumentCount(tokens, at + 1) > 1) add('scalar-extremes')
        if (name === 'round') add(argumentCount(tokens, at + 1) > 1 ? 'round-places' : 'half-even')
        if (name === 'round' && upper(at + 2) === 'AVG') addRoundedMean(tokens, at, meetings, found)
        if (name === 'substr' || name === 'substring') add('negative-substr')
        if (name === 'cast') add(/\bint/i.test(castType(tokens, at + 1)) ? 'cast-rounds' : 'cast-text')
        if (name === 'date' && argumentCount(tokens, at + 1) === 1) add('date-type')
        if (name === 'upper' || name === 'lower') add('letters-beyond-ascii')
      }
      if (word === 'GLOB') add('glob')
      if (word === 'REGEXP' || word === 'MATCH') add('regexp')
      if (word === 'NOCASE') add('nocase')
      if (/^(?:BINARY|RTRIM)$/.test(word) && upper(at - 1) === 'COLLATE') add('own-collation')
      if (word === 'INDEXED' && /^(?:BY|)$/.test(upper(at - 1) === 'NOT' ? '' : upper(at + 1)))
        add('index-hint')
      if (word === 'NULL' && upper(at - 1) === 'NOT' && upper(at - 2) !== 'IS') add('not-null')
      if (reservedThere.has(name) && isOwnName(name)) add('reserved-name')
      if (/^(?:ROWID|_ROWID_|OID)$/.test(word) && !names.has(name)) add('rowid')
      if (/^(?:sqlite_(?:master|schema|sequence|temp_master)|pragma_\w+)$/i.test(word)) add('catalog')
      if (word === 'MAIN' && upper(at + 1) === '.') add('main-schema')
      else if (upper(at + 1) === '.' && /^(?:FROM|JOIN|,)$/.test(upper(at - 1)) && !isOwnName(name))
        add('attached')
      if (word === 'OR' && /^(?:INSERT|UPDATE)$/.test(upper(at - 1)))
        add(upper(at - 1) === 'INSERT' ? 'insert-or' : 'update-or')
      if (word === 'REPLACE' && upper(at + 1) === 'INTO') add('replace-into')
      if (word === 'LIMIT' && upper(at + 1) === '-') add('negative-limit')
      if (word === 'LIMIT' && /^(?:UPDATE|DELETE)$/.test(upper(0))) add('limit-on-write')
      if (
        word === 'IS' &&
        /^(?:number|string|parameter)$/.test(tokens[at + (upper(at + 1) === 'NOT' ? 2 : 1)]?.kind ?? '')
      )
        add('is-value')
      if (word === 'IN' && upper(at + 1) === '(' && upper(at + 2) === ')') add('empty-list')
      if (word === 'LIKE' && upper(at + 1) !== '(') addLike(tokens, at, meetings, add)
      if (word === 'GROUP' && upper(at + 1) === 'BY') add('bare-column')
    } else if (token.kind === 'quoted') {
      if (token.double && !names.has(token.text.toLowerCase())) add('double-quoted-text')
      if (!token.double) add('other-quotes')
    } else if (token.kind === 'blob') add('hex-literal')
    else if (token.kind !== 'symbol') return
    else if (token.text === '==') add('double-equals')
    else if (token.text === '/' || token.text === '%') {
      add('division-by-zero')
      add('whole-division')
    } else if (token.text === '||') add('number-concatenation')
    else if (token.text === '->' || token.text === '->>') add('json-function')
    else if (token.text === ',' && limitBefore(tokens, at)) add('limit-comma')
  })
  if (meetings.named.some(({ column }) => column.collation !== 'BINARY')) add('nocase')
  const isFolded = ({ column: { target } }: MetColumn) =>
    target !== null && target.name !== target.name.toLowerCase()
  if (meetings.named.some(isFolded)) add('renamed')
  if (meetings.named.some(isReal) && tokens.some((token, at) => makesText(token, upper(at + 1))))
    add('real-text')
  addComparisons(meetings, ground, add)
  addOrder(tokens, ground, add)
  const joined = foldedJoin(tokens, ground)
  return joined === null ? found : [...found.filter(({ code }) => code !== joined.code), joined]
}

function isReal({ column }: MetColumn): boolean {
  return column.target?.conversion.kind === 'double'
}

/** What makes a text of a number. */
function makesText({ kind, text }: Token, next: string): boolean {
  if (kind === 'symbol') return text === '||'
  if (kind !== 'word') return false
  return (
    /^(?:text|varchar|char)$/i.test(text) ||
    (next === '(' && /^(?:length|replace|substr|instr|group_concat|concat\w*|trim)$/i.test(text))
  )
}

/** LIKE with letters, on a column of text that is not folded there. */
function addLike(tokens: readonly Token[], at: number, meetings: Meetings, add: Add): void {
  const isNegated = tokens[at - 1]?.text.toUpperCase() === 'NOT'
  const isFolded = tokens[at - (isNegated ? 2 : 1)]?.text === ')'
  let next = at + 1
  while (tokens[next]?.text === '(') next++
  const pattern = tokens[next]
  const isPlain = pattern?.kind === 'string' && !/[a-z]/i.test(pattern.text)
  if (isPlain) return
  const meeting = [
    ...meetings.parameters.filter(({ number }) => number === numberAt(tokens, pattern)),
    ...meetings.constants.filter(({ value }) => pattern?.kind === 'string' && value === pattern.text),
  ].find(({ operator }) => operator === 'like')
  const met = meeting?.met ?? null
  const isCertain = !isFolded && met !== null && isText(met)
  add(
    'like-case',
    isCertain,
    met === null
      ? ''
      : `${shownColumn(met)} is searched with LIKE, which tells upper from lower case in PostgreSQL`,
  )
}

/** A mean that lies between two numbers of its places: no number of made rows is sure to have one. */
function addRoundedMean(tokens: readonly Token[], at: number, { named }: Meetings, found: Hazard[]): void {
  const isExact = (met: MetColumn) => /^(?:integer|numeric)$/.test(met.column.target?.conversion.kind ?? '')
  const met = named.find((one) => isSameName(one.column.name, tokens[at + 4]?.text ?? '') && isExact(one))
  if (met === undefined || argumentCount(tokens, at + 1) < 2) return
  const detail = `the mean of ${shownColumn(met)} is rounded by its decimal spelling, and in SQLite by its binary value`
  found.push({ code: 'round-decimal', isCertain: true, isBeyondTrials: true, detail })
}

function numberAt(tokens: readonly Token[], token: Token | undefined): number {
  if (token?.kind !== 'parameter') return -1
  return numberParameters(tokens).get(token.start) ?? -1
}

function addComparisons(meetings: Meetings, { hasByteOrder, isTimeText }: HazardGround, add: Add): void {
  for (const meeting of [...meetings.parameters, ...meetings.constants]) {
    const { met, operator } = meeting
    if (met === null) continue
    const kind = met.column.target?.conversion.kind
    const value = 'value' in meeting ? meeting.value : undefined
    if (kind === 'boolean' && typeof value === 'bigint') add('boolean-number')
    const { conversion } = met.column.target ?? {}
    const isDay = typeof value === 'string' && /^\d{4}-\d\d-\d\d$/.test(value)
    if (isDay && (conversion?.kind === 'timestamp' || conversion?.kind === 'timestamptz'))
      add('day-and-moment')
    if (conversion?.kind === 'enumeration' && typeof value === 'string') {
      const folded = value.trim().toLowerCase()
      const now =
        conversion.values[value] ??
        Object.entries(conversion.values).find(([known]) => known.toLowerCase() === folded)?.[1]
      if (now !== undefined && now !== value) {
        add('respelled', true, `${shownColumn(met)} holds '${now}' in the target where it held '${value}'`)
      }
    }
    if (isText(met)) {
      if (typeof value === 'bigint' || typeof value === 'number') add('mixed-types')
      const isOrdered = operator === 'low' || operator === 'high'
      if (!hasByteOrder && isOrdered && !isTimeText(met.table, met.column)) {
        add('text-order', true, `${shownColumn(met)} is compared by < or >, in another order there`)
      }
    } else if (typeof value === 'string' && (kind === 'integer' || kind === 'double' || kind === 'numeric')) {
      add('mixed-types')
    }
    if (met.column.collation !== 'BINARY') add('nocase')
  }
}

function argumentCount(tokens: readonly Token[], open: number): number {
  let depth = 0
  let count = 1
  for (let at = open; at < tokens.length; at++) {
    const { text, kind } = tokens[at]!
    if (kind !== 'symbol') continue
    if (text === '(') depth++
    else if (text === ')' && --depth === 0) return at === open + 1 ? 0 : count
    else if (text === ',' && depth === 1) count++
  }
  return count
}

function castType(tokens: readonly Token[], open: number): string {
  let depth = 0
  for (let at = open; at < tokens.length; at++) {
    const { text, kind } = tokens[at]!
    if (kind === 'symbol' && text === '(') depth++
    else if (kind === 'symbol' && text === ')' && --depth === 0) return ''
    else if (depth === 1 && kind === 'word' && text.toUpperCase() === 'AS') return tokens[at + 1]?.text ?? ''
  }
  return ''
}

function limitBefore(tokens: readonly Token[], comma: number): boolean {
  return tokens[comma - 2]?.text.toUpperCase() === 'LIMIT'
}
