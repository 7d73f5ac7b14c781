/** The run's blocks and their outcomes, as the journal has them. Invariant: an outcome is entered only after its commit. */
import type { Block, BlockOutcome } from '../model/block.ts'
import type { BlockRecord } from '../model/journal.ts'

export class BlockBook {
  /** By table, the readers of the blocks that this command has copied. */
  readonly copyReaders = new Map<string, Set<string>>()
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

  enter(block: Block, outcome: BlockOutcome, reader: string): void {
    this.#records.set(entryOf(block), { block, outcome })
    const readers = this.copyReaders.get(block.tableId)
    if (readers === undefined) this.copyReaders.set(block.tableId, new Set([reader]))
    else readers.add(reader)
  }
}

const entryOf = (block: Block): string => `${block.number} ${block.tableId}`
