/**
 * Generates the trial rows of one table, on which the dialects may differ: some of its own rows, and copies of them with other values in the
 * columns that a statement names. Pure. Invariant: the same rows each time.
 */
import type { SourceValue } from '../../rows/meaning/source-value.ts'
import type { KnownColumn, KnownTable } from '../tables/known-tables.ts'
import type { Meetings } from '../tables/meeting.ts'
import { trialDocuments } from '../tables/trial-documents.ts'
import { areTimes, trialValues } from '../tables/trial-values.ts'
import { type SampleRow, usualValue } from './parameters.ts'

const MOST_ROWS = 160
const COMBINED_ROWS = 64
const VALUES_A_COLUMN = 28

/** `turn`: the number of the trial; each begins with other rows. */
export function madeRows(
  table: KnownTable,
  meetings: Meetings,
  samples: readonly SampleRow[],
  turn: number,
): SampleRow[] {
  const named = meetings.named.filter((met) => met.table === table).map(({ column }) => column)
  const columns = named.length > 0 ? named : table.columns.slice(0, 6)
  const bases = samples.length > 0 ? samples : [emptyRow(table)]
  const rows: SampleRow[] = []
  const pools = new Map<KnownColumn, readonly SourceValue[]>()
  const soughtIn = constantsByColumn(meetings)
  for (const column of columns) {
    const constants = soughtIn(column)
    const there = bases.map((row) => row[column.name]!)
    const known = areTimes(there) ? there : [...constants.flatMap(unpattern), ...there]
    const beside = constants.flatMap(unpattern)
    const documents = trialDocuments(meetings.paths, there)
    const values = [
      ...new Set(
        [
          ...documents,
          ...beside,
          ...beside.flatMap(neighbours),
          ...trialValues(column, known),
          ...calculated(column, meetings),
        ].map((value) => atScale(value, column)),
      ),
    ]
    pools.set(column, [...values.slice(0, VALUES_A_COLUMN), ...bases.map((row) => row[column.name]!)])
    for (const [at, value] of values.slice(0, VALUES_A_COLUMN).entries()) {
      rows.push({ ...bases[at % bases.length]!, [column.name]: value })
    }
  }
  const combined = [...loneRows(columns, bases, soughtIn), ...combinedRows(bases, pools, soughtIn)]
  const first = (turn * 7) % Math.max(1, rows.length)
  const single = spread(
    [...rows.slice(first), ...rows.slice(0, first)],
    MOST_ROWS - samples.length - combined.length,
  )
  const changed = [...single, ...combined]
  // Each trial has another number of rows, so that a mean that happens to be whole in one is not in the next.
  const all = turn === 0 ? [...samples, ...changed] : [...changed.slice(turn), ...samples]
  if (turn === WHOLE) return all.map((row) => mapped(row, columns, wholeValue))
  if (turn === NULLS) return samples.map((row) => mapped(row, columns, nullValue))
  return turn === NONE ? [] : all
}

type SoughtIn = (column: KnownColumn) => readonly SourceValue[]

/** Returns a function that returns the constants that a statement compares with a column. */
function constantsByColumn({ constants }: Meetings): SoughtIn {
  const groups = Map.groupBy(constants, ({ met }) => met?.column)
  const values = new Map([...groups].map(([column, group]) => [column, group.map(({ value }) => value)]))
  return (column) => values.get(column) ?? []
}

/** The trial in which every number of a NUMERIC column is whole, since SQLite divides sums of such numbers as integers. */
const WHOLE = 1
/** The trials with only nulls, and with no rows, whose sums are null. */
const NULLS = 3
const NONE = 4
/** The number of trials for a statement that aggregates all rows. */
export const GATHERING_TRIALS = 5

function mapped(
  row: SampleRow,
  columns: readonly KnownColumn[],
  change: (value: SourceValue, column: KnownColumn) => SourceValue,
): SampleRow {
  const changed = columns.map((column) => [column.name, change(row[column.name]!, column)] as const)
  return { ...row, ...Object.fromEntries(changed) }
}

function wholeValue(value: SourceValue, { target }: KnownColumn): SourceValue {
  return target?.conversion.kind === 'numeric' && typeof value === 'number'
    ? BigInt(Math.trunc(value))
    : value
}

function nullValue(value: SourceValue, { notNull }: KnownColumn): SourceValue {
  return notNull ? value : null
}

/**
 * Returns a row for each nullable column, with a null there, the constants that the statement looks for, and else values that no other row
 * has: a group of its own, whose sum, minimum and maximum are null.
 */
