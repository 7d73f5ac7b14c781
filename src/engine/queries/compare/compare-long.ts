/**
 * Compares results that are too long for memory: both sides are read row by row, and a digest of eight bytes is kept of each row.
 * Invariant: every row of both sides is compared; whole rows are kept only as possible examples.
 */
import type { SourceValue } from '../../rows/meaning/source-value.ts'
import { streamForeign } from '../../target/guards/foreign-statement.ts'
import { MOST_MS, MOST_ROWS, streamOn } from '../sides/sqlite-side.ts'
import { clausesOf, sqliteText } from '../statement/statement-text.ts'
import { parameterText } from '../trial/parameter-text.ts'
import type { ParameterList } from '../trial/parameters.ts'
import { compareRows, type KeyedRows, type RowDifference } from './compare-outcomes.ts'
import { conversionOf, withReadableKeys } from './result-keys.ts'
import type { TryResult, TrySides, TryTexts } from './try-sides.ts'
import { type ColumnKeys, columnKeys } from './value-keys.ts'

/** Maximum number of rows kept that only one side has. Below it, all of them are kept, and nearly equal numbers count as equal. */
const MOST_HELD = 20_000

export async function compareLong(texts: TryTexts, list: ParameterList, sides: TrySides): Promise<TryResult> {
  const { sql, numbers } = sqliteText(texts.sqlite)
  const values = numbers.map((number) => list.get(number) ?? null)
  const first = streamOn(sides.db, sql, values, () => false)
  if (first.kind === 'error') return { kind: 'no-answer', message: first.message }
  const { columns } = first
  const parameters = texts.postgres.numbers.map((number) => parameterText(list.get(number) ?? null))
  const statement = { sql: sides.decorate(texts.postgres.sql), parameters }
  let keys: readonly ColumnKeys[] = []
  const readPostgres = (onRow: (row: readonly string[], at: number) => void) => {
    let at = 0
    return streamForeign(sides.connection, statement, sides.session, (types, rows) => {
      if (keys.length === 0) {
        keys = types.map(({ type }, index) => {
          const column = columns[index]
          const conversion = column === undefined ? null : conversionOf(column, sides.tables)
          return columnKeys(type, conversion, sides.zone, !sides.isTrial)
        })
      }
      for (const row of rows)
        onRow(
          row.map((text, index) => keys[index]!.ofPostgres(text)),
          at++,
        )
    })
  }
  const there = new Digests()
  const postgres = await readPostgres((row) => there.add(digestOf(row)))
  if (postgres.kind === 'error') {
    const { sqlstate, message } = postgres
    return { kind: 'refused', sqlstate, message, sqliteRows: MOST_ROWS }
  }
  if (keys.length !== columns.length) {
    const difference = { kind: 'columns', sqlite: columns.length, postgres: keys.length } as const
    return { kind: 'different', difference, sqliteMs: 0, postgresMs: postgres.ms }
  }
  const here = new Digests()
  const isOrdered = clausesOf(texts.sqlite).orderBy !== null
  const sorted = isOrdered ? withReadableKeys(texts.sqlite, columns, sides.tables) : null
  const keyOf = sorted?.parameters === values.length ? sorted.keyOf : null
  const readSqlite = (onRow: (row: readonly string[], own: readonly SourceValue[]) => void) =>
    streamOn(sides.db, keyOf === null ? sql : sorted!.sql, values, (row) => {
      onRow(
        keys.map((key, at) => key.ofSqlite(row[at]!)),
        row,
      )
      return true
    })
  const order = new Order(there)
  const sqlite = readSqlite((row, own) => {
    const digest = digestOf(row)
    here.add(digest)
    if (isOrdered) order.take(digest, keyOf === null ? null : keyOf(own).join('\0'), row)
  })
  if (sqlite.kind !== 'done') {
    const message = sqlite.kind === 'error' ? sqlite.message : `it takes longer than ${MOST_MS / 1000} s`
    return { kind: 'no-answer', message }
  }
  const times = { sqliteMs: sqlite.ms, postgresMs: postgres.ms }
  const difference = await differenceBetween(here, there, { readSqlite, readPostgres, order, isOrdered })
  return difference === null
    ? { kind: 'same', rows: here.length, renamed: [], ...times }
    : { kind: 'different', difference, ...times }
}

