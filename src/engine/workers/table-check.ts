/**
 * What the comparison by checksum knows of one table, and its verdict. Invariant: a table matches only when the journal's sum of what was
 * sent, the second encoding and the target agree.
 */
import { RowSum } from '../encode/rows/row-hash.ts'
import type { Block } from '../model/block.ts'
import type { BlockRecord } from '../model/journal.ts'
import { copyPlanOf, type TablePlan } from '../model/plan.ts'
import type { TableName } from '../model/target-schema.ts'
import type { TableVerdict } from '../model/verification.ts'
import { NO_ENTRIES } from '../rows/sum-entries.ts'
import type { SummedEntries, SummedSource, SummedTarget } from './task.ts'

export class TableCheck {
  readonly tableId: string
  readonly target: TableName
  readonly ordered: boolean
  /** Number of task parts for this table that are not done. */
  open = 0
  readonly #records = new Map<number, BlockRecord>()
  readonly #sources = new Map<number, SummedSource>()
  readonly #targets = new Map<number | 'table', SummedTarget>()
  #entries: SummedEntries = new Map()
  elapsedMs = 0

  constructor(table: TablePlan) {
    const { identity, target } = copyPlanOf(table)
    this.tableId = table.id
    this.target = target
    this.ordered = identity.kind === 'columns' && identity.ordered
  }

  expect(record: BlockRecord): void {
    this.#records.set(record.block.number, record)
    this.open++
  }

  takeSource({ number }: Block, sum: SummedSource): void {
    this.#sources.set(number, sum)
  }

  takeTarget(block: Block | null, sum: SummedTarget): void {
    this.#targets.set(block === null ? 'table' : block.number, sum)
  }

  takeEntries(sums: SummedEntries): void {
    this.#entries = sums
  }

  /** Returns the bytes sent for the block, or for all blocks when it is null. */
  bytesOf(block: Block | null): number {
    if (block !== null) return this.#records.get(block.number)?.outcome?.bytes ?? 0
    return Array.from(this.#records.values()).reduce((sum, { outcome }) => sum + (outcome?.bytes ?? 0), 0)
  }

  verdict(): TableVerdict {
    const source = new RowSum()
    const target = new RowSum()
    const differing: Block[] = []
    const entriesDiffering: Block[] = []
    let reader = 'sqlite'
    for (const [number, { block, outcome }] of this.#records) {
      const again = this.#sources.get(number)!
      reader = again.reader
      source.addSum(again.canonical, again.rows)
      const read = this.#targets.get(number)
      const { rows, sum } = this.#entries.get(number) ?? NO_ENTRIES
      if (rows !== again.entries.rows || sum !== again.entries.sum) entriesDiffering.push(block)
      const sentAlike =
        outcome !== null && outcome.checksum === again.sent && outcome.targetRows === again.rows
      if (!sentAlike || (read !== undefined && (read.sum !== again.canonical || read.rows !== again.rows))) {
        differing.push(block)
      }
    }
    for (const read of this.#targets.values()) target.addSum(read.sum, read.rows)
    const sumsAgree = source.toString() === target.toString() && source.rows === target.rows
    const blocks = Array.from(this.#records.values(), ({ block }) => block)
    const rowsAgree = sumsAgree && differing.length === 0
    // Only in an ordered table is it known which target rows belong to a block.
    const differ = rowsAgree || (this.ordered && differing.length > 0) ? differing : blocks
    const isOfNoBlock = (number: number): boolean => !this.#records.has(number)
    const entriesAgree = entriesDiffering.length === 0 && ![...this.#entries.keys()].some(isOfNoBlock)
    const reload = new Set([...differ, ...entriesDiffering])
    return {
      tableId: this.tableId,
      match: rowsAgree && entriesAgree,
      sourceRows: source.rows,
      targetRows: target.rows,
      source: source.toString(),
      target: target.toString(),
      differing: differ,
      entriesDiffering: entriesAgree ? null : entriesDiffering,
      reload: blocks.filter((block) => reload.has(block) || (!this.ordered && reload.size > 0)),
      reader,
      elapsedMs: this.elapsedMs,
    }
  }
}
