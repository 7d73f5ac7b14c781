/**
 * Draws the values with which a statement is tried. Invariant: a drawn value is from the column that the parameter meets, or of its kind,
 * so that the server's refusal concerns the statement and not the value.
 */
import type { SourceValue } from '../../rows/meaning/source-value.ts'
import type { SqliteDatabase } from '../../source/base/sqlite.ts'
import { quoteSqlite } from '../../syntax/sqlite-names.ts'
import { calledWith } from '../statement/called-with.ts'
import type { KnownColumn, KnownTable } from '../tables/known-tables.ts'
import type { Meetings, ParameterMeeting } from '../tables/meeting.ts'
import { areTimes, otherCase } from '../tables/trial-values.ts'

/** Values by the parameters' numbers, from 1. */
export type ParameterList = ReadonlyMap<number, SourceValue>

/** A row of a table, by the columns' names. */
export type SampleRow = Readonly<Record<string, SourceValue>>

const SAMPLES = 5
const MOST_LISTS = 14
/** Lists in which parameters that meet one column have values of several rows. */
const SPREAD_LISTS = 6
/** Lists of values that only one row has. */
const LONE_LISTS = 4

/** Returns rows from the beginning, the middle and the end of a table. */
export function sampleRows(db: SqliteDatabase, table: KnownTable): SampleRow[] {
  const names = table.columns.map(({ name }) => name)
  const columns = names.map(quoteSqlite).join(', ')
  const from = `from ${quoteSqlite(table.name)}`
  try {
    const { rows } = db.prepare(`select count(*) as rows ${from}`).get() as { rows: number }
    const places = [
      ...new Set(
        Array.from({ length: SAMPLES }, (_, at) => Math.floor((at * Math.max(0, rows - 1)) / (SAMPLES - 1))),
      ),
    ]
    return places.flatMap((place) => {
      if (rows === 0) return []
      const row = db
        .prepare(`select ${columns} ${from} limit 1 offset ${place}`)
        .raw()
        .safeIntegers()
        .get() as SourceValue[]
      return [Object.fromEntries(names.map((name, at) => [name, row[at]!]))]
    })
  } catch {
    // A table that SQLite cannot read here, such as one of a module that it does not have, yields no values.
    return []
  }
}

/** Returns the least and greatest value of a column, without nulls; [] when there is none or the table cannot be read. */
export function rangeOf(db: SqliteDatabase, table: KnownTable, column: KnownColumn): readonly SourceValue[] {
  try {
    const name = quoteSqlite(column.name)
    const row = db
      .prepare(`select min(${name}), max(${name}) from ${quoteSqlite(table.name)}`)
      .raw()
      .safeIntegers()
      .get() as SourceValue[]
    return row[0] === null ? [] : row
  } catch {
    return []
  }
}

export type ValueSource = {
  readonly rows: (table: KnownTable) => readonly SampleRow[]
  readonly range: (table: KnownTable, column: KnownColumn) => readonly SourceValue[]
  /** Returns the rows from which the members of a list are taken: all trial rows, or the sampled rows of a table. */
  readonly members: (table: KnownTable) => readonly SampleRow[]
}

