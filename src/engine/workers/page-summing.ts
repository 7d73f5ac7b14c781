/**
 * Sums blocks in compiled code: from the snapshot's pages, or from what SQLite writes of the rows of a table that they don't show.
 * Invariant: one table at a time is open, since there may be thousands.
 */
import type { RowEncoderOptions } from '../encode/rows/row-encoder.ts'
import type { Block } from '../model/block.ts'
import type { TablePlan } from '../model/plan.ts'
import { PageSums } from '../page-sums/page-sums.ts'
import { sumRewritten } from '../rows/sum-rewritten.ts'
import { type BlockByPages, type ComparedTable, sumByPages } from '../rows/sum-rows.ts'
import { OpenSnapshot } from '../source/base/open-snapshot.ts'
import { storedInSnapshot, type TableReader } from '../source/base/reader.ts'
import { RereadRows } from '../source/readers/reread-rows.ts'
import { Rewriting } from '../source/readers/rewriting.ts'

type SummedTable = ComparedTable &
  RowEncoderOptions & { readonly plan: Pick<TablePlan, 'table'>; readonly file: string }

export class PageSumming<Table extends SummedTable> {
  readonly #rewriting = new OpenSnapshot(Rewriting.open)
  #open: {
    readonly table: Table
    readonly pages: PageSums
    readonly sum: (block: Block) => BlockByPages | null
  } | null = null

  /**
   * Returns null for a block that must be summed row by row. `largestRow`: in bytes, when the table's rows are to be written anew by SQLite;
   * else null. `rows` returns SQLite's reader of the table.
   */
  sum(table: Table, block: Block, largestRow: number | null, rows: () => TableReader): BlockByPages | null {
    if (this.#open?.table !== table) {
      this.#closeTable()
      if (largestRow === null) this.#openPages(table, rows)
      else this.#openRewritten(table, largestRow)
    }
    return this.#open?.sum(block) ?? null
  }

  #openPages(table: Table, rows: () => TableReader): void {
    const { copy, target, file } = table
    const stored = storedInSnapshot(copy)
    const pages = PageSums.open({ file, stored }, copy, target, table, rows)
    if (pages !== null) this.#open = { table, pages, sum: (block) => sumByPages(copy, pages, block) }
  }

  #openRewritten(table: Table, largestRow: number): void {
    const { copy, target, plan } = table
    const rewriting = this.#rewriting.at(table.file)
    if (rewriting === null) return
    const rows = new RereadRows(rewriting, plan.table, copy, largestRow)
    const pages = PageSums.open({ file: rewriting.file, stored: rows.stored }, copy, target, table, () => {
      throw new Error('a row that SQLite has just written lacks a value')
    })
    if (pages !== null) this.#open = { table, pages, sum: (block) => sumRewritten(copy, pages, rows, block) }
  }

  #closeTable(): void {
    this.#open?.pages.close()
    this.#open = null
  }

  close(): void {
    this.#closeTable()
    this.#rewriting.close()
  }
}
