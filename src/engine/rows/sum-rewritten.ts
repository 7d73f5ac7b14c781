/**
 * Sums a block of a table that only SQLite can read, from the batches in which SQLite writes its rows anew. Invariant: each row of the
 * block is summed once, or is in `left`, with its key in the snapshot.
 */
import { RowSum } from '../encode/rows/row-hash.ts'
import type { Block } from '../model/block.ts'
import type { CopyPlan } from '../model/plan.ts'
import type { LeftRow, PageSums } from '../page-sums/page-sums.ts'
import type { RereadRows } from '../source/readers/reread-rows.ts'
import { type BlockByPages, type LeftRows, sumPages } from './sum-rows.ts'

/** `pages`: of the database into which `rows` are written. Null when the block has to be summed row by row. */
export function sumRewritten(
  copy: CopyPlan,
  pages: PageSums,
  rows: RereadRows,
  block: Pick<Block, 'range' | 'rowsBefore' | 'rows'>,
): BlockByPages | null {
  const sum = new RowSum()
  const canonical = new RowSum()
  const left: LeftRows[] = []
  const batches = rows.open(block)
  for (let batch = batches.next(); batch !== null; batch = batches.next()) {
    const found = sumPages(copy, pages, batch)
    if (found === null) return null
    sum.addLanes(found.sum.lanes, found.sum.rows)
    canonical.addLanes(found.canonical.lanes, found.canonical.rows)
    for (const run of runsOf(found.left)) {
      const first = run[0]!
      left.push({
        range: batches.keysOf(first.rowid, run.length),
        rowsBefore: first.ordinal - 1,
        rows: run.length,
      })
    }
  }
  return { sum, canonical, left }
}

/** Divides rows into runs of consecutive rowids. */
function runsOf(rows: readonly LeftRow[]): LeftRow[][] {
  const runs: LeftRow[][] = []
  for (const row of rows) {
    const run = runs.at(-1)
    if (run?.at(-1)?.rowid === row.rowid - 1n) run.push(row)
    else runs.push([row])
  }
  return runs
}
