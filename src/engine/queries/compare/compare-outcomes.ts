/**
 * Compares two results. Invariant: without ORDER BY rows are compared as multisets; with it, only rows with equal sort keys may be in
 * another order among each other.
 */
import type { SourceValue } from '../../rows/meaning/source-value.ts'

export type KeyedRows = readonly (readonly string[])[]

export type RowDifference =
  | { readonly kind: 'columns'; readonly sqlite: number; readonly postgres: number }
  | { readonly kind: 'count'; readonly sqlite: number; readonly postgres: number; readonly isCut: boolean }
  /** A row without an equal on the other side. `cell`: the only cell in which the nearest row differs, or null. */
  | {
      readonly kind: 'rows'
      readonly sqlite: readonly string[]
      readonly postgres: readonly string[]
      readonly cell: number | null
    }
  | {
      readonly kind: 'order'
      readonly at: number
      readonly sqlite: readonly string[]
      readonly postgres: readonly string[]
    }

export type CompareOptions = {
  /** Sort keys of SQLite's rows; null without ORDER BY, or when they are unknown. */
  readonly sortKeys: KeyedRows | null
  readonly isOrdered: boolean
}

/** Returns null when the results are the same. */
export function compareRows(
  sqlite: KeyedRows,
  postgres: KeyedRows,
  options: CompareOptions,
): RowDifference | null {
  const texts = [sqlite.map(textOf), postgres.map(textOf)] as const
  if (sqlite.length === postgres.length && texts[0].every((text, at) => text === texts[1][at])) return null
  const left = surplus(texts[0], texts[1])
  const right = surplus(texts[1], texts[0])
  if (left.length === 0 && right.length === 0) {
    return options.isOrdered ? compareOrder(sqlite, postgres, texts, options.sortKeys) : null
  }
  if (sqlite.length !== postgres.length) {
    return { kind: 'count', sqlite: sqlite.length, postgres: postgres.length, isCut: false }
  }
  const paired = pairRows(sqlite, postgres, left, right)
  if ('kind' in paired) return paired
  if (!options.isOrdered) return null
  const respelled = postgres.map((row, at) => paired.get(at) ?? row)
  return compareOrder(sqlite, respelled, [texts[0], respelled.map(textOf)], options.sortKeys)
}

function textOf(row: readonly string[]): string {
  return row.map((cell) => `${cell.length}:${cell}`).join('')
}

/** Returns the indexes of the texts that `others` lacks, counting repeated ones. */
function surplus(texts: readonly string[], others: readonly string[]): number[] {
  const counts = new Map<string, number>()
  for (const text of others) counts.set(text, (counts.get(text) ?? 0) + 1)
  return [...texts.keys()].filter((at) => {
    const count = counts.get(texts[at]!) ?? 0
    counts.set(texts[at]!, count - 1)
    return count <= 0
  })
}

/**
 * Pairs the remaining rows, taking nearly equal numbers for equal. Returns SQLite's row for each index of PostgreSQL's row, or the
 * difference when a row has no partner.
 */
function pairRows(
  sqlite: KeyedRows,
  postgres: KeyedRows,
  lefts: readonly number[],
  rights: readonly number[],
): RowDifference | ReadonlyMap<number, readonly string[]> {
  const coarse = (row: readonly string[]) =>
    row.map((cell) => (cell.startsWith('n ') ? `n ${roughly(cell)}` : cell)).join('\0')
  const sorted = (rows: KeyedRows, places: readonly number[]) =>
    places
      .map((at) => ({ at, row: rows[at]!, key: coarse(rows[at]!) }))
      .toSorted((a, b) => (a.key < b.key ? -1 : 1))
  const [left, right] = [sorted(sqlite, lefts), sorted(postgres, rights)]
  const pairs = new Map<number, readonly string[]>()
  for (const [at, { row }] of left.entries()) {
    const other = right[at]
    if (other === undefined || !row.every((cell, index) => isNearly(cell, other.row[index]!))) {
      return {
        kind: 'rows',
        ...closest(
          row,
          right.map((one) => one.row),
        ),
      }
    }
    pairs.set(other.at, row)
  }
  return pairs
}

function roughly(cell: string): string {
  return Number(cell.slice(2)).toPrecision(6)
}

function isNearly(one: string, other: string): boolean {
  if (one === other) return true
  if (!one.startsWith('n ') || !other.startsWith('n ')) return false
  const [a, b] = [Number(one.slice(2)), Number(other.slice(2))]
  return Math.abs(a - b) <= 1e-9 * Math.max(Math.abs(a), Math.abs(b))
}

function closest(
  row: readonly string[],
  others: KeyedRows,
): { sqlite: readonly string[]; postgres: readonly string[]; cell: number | null } {
  let best = others[0] ?? []
  let least = Infinity
  for (const other of others.slice(0, 1000)) {
    const differing = row.filter((cell, at) => !isNearly(cell, other[at] ?? '')).length
    if (differing < least) [best, least] = [other, differing]
  }
  const cell = least === 1 ? row.findIndex((one, at) => !isNearly(one, best[at] ?? '')) : null
  return { sqlite: row, postgres: best, cell }
}

function compareOrder(
  sqlite: KeyedRows,
  postgres: KeyedRows,
  [left, right]: readonly [readonly string[], readonly string[]],
  sortKeys: KeyedRows | null,
): RowDifference | null {
  const keys = sortKeys?.map(textOf) ?? null
  for (let start = 0; start < left.length; ) {
    let end = start + 1
    if (keys !== null) while (end < left.length && keys[end] === keys[start]) end++
    if (surplus(left.slice(start, end), right.slice(start, end)).length > 0) {
      const at = left.findIndex((text, index) => index >= start && text !== right[index])
      return { kind: 'order', at, sqlite: sqlite[at]!, postgres: postgres[at]! }
    }
    start = end
  }
  return null
}

/** Returns the key's value as text for a person. */
export function shownKey(key: string | undefined): string {
  if (key === undefined) return 'nothing'
  if (key === '-') return 'NULL'
  const text = key.slice(2)
  if (key.startsWith('s ')) return `'${text.length > 60 ? `${text.slice(0, 60)}…` : text}'`
  if (key.startsWith('t ')) return new Date(Number(text) * 1000).toISOString()
  return text.length > 60 ? `${text.slice(0, 60)}…` : text
}

export function shownRow(row: readonly string[]): string {
  const shown = row.slice(0, 8).map(shownKey)
  return `(${shown.join(', ')}${row.length > 8 ? ', …' : ''})`
}

/** Returns the same text for values that SQLite's ORDER BY treats as equal. */
export function sortKey(value: SourceValue, isFolded: boolean): string {
  if (value === null) return '-'
  if (typeof value === 'string') return isFolded ? value.toLowerCase() : value
  if (typeof value === 'bigint') return `n ${Number(value)}`
  // The last digits of a sum depend on the order of addition.
  if (typeof value === 'number') return `n ${Number(value.toPrecision(12))}`
  return `b ${Buffer.from(value instanceof Uint8Array ? value : value.bytes).toString('hex')}`
}
