/**
 * Finds the differences between the dialects that a statement may meet, by its words and the columns' types. Invariant: `isCertain` is set
 * only for a difference that some rows show which the columns can hold, whatever the rows of today.
 */
import { foldName, isSameName } from '../../syntax/sqlite-names.ts'
import { isWord, numberParameters, type Token, upperAt } from '../../syntax/sqlite-tokens.ts'
import { sketchOf } from '../statement/sketch.ts'
import { tokensOf } from '../statement/statement-kind.ts'
import type { Add, Hazard, HazardGround } from '../tables/hazard.ts'
import {
  type ConstantMeeting,
  isText,
  type Meeting,
  type Meetings,
  type MetColumn,
  shownColumn,
} from '../tables/meeting.ts'
import { meetingsOf } from '../tables/met-columns.ts'
import { addOrder } from './detect-order.ts'
import { knownDifferences } from './differences.ts'
import { foldedJoin } from './folded-join.ts'

/** Matches operators and functions that convert a number to text. */
const makesText =
  / (?:\|\||TEXT|VARCHAR|CHAR|(?:LENGTH|REPLACE|SUBSTR|INSTR|GROUP_CONCAT|CONCAT\w*|TRIM) \()/i

/** Returns the hazards in the order of the words that show them, followed by those from columns' types and ORDER BY. */
export function hazardsOf(sql: string, ground: HazardGround): Hazard[] {
  const tokens = tokensOf(sql)
  const meetings = meetingsOf(sql, ground.tables)
  const names = new Set(
    ground.tables.flatMap(({ name, columns }) =>
      [name, ...columns.map((column) => column.name)].map(foldName),
    ),
  )
  const { sketch, places } = sketchOf(tokens, (name) => names.has(name))
  const searched = searchedColumns(tokens, meetings)
  const seen = [
    ...knownDifferences.map(({ code, seen: sign }) => ({
      place: sign === undefined ? -1 : sketch.search(sign),
      hazard: { code, isCertain: false, detail: '' },
    })),
    ...tokens.flatMap((_, at) => {
      const hazard =
        likeAt(tokens, at, searched) ?? roundedMeanAt(tokens, at, meetings, sketch.slice(places[at]))
      return hazard === null ? [] : [{ place: places[at]!, hazard }]
    }),
  ]
  const found: Hazard[] = []
  const details = new Set<string>()
  const put = (hazard: Hazard): void => {
    const known = found.findIndex(({ code }) => code === hazard.code)
    const isOther = hazard.isBeyondTrials === true && !details.has(hazard.detail)
    details.add(hazard.detail)
    if (known < 0 || isOther) found.push(hazard)
    else if (hazard.isCertain && !found[known]!.isCertain) found[known] = hazard
  }
  const add: Add = (code, isCertain = false, detail = '') => put({ code, isCertain, detail })
  for (const { place, hazard } of seen.toSorted((a, b) => a.place - b.place)) if (place >= 0) put(hazard)
  if (meetings.named.some(({ column }) => column.collation !== 'BINARY')) add('nocase')
  const isFolded = ({ column: { target } }: MetColumn) =>
    target !== null && target.name !== target.name.toLowerCase()
  if (meetings.named.some(isFolded)) add('renamed')
  if (meetings.named.some(isReal) && makesText.test(sketch)) add('real-text')
  addComparisons(meetings, ground, add)
  addOrder(tokens, ground, add)
  const joined = foldedJoin(tokens, ground)
  return joined === null ? found : [...found.filter(({ code }) => code !== joined.code), joined]
}

function isReal({ column }: MetColumn): boolean {
  return column.target?.conversion.kind === 'double'
}

/** Returns a function that returns the column that is searched for the pattern of a LIKE; null when it is none. */
function searchedColumns(tokens: readonly Token[], meetings: Meetings): (pattern: Token) => MetColumn | null {
  const numbers = numberParameters(tokens)
  const isSearch = ({ operator }: Meeting) => operator === 'like'
  const byNumber = new Map<number, MetColumn | null>()
  for (const { number, met } of meetings.parameters.filter(isSearch))
    if (!byNumber.has(number)) byNumber.set(number, met)
  const byText = new Map<ConstantMeeting['value'], MetColumn | null>()
  for (const { value, met } of meetings.constants.filter(isSearch))
    if (!byText.has(value)) byText.set(value, met)
  return ({ kind, text, start }) =>
    (kind === 'parameter'
      ? byNumber.get(numbers.get(start)!)
      : kind === 'string'
        ? byText.get(text)
        : null) ?? null
}

/** Returns the hazard of a LIKE whose pattern may contain letters; certain when its operand is a plain text column. */
function likeAt(
  tokens: readonly Token[],
  at: number,
  columnSearched: (pattern: Token) => MetColumn | null,
): Hazard | null {
  if (!isWord(tokens[at], 'LIKE') || upperAt(tokens, at + 1) === '(') return null
  const isNegated = tokens[at - 1]?.text.toUpperCase() === 'NOT'
  const isFolded = tokens[at - (isNegated ? 2 : 1)]?.text === ')'
  const pattern = tokens[at + 1]
  if (pattern?.kind === 'string' && !/[a-z]/i.test(pattern.text)) return null
  const met = pattern === undefined ? null : columnSearched(pattern)
  const isCertain = !isFolded && met !== null && isText(met)
  const detail =
    met === null ? '' : `${shownColumn(met)} is searched with LIKE, which is case-sensitive in PostgreSQL`
  return { code: 'like-case', isCertain, detail }
}

/** Returns the hazard of a rounded mean. Only a mean exactly between two results shows it, which trial rows need not have. */
function roundedMeanAt(
  tokens: readonly Token[],
  at: number,
  { named }: Meetings,
  shape: string,
): Hazard | null {
  if (!/^ ROUND \([^01] AVG \(/.test(shape)) return null
  const isExact = (met: MetColumn) => /^(?:integer|numeric)$/.test(met.column.target?.conversion.kind ?? '')
  const met = named.find((one) => isSameName(one.column.name, tokens[at + 4]?.text ?? '') && isExact(one))
  if (met === undefined) return null
  const detail = `the average of ${shownColumn(met)} is rounded as a decimal number, and in SQLite as a binary one`
  return { code: 'round-decimal', isCertain: true, isBeyondTrials: true, detail }
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