/** Returns one empty list for a statement without parameters, else several lists with differing values. */
export function drawParameters({ parameters }: Meetings, source: ValueSource): ParameterList[] {
  if (parameters.length === 0) return [new Map()]
  const byNumber = new Map<number, ParameterMeeting>()
  for (const parameter of parameters) {
    const known = byNumber.get(parameter.number)
    if (known === undefined || known.met === null) byNumber.set(parameter.number, parameter)
  }
  const cast = (value: SourceValue, one: ParameterMeeting) => calledWith(value, one.through)
  const list = (value: (parameter: ParameterMeeting) => SourceValue): ParameterList =>
    new Map([...byNumber].map(([number, one]) => [number, cast(value(one), one)]))
  const present = (at: number) => list((parameter) => presentValue(parameter, source, at))
  const meetings = [...byNumber.values()]
  const spread = spreadLists(meetings, source)
  const lone = loneValues(meetings, source)
  function* lists(): Generator<ParameterList> {
    for (let at = 0; at < SAMPLES; at++) yield present(at)
    yield* spread
    for (let at = 0; at < LONE_LISTS; at++)
      yield list((parameter) => lone.get(parameter.met?.column)?.[at] ?? presentValue(parameter, source, 0))
    yield list((parameter) => wideValue(parameter, source))
    yield list((parameter) => casedValue(parameter, source))
    yield list((parameter) => absentValue(parameter, source))
    // One parameter at a time, with existing values for the others.
    const usual = present(2)
    for (const [number, one] of byNumber) {
      for (const draw of [casedValue, absentValue]) {
        const value = cast(draw(one, source), one)
        if (keyOf(value) !== keyOf(usual.get(number)!)) yield new Map(usual).set(number, value)
      }
    }
    yield list((parameter) => (takesNull(parameter) ? null : presentValue(parameter, source, 0)))
  }
  return firstDistinct(lists(), MOST_LISTS + spread.length + LONE_LISTS)
}

/** Returns values that only one row has, since an aggregate over one row may be null. */
function loneValues(
  parameters: readonly ParameterMeeting[],
  source: ValueSource,
): ReadonlyMap<KnownColumn | undefined, readonly SourceValue[]> {
  const lone = new Map<KnownColumn, readonly SourceValue[]>()
  for (const { met, operator } of parameters) {
    if (met === null || operator !== 'equal' || met.column.isUnique || lone.has(met.column)) continue
    const groups = Map.groupBy(source.members(met.table), (row) => row[met.column.name]!)
    lone.set(
      met.column,
      [...groups].flatMap(([value, rows]) => (rows.length === 1 ? [value] : [])),
    )
  }
  return lone
}

/**
 * Returns lists in which parameters that meet one column, as in `IN (?, ?)` or `id = ? or id = ?`, have the values of several rows, so that
 * the order of rows matters. Returns [] when no two parameters meet one column.
 */
function spreadLists(parameters: readonly ParameterMeeting[], source: ValueSource): ParameterList[] {
  const groups = Map.groupBy(
    parameters.filter(({ met, operator }) => met !== null && operator === 'equal'),
    ({ met }) => met!.column,
  )
  const several = [...groups.values()].filter(({ length }) => length > 1)
  if (several.length === 0) return []
  const values = new Map(
    several.map((group) => {
      const { table, column } = group[0]!.met!
      const there = source.members(table).map((row) => row[column.name]!)
      return [group, [...new Set(there)].filter((value) => value !== null)]
    }),
  )
  return Array.from({ length: SPREAD_LISTS }, (_, turn) => {
    const list = new Map(parameters.map((one) => [one.number, presentValue(one, source, turn)]))
    for (const [group, known] of values) {
      for (const [at, { number }] of group.entries()) {
        const place = Math.floor(((at + turn / SPREAD_LISTS) / group.length) * known.length)
        if (known.length > 0) list.set(number, known[place]!)
      }
    }
    return list
  })
}

/** Whether an application may bind NULL: not to a key or NOT NULL column that it writes. */
function takesNull({ met, operator }: ParameterMeeting): boolean {
  if (met === null) return false
  const isKey = met.table.catalog.primaryKey.includes(met.column.name)
  return !(operator === 'given' && (met.column.notNull || isKey))
}

/** Takes lists until `most` different ones are found. */
function firstDistinct(lists: Iterable<ParameterList>, most: number): ParameterList[] {
  const seen = new Map<string, ParameterList>()
  for (const list of lists) {
    const key = [...list].map(([number, value]) => `${number} ${keyOf(value)}`).join('\n')
    if (!seen.has(key)) seen.set(key, list)
    if (seen.size === most) break
  }
  return [...seen.values()]
}

function keyOf(value: SourceValue): string {
  return `${typeof value} ${String(value)}`
}

/** Returns three values of the column, from the index on, as a JSON array, the form in which programs pass lists. */
function listedValue({ met }: ParameterMeeting, source: ValueSource, at: number): string {
  const there = met === null ? [] : source.members(met.table).map((row) => row[met.column.name]!)
  const known = there.filter((value) => typeof value === 'string' || typeof value === 'bigint')
  if (known.length === 0) return JSON.stringify([1, 5, 2, 10].slice(0, at + 1))
  return JSON.stringify(
    known.slice(at, at + 3).map((value) => (typeof value === 'bigint' ? Number(value) : value)),
  )
}