async function differenceBetween(
  here: Digests,
  there: Digests,
  {
    readSqlite,
    readPostgres,
    order,
    isOrdered,
  }: {
    readonly readSqlite: (onRow: (row: readonly string[]) => void) => unknown
    readonly readPostgres: (onRow: (row: readonly string[], at: number) => void) => Promise<unknown>
    readonly order: Order
    readonly isOrdered: boolean
  },
): Promise<RowDifference | null> {
  if (here.length !== there.length) {
    return { kind: 'count', sqlite: here.length, postgres: there.length, isCut: false }
  }
  const [left, right] = alone(here.sorted(), there.sorted())
  if (left.size > 0) {
    const kept: [string[][], string[][]] = [[], []]
    const keep = (side: 0 | 1, digests: ReadonlySet<number>) => (row: readonly string[]) => {
      if (digests.has(digestOf(row))) kept[side].push([...row])
    }
    readSqlite(keep(0, left))
    await readPostgres(keep(1, right))
    const pairs = Math.min(kept[0].length, kept[1].length)
    const [one, other]: KeyedRows[] = kept.map((rows) => rows.slice(0, pairs))
    return compareRows(one!, other!, { isOrdered: false, sortKeys: null })
  }
  const { first } = order
  if (!isOrdered || first === null) return null
  let other: readonly string[] = []
  await readPostgres((row, at) => {
    if (at === first.at) other = row
  })
  return { kind: 'order', at: first.at, sqlite: first.row, postgres: other }
}

/** Finds the first row in another position than ORDER BY allows; rows with equal sort keys may be in any order. */
class Order {
  first: { readonly at: number; readonly row: readonly string[] } | null = null
  readonly #there: Digests
  readonly #open = new Map<number, number>()
  #key: string | null = null
  #at = 0

  constructor(there: Digests) {
    this.#there = there
  }

  take(digest: number, key: string | null, row: readonly string[]): void {
    const at = this.#at++
    if (this.first !== null) return
    const other = this.#there.at(at)
    if (this.#open.size === 0 && digest === other) return
    const isNext = this.#open.size === 0
    if (isNext) this.#key = key
    if (!isNext && (key === null || key !== this.#key)) {
      this.first = { at, row }
      return
    }
    if (isNext && key === null) {
      this.first = { at, row }
      return
    }
    this.#count(digest, 1)
    this.#count(other, -1)
  }

  #count(digest: number, by: number): void {
    const count = (this.#open.get(digest) ?? 0) + by
    if (count === 0) this.#open.delete(digest)
    else this.#open.set(digest, count)
  }
}

/** A growing list of numbers without overhead per number. */
class Digests {
  #kept = new Float64Array(1 << 17)
  length = 0

  add(digest: number): void {
    if (this.length === this.#kept.length) {
      const wider = new Float64Array(this.length * 2)
      wider.set(this.#kept)
      this.#kept = wider
    }
    this.#kept[this.length++] = digest
  }

  at(place: number): number {
    return place < this.length ? this.#kept[place]! : -1
  }

  sorted(): Float64Array {
    return this.#kept.slice(0, this.length).sort()
  }
}

/** Returns digests that one side has more often than the other, up to about MOST_HELD for each side. */
function alone(left: Float64Array, right: Float64Array): [Set<number>, Set<number>] {
  const only: [Set<number>, Set<number>] = [new Set(), new Set()]
  let [one, other] = [0, 0]
  while (
    (one < left.length || other < right.length) &&
    only[0].size < MOST_HELD &&
    only[1].size < MOST_HELD
  ) {
    const [a, b] = [left[one] ?? Infinity, right[other] ?? Infinity]
    if (a === b) {
      one++
      other++
    } else if (a < b) only[0].add(left[one++]!)
    else only[1].add(right[other++]!)
  }
  return only
}

/** Returns a hash of 53 bits over the row's text. */
function digestOf(row: readonly string[]): number {
  let [low, high] = [0x811c9dc5, 0x9e3779b9]
  for (const cell of row) {
    for (let at = 0; at < cell.length; at++) {
      const code = cell.charCodeAt(at)
      low = Math.imul(low ^ code, 0x01000193)
      high = Math.imul(high ^ code, 0x5bd1e995) ^ (high >>> 15)
    }
    low = Math.imul(low ^ 0x10000, 0x01000193)
    high = Math.imul(high ^ 0x10000, 0x5bd1e995) ^ (high >>> 13)
  }
  return (low >>> 0) + ((high >>> 0) & 0x1fffff) * 2 ** 32
}
