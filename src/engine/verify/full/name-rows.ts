/**
 * Names rows that differ: which row, which column, both values. Invariant: each row that one side has more often than the other is named, as
 * far as there is room; the rest are counted.
 */
import type { Difference } from '../../model/report.ts'
import { textOfRow } from './row-sums.ts'
import type { PrintedRow } from './target-rows.ts'

/** Maximum number of named differences of one table. */
export const MOST_NAMED = 100
const LONGEST_PRINT = 200
/** Up to this many rows without a key are paired: two that share at least half of their values count as one changed row. */
const MOST_PAIRED = 300

export type Naming = {
  readonly table: string
  readonly columns: readonly string[]
  /** Positions of the key columns; empty when rows have no key. */
  readonly keyAt: readonly number[]
}

export function nameDifferentRows(
  naming: Naming,
  source: readonly PrintedRow[],
  target: readonly PrintedRow[],
): Difference[] {
  const { missing, extra } = withoutEqual(source, target)
  const { pairs, left } =
    naming.keyAt.length > 0 ? pairByKey(naming, missing, extra) : pairByLikeness(missing, extra)
  return [
    ...pairs.flatMap(([was, is]) => changesOf(naming, was, is)),
    ...left.missing.map((row) => oneSided(naming, 'missing-row', row)),
    ...left.extra.map((row) => oneSided(naming, 'extra-row', row)),
  ]
}

type Leftover = { readonly missing: PrintedRow[]; readonly extra: PrintedRow[] }
type Pairing = { readonly pairs: [PrintedRow, PrintedRow][]; readonly left: Leftover }

function withoutEqual(source: readonly PrintedRow[], target: readonly PrintedRow[]): Leftover {
  const waiting = new Map<string, PrintedRow[]>()
  for (const row of source) {
    const text = textOfRow(row)
    const alike = waiting.get(text)
    if (alike === undefined) waiting.set(text, [row])
    else alike.push(row)
  }
  const extra = target.filter((row) => waiting.get(textOfRow(row))?.pop() === undefined)
  return { missing: [...waiting.values()].flat(), extra }
}

function pairByKey({ keyAt }: Naming, missing: PrintedRow[], extra: PrintedRow[]): Pairing {
  const keyOf = (row: PrintedRow): string => textOfRow(keyAt.map((index) => row[index]!))
  const byKey = Map.groupBy(missing, keyOf)
  const pairs: [PrintedRow, PrintedRow][] = []
  const unmatched = extra.filter((row) => {
    const was = byKey.get(keyOf(row))?.shift()
    if (was !== undefined) pairs.push([was, row])
    return was === undefined
  })
  return { pairs, left: { missing: [...byKey.values()].flat(), extra: unmatched } }
}

function pairByLikeness(missing: PrintedRow[], extra: PrintedRow[]): Pairing {
  const pairs: [PrintedRow, PrintedRow][] = []
  if (missing.length > MOST_PAIRED || extra.length > MOST_PAIRED) return { pairs, left: { missing, extra } }
  const waiting = [...extra]
  const unmatched = missing.filter((was) => {
    let best = -1
    let most = was.length / 2
    for (const [index, is] of waiting.entries()) {
      const shared = was.reduce((count, value, at) => count + (value === is[at] ? 1 : 0), 0)
      if (shared >= most && shared > 0) {
        best = index
        most = shared + 1
      }
    }
    if (best >= 0) pairs.push([was, ...waiting.splice(best, 1)] as [PrintedRow, PrintedRow])
    return best < 0
  })
  return { pairs, left: { missing: unmatched, extra: waiting } }
}

function changesOf(naming: Naming, was: PrintedRow, is: PrintedRow): Difference[] {
  return naming.columns.flatMap((column, index) => {
    const [source, target] = [was[index]!, is[index]!]
    if (source === target) return []
    const from = differsFrom(source, target)
    return [
      {
        table: naming.table,
        kind: 'changed' as const,
        key: printKey(naming, was),
        column,
        source: print(source, from),
        target: print(target, from),
      },
    ]
  })
}

function oneSided(naming: Naming, kind: 'missing-row' | 'extra-row', row: PrintedRow): Difference {
  const printed = naming.columns.map((column, index) => `${column}=${print(row[index]!, 0, 60)}`).join(', ')
  const text = print(printed, 0)
  return {
    table: naming.table,
    kind,
    key: printKey(naming, row),
    column: null,
    source: kind === 'missing-row' ? text : null,
    target: kind === 'extra-row' ? text : null,
  }
}

function printKey({ keyAt }: Naming, row: PrintedRow): string | null {
  return keyAt.length === 0 ? null : keyAt.map((index) => print(row[index]!, 0)).join(', ')
}

/** Returns the position from which to print two long values: a little before their first difference. */
function differsFrom(a: string | null, b: string | null): number {
  if (a === null || b === null) return 0
  let at = 0
  while (at < a.length && a[at] === b[at]) at++
  return Math.max(a.length, b.length) <= LONGEST_PRINT ? 0 : Math.max(0, at - 40)
}

function print(value: string | null, from: number, longest = LONGEST_PRINT): string {
  if (value === null) return 'null'
  const rest = value.slice(from)
  const shown = rest.length > longest ? `${rest.slice(0, longest - 1)}…` : rest
  return from > 0 ? `…${shown}` : shown
}
