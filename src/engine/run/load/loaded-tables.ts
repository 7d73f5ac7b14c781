/**
 * Which target tables have all their rows while others are still being copied, and which of them are to be indexed meanwhile. Invariant: a
 * table is loaded only when every block of all its source tables is committed and nothing later in the load changes its rows.
 */
import type { BlockBook } from '../../journal/block-book.ts'
import type { Block } from '../../model/block.ts'
import { copyPlanOf, type Plan } from '../../model/plan.ts'
import type { TableName } from '../../model/target-schema.ts'
import type { Statement } from '../../plan/ddl/ddl-statement.ts'
import { firstDistributed } from '../../plan/distribution/table-facts.ts'
import { quoteTable } from '../../syntax/postgres-names.ts'
import type { SharedCores } from '../../threads/shared-cores.ts'

/** How many keys or indexes are built in the time in which their rows are copied; measured on tables of ten columns. */
const INDEXES_A_COPY = 2

type Work = {
  openBlocks: number
  /** The keys and indexes that are built one after the other: the keys, and the longest of the indexes; in rows copied. */
  longest: number
}

export class LoadedTables {
  readonly #work = new Map<string, Work>()
  readonly #targetOf: ReadonlyMap<string, string>
  readonly #cores: SharedCores
  readonly #lanes: number
  /** False where a later part of the load may change rows, or depends on the order in which tables are filled. */
  readonly #mayBeEarly: boolean
  readonly #listeners: (() => void)[] = []
  /** Of all tables. */
  #indexing = 0
  #rowsLeft = 0
  #state: 'loading' | 'complete' | 'given-up' = 'loading'
  readonly #end = Promise.withResolvers<boolean>()

  /** `indexing`: the statements that build keys and indexes; `lanes`: how many sessions copy. */
  constructor(
    plan: Plan,
    book: BlockBook,
    indexing: readonly Statement[],
    { lanes, cores }: { readonly lanes: number; readonly cores: SharedCores },
  ) {
    this.#lanes = lanes
    this.#cores = cores
    this.#mayBeEarly =
      firstDistributed(plan) === null &&
      plan.schema.tables.every(({ existing, hypertable }) => !existing && hypertable === undefined)
    this.#targetOf = new Map(
      plan.tables.flatMap((table) =>
        table.fate.kind === 'copy' ? [[table.id, quoteTable(copyPlanOf(table).target)] as const] : [],
      ),
    )
    const sourcesOf = Map.groupBy(this.#targetOf, ([, target]) => target)
    const statementsOf = Map.groupBy(indexing, ({ table }) => table && quoteTable(table))
    for (const [target, sources] of sourcesOf) {
      const own = sources.reduce((sum, [id]) => sum + (plan.sourceRows[id] ?? 0), 0) / INDEXES_A_COPY
      const statements = statementsOf.get(target) ?? []
      const keys = statements.filter(({ object }) => object.kind !== 'index').length
      this.#indexing += own * statements.length
      this.#work.set(target, { openBlocks: 0, longest: own * Math.min(statements.length, keys + 1) })
    }
    for (const block of book.open) this.#count(block, 1)
  }

  /** Resolves when the load has ended: to true when it is complete. */
  get end(): Promise<boolean> {
    return this.#end.promise
  }

  get isComplete(): boolean {
    return this.#state === 'complete'
  }

  /** Whether no further block shall be copied. */
  get isGivenUp(): boolean {
    return this.#state === 'given-up'
  }

  onChange(listener: () => void): void {
    this.#listeners.push(listener)
  }

  /** Records that the block is committed. */
  enter(block: Block): void {
    this.#count(block, -1)
    this.#tell()
  }

  /** Records that everything is loaded, and nothing of the load is left. */
  complete(): void {
    this.#finish('complete')
  }

  /** Ends the load; no-op when it has ended. */
  giveUp(): void {
    this.#finish('given-up')
  }

  /**
   * Whether the table's keys and indexes may be built now: when everything is loaded, or when the table is and its own would otherwise be
   * the last, with nothing beside them. One session always copies.
   */
  mayIndex(table: TableName): boolean {
    if (this.#state !== 'loading') return this.#state === 'complete'
    const own = this.#work.get(quoteTable(table))
    if (!this.#mayBeEarly || own === undefined || own.openBlocks > 0 || this.#cores.free < 2) return false
    return own.longest * (this.#lanes - 1) >= this.#rowsLeft + this.#indexing - own.longest
  }

  #count({ tableId, rows }: Block, more: 1 | -1): void {
    const target = this.#targetOf.get(tableId)
    // The rows of a folded table are copied with its parent's; its own block only puts rows without a parent into quarantine.
    if (target === undefined) return
    this.#work.get(target)!.openBlocks += more
    this.#rowsLeft += more * rows
  }

  #finish(state: 'complete' | 'given-up'): void {
    if (this.#state !== 'loading') return
    this.#state = state
    this.#end.resolve(state === 'complete')
    this.#tell()
  }

  #tell(): void {
    for (const listener of this.#listeners) listener()
  }
}
