/** The run's blocks and what became of each, as the journal has them. Invariant: an outcome is entered only after its commit. */
import type { Block, BlockOutcome } from '../model/block.ts'
import type { BlockRecord } from '../model/journal.ts'

export class BlockBook {
  readonly #records: Map<string, BlockRecord>

  constructor(records: readonly BlockRecord[]) {
    this.#records = new Map(records.map((record) => [entryOf(record.block), record]))
  }

  get records(): readonly BlockRecord[] {
    return [...this.#records.values()]
  }

  /** Blocks without an outcome. */
  get open(): readonly Block[] {
    return this.records.filter((record) => record.outcome === null).map((record) => record.block)
  }

  enter(block: Block, outcome: BlockOutcome): void {
    this.#records.set(entryOf(block), { block, outcome })
  }
}

const entryOf = (block: Block): string => `${block.number} ${block.tableId}`