/** Returns a value that suits the operator, for a parameter that meets no column. */
function plainValue({ operator }: ParameterMeeting, at: number): SourceValue {
  if (operator === 'limit') return [5n, 1n, 3n, 100n, 2n][at % 5]!
  if (operator === 'offset') return [0n, 1n][at % 2]!
  return operator === 'like' || operator === 'glob' ? '%' : 1n
}

function presentValue(parameter: ParameterMeeting, source: ValueSource, at: number): SourceValue {
  const { met, operator } = parameter
  if (operator === 'json-list') return listedValue(parameter, source, at)
  if (met === null) return plainValue(parameter, at)
  const rows = source.rows(met.table)
  const values = rows.map((row) => row[met.column.name]!).filter((value) => value !== null)
  const value = values[at % Math.max(1, values.length)] ?? usualValue(met.column)
  return patternOf(value, operator, at)
}

/** Returns a pattern with a part of the text, so that it matches more than one row. */
function patternOf(value: SourceValue, operator: ParameterMeeting['operator'], at: number): SourceValue {
  if (operator !== 'like' && operator !== 'glob') return value
  const any = operator === 'like' ? '%' : '*'
  const text = String(value)
  const piece = text.slice(0, Math.max(1, Math.ceil(text.length / 2)))
  return [`${piece}${any}`, `${any}${piece}${any}`, text][at % 3]!
}

function wideValue(parameter: ParameterMeeting, source: ValueSource): SourceValue {
  const { met, operator } = parameter
  if (met === null || operator === 'json-list') return presentValue(parameter, source, 3)
  const [least, greatest] = source.range(met.table, met.column)
  if (least === undefined) return presentValue(parameter, source, 0)
  if (operator === 'like') return '%'
  if (operator === 'glob') return '*'
  return operator === 'low' ? least : greatest!
}

function casedValue(parameter: ParameterMeeting, source: ValueSource): SourceValue {
  const value = presentValue(parameter, source, 1)
  if (parameter.operator === 'json-list') return value
  const isText = parameter.met?.column.target?.conversion.kind === 'text'
  return typeof value === 'string' && isText && !areTimes([value]) ? otherCase(value) : value
}

/** Returns a value of the column's kind that no row has. */
function absentValue(parameter: ParameterMeeting, source: ValueSource): SourceValue {
  const { met, operator } = parameter
  if (met === null || operator === 'json-list') return presentValue(parameter, source, 4)
  const [, greatest] = source.range(met.table, met.column)
  switch (met.column.target?.conversion.kind) {
    case 'integer':
      return typeof greatest === 'bigint' && greatest < 2_000_000_000n ? greatest + 1n : -987_654n
    case 'double':
    case 'numeric':
      return typeof greatest === 'number' || typeof greatest === 'bigint' ? Number(greatest) + 1.5 : 0.25
    case 'text':
      return operator === 'like'
        ? '%no such text%'
        : 'no such text'.slice(0, met.column.target.conversion.maxCharacters ?? 12)
    case 'uuid':
      return '00000000-0000-4000-8000-000000000000'
    default:
      return presentValue(parameter, source, 3)
  }
}

/** Returns a value of the column's kind, for a table without rows. */
export function usualValue(column: KnownColumn): SourceValue {
  switch (column.target?.conversion.kind) {
    case 'text':
      return 'abc'
    case 'timestamptz':
    case 'timestamp':
      return '2024-01-02 03:04:05'
    case 'date':
      return '2024-01-02'
    case 'time':
      return '03:04:05'
    case 'uuid':
    case 'uuid-of-id':
      return '00000000-0000-4000-8000-000000000000'
    case 'json':
      return '{}'
    case 'bytes':
      return new Uint8Array([1])
    case 'double':
    case 'numeric':
      return 1.5
    default:
      return 1n
  }
}