function loneRows(
  columns: readonly KnownColumn[],
  bases: readonly SampleRow[],
  soughtIn: SoughtIn,
): SampleRow[] {
  return columns
    .filter(({ notNull }) => !notNull)
    .map((empty, number) => {
      const row: Record<string, SourceValue> = { ...bases[number % bases.length]! }
      for (const column of columns) {
        const [sought] = soughtIn(column)
        if (column === empty) row[column.name] = null
        else if (sought !== undefined) row[column.name] = atScale(sought, column)
        else if (typeof row[column.name] === 'bigint') row[column.name] = BigInt(LONE + number)
        else if (typeof row[column.name] === 'string')
          row[column.name] = loneText(row[column.name]!, column, number)
      }
      return row
    })
}

/** The first number for lone rows: no other drawn key is as large, and the trial rows' own keys reach beyond it. */
const LONE = 11

function loneText(value: SourceValue, { target }: KnownColumn, number: number): SourceValue {
  const { conversion } = target ?? {}
  const most = conversion?.kind === 'text' && !areTimes([value]) ? (conversion.maxCharacters ?? 8) : 0
  return most < 3 ? value : `l${number}`
}

/**
 * Returns rows with several columns changed at once, so that a condition of several parts is true beside a null or a value in another case.
 * The statement's constants and NULL are more frequent than other values.
 */
function combinedRows(
  bases: readonly SampleRow[],
  pools: ReadonlyMap<KnownColumn, readonly SourceValue[]>,
  soughtIn: SoughtIn,
): SampleRow[] {
  const random = randomNumbers()
  const oneOf = <T>(values: readonly T[]): T => values[Math.floor(random() * values.length)]!
  return Array.from({ length: COMBINED_ROWS }, (_, number) => {
    const row: Record<string, SourceValue> = { ...bases[number % bases.length]! }
    for (const [column, pool] of pools) {
      const sought = soughtIn(column)
      const chance = random()
      if (chance < 0.25 && !column.notNull) row[column.name] = null
      else if (chance < 0.55 && sought.length > 0) row[column.name] = atScale(oneOf(sought), column)
      else if (chance < 0.8) row[column.name] = oneOf(pool)
    }
    return row
  })
}

/** Returns a generator of numbers from 0 up to 1, the same ones each time (Mulberry32). */
function randomNumbers(): () => number {
  let state = 1
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** Rounds the value to the column's scale, since rounding by the plan is no difference of the dialects. */
function atScale(value: SourceValue, { target }: KnownColumn): SourceValue {
  const scale = target?.conversion.kind === 'numeric' ? target.conversion.scale : null
  return scale === null || typeof value !== 'number' ? value : Number(value.toFixed(scale))
}

/** Returns numbers that rounding or truncating may turn into the value. */
function neighbours(value: SourceValue): SourceValue[] {
  if (typeof value === 'bigint') return [Number(value) + 0.5, Number(value) - 0.5, value + 1n, value - 1n]
  if (typeof value === 'number') return [value + 0.5, value - 0.5]
  // A day and its midnight are two texts, but one moment.
  if (typeof value === 'string' && /^\d{4}-\d\d-\d\d$/.test(value)) return [`${value} 00:00:00`]
  return []
}

/** Returns, as for `price / 2 > 5`, products and quotients of the statement's constants, and neighbouring numbers. */
function calculated({ target }: KnownColumn, { constants }: Meetings): SourceValue[] {
  if (!/^(?:integer|double|numeric)$/.test(target?.conversion.kind ?? '')) return []
  const numbers = constants
    .filter(({ value }) => typeof value !== 'string')
    .slice(0, 3)
    .map(({ value }) => Number(value))
  return numbers.flatMap((one, at) =>
    numbers.slice(at + 1).flatMap((other) => {
      const product = one * other
      if (!Number.isSafeInteger(product)) return [product, one / (other || 1)]
      return [BigInt(product), BigInt(product) + 1n, BigInt(product) - 1n, one / (other || 1)]
    }),
  )
}

/** Returns the value and, for a pattern, texts that match it. */
function unpattern(value: SourceValue): SourceValue[] {
  if (typeof value !== 'string' || !/[%_*?]/.test(value)) return [value]
  return [value, value.replaceAll(/[%*]/g, ''), value.replaceAll(/[%*]/g, 'x').replaceAll(/[_?]/g, 'y')]
}

function spread<T>(items: readonly T[], most: number): T[] {
  if (items.length <= most) return [...items]
  return Array.from({ length: most }, (_, at) => items[Math.floor((at * items.length) / most)]!)
}

/** Returns a row for a table that has none. */
function emptyRow(table: KnownTable): SampleRow {
  return Object.fromEntries(
    table.columns.map((column) => [column.name, column.notNull ? usualValue(column) : null]),
  )
}
