/** Hands the journal's open blocks to the workers, largest table first, and reports every commit in totals. */

import { now, type RunContext } from '../../events/run-context.ts'
import type { BlockBook } from '../../journal/block-book.ts'
import type { Block, BlockOutcome } from '../../model/block.ts'
import type { BlockRecord } from '../../model/journal.ts'
import { type Plan, targetTableOf } from '../../model/plan.ts'
import { loadWaves } from '../../plan/base/load-order.ts'
import type { WorkerData } from '../../rows/worker-data.ts'
import type { SharedCores } from '../../threads/shared-cores.ts'
import type { CopyWorkers } from '../../workers/copy-workers.ts'
import { takeTogether } from '../../workers/take-together.ts'
import type { LoadedTables } from './loaded-tables.ts'

/** Copies blocks of several tables in one transaction. Returns their outcomes in the same order. */
export type CopyCycle = (blocks: readonly Block[]) => Promise<readonly BlockOutcome[]>

type LoadRequest = {
  readonly workers: CopyWorkers
  readonly plan: Plan
  readonly book: BlockBook
  readonly copyCycle: CopyCycle
  readonly largestRows: WorkerData['largestRows']
  /** Is told of every committed block. */
  readonly loaded: LoadedTables
  /** No more blocks are copied at once than the server leaves cores free. */
  readonly cores: SharedCores
}

/** Returns true when every block is committed, false when the run was stopped, or the load given up, before. */
export async function copyTables(
  { workers, plan, book, copyCycle, largestRows, loaded, cores }: LoadRequest,
  context: RunContext,
): Promise<boolean> {
  const tallies = new Map(plan.tables.map((table) => [table.id, new TableTally(table.id)]))
  for (const record of book.records) tallies.get(record.block.tableId)!.expect(record)
  const rowsOf = (block: Block): number => plan.sourceRows[block.tableId] ?? 0
  const placeOf = new Map(plan.tables.map(({ id }, place) => [id, place]))
  const queue = book.open.toSorted(
    (a, b) =>
      rowsOf(b) - rowsOf(a) || placeOf.get(a.tableId)! - placeOf.get(b.tableId)! || a.number - b.number,
  )
  const report = (tally: TableTally): void => {
    context.emit({ type: 'table-progress', ...tally.totals(), at: now() })
    if (tally.openBlocks === 0 && !tally.finished) {
      tally.finished = true
      const elapsedMs = tally.startedAtMs === null ? 0 : performance.now() - tally.startedAtMs
      const { tableId, rows, quarantined } = tally.totals()
      context.emit({ type: 'table-finished', tableId, rows, quarantined, elapsedMs, at: now() })
    }
  }
  const begin = (tableId: string): void => {
    const tally = tallies.get(tableId)!
    if (tally.startedAtMs !== null) return
    tally.startedAtMs = performance.now()
    context.emit({ type: 'table-started', tableId, at: now() })
  }
  const settle = (block: Block, outcome: BlockOutcome, reader: string): void => {
    book.enter(block, outcome, reader)
    loaded.enter(block)
    const own = tallies.get(block.tableId)!
    own.settle({ block, outcome })
    for (const source of outcome.sources) {
      if (source.tableId === own.tableId) continue
      const folded = tallies.get(source.tableId)!
      folded.add(source.read, source.quarantined, 0)
      context.emit({ type: 'table-progress', ...folded.totals(), at: now() })
    }
    report(own)
  }
  for (const table of plan.tables) if (table.fate.kind === 'copy') report(tallies.get(table.id)!)

  // Existing foreign keys are checked as rows arrive: parents first.
  const waves = loadWaves(plan).map(({ ids, isCycle }) => ({
    isCycle,
    blocks: queue.filter(({ tableId }) => ids.includes(tableId)),
    ids,
  }))
  const isFilling = plan.schema.tables.some(({ existing }) => existing)
  const inOrder = tablesInOrder(plan)
  const turns = new Turns(inOrder, cores)
  const bytesOf = blockBytes(plan, inOrder, largestRows)
  let handedOut = 0
  for (const { isCycle, blocks, ids } of isFilling ? waves : [{ isCycle: false, blocks: queue, ids: [] }]) {
    if (isCycle && blocks.length > 0) {
      if (!(await context.control.mayContinue())) return false
      const ordered = blocks.toSorted(
        (a, b) => ids.indexOf(a.tableId) - ids.indexOf(b.tableId) || a.number - b.number,
      )
      for (const tableId of ids) begin(tableId)
      const outcomes = await copyCycle(ordered)
      for (const [at, block] of ordered.entries()) settle(block, outcomes[at]!, 'sqlite')
      handedOut += ordered.length
      continue
    }
    const waiting = [...blocks]
    await workers.performAll(
      async () => {
        const block = await turns.next(waiting)
        if (block === null) return null
        if (!(await context.control.mayContinue()) || loaded.isGivenUp) {
          waiting.unshift(block)
          turns.done([block])
          return null
        }
        const together = takeTogether(block, waiting, bytesOf)
        handedOut += together.length
        for (const { tableId } of together) begin(tableId)
        return { kind: 'copy-blocks', blocks: together }
      },
      ({ blocks: copied }, { result, elapsedMs }) => {
        if (result.kind !== 'copy-blocks') return
        turns.done(copied)
        for (const [at, block] of copied.entries()) {
          // The time of a group is divided among its blocks.
          if (copied.length > 1 && block.number === 0)
            tallies.get(block.tableId)!.startedAtMs = performance.now() - elapsedMs / copied.length
          const { outcome, reader } = result.copied[at]!
          settle(block, outcome, reader)
        }
      },
    )
    if (waiting.length > 0) return false
  }
  return handedOut === queue.length
}

/** Returns an upper bound of a block's bytes; infinite when it must be copied alone or its size is unknown. */
function blockBytes(
  plan: Plan,
  inOrder: ReadonlySet<string>,
  largestRows: WorkerData['largestRows'],
): (block: Block) => number {
  const rowBytes = new Map(
    plan.tables.flatMap((table) => {
      if (table.fate.kind !== 'copy' || inOrder.has(table.id)) return []
      const { folds, pivot, target } = table.fate.copy
      const { existing, distribution } = targetTableOf(plan, target)
      const isPlain = folds.length === 0 && pivot === null && !existing && distribution === undefined
      const bytes = largestRows?.[table.id]
      return isPlain && bytes !== undefined ? [[table.id, bytes] as const] : []
    }),
  )
  return ({ tableId, rows }) => {
    const bytes = rowBytes.get(tableId)
    return bytes === undefined ? Number.POSITIVE_INFINITY : rows * bytes
  }
}

/** Returns the tables of which the server refuses rows: the forecast assumes that the first of several rows with one key is kept. */
function tablesInOrder({ forecast }: Plan): ReadonlySet<string> {
  const refused = forecast?.tables.filter(({ quarantine }) =>
    quarantine.some(({ code }) => code === 'refused-by-server'),
  )
  return new Set(refused?.map(({ tableId }) => tableId))
}

/** Hands out blocks so that at most one block of an ordered table is under way, and no more at once than there are cores free. */
class Turns {
  readonly #inOrder: ReadonlySet<string>
  readonly #cores: SharedCores
  readonly #busy = new Set<string>()
  #underWay = 0
  #waiting: (() => void)[] = []

  constructor(inOrder: ReadonlySet<string>, cores: SharedCores) {
    this.#inOrder = inOrder
    this.#cores = cores
    cores.onFree(() => this.#wake())
  }

  /** Removes the next block from `waiting` and returns it; null when none is left. */
  async next(waiting: Block[]): Promise<Block | null> {
    while (waiting.length > 0) {
      const hasCore = this.#underWay < this.#cores.free
      const at = hasCore ? waiting.findIndex(({ tableId }) => !this.#busy.has(tableId)) : -1
      if (at >= 0) {
        const [block] = waiting.splice(at, 1)
        this.#underWay++
        if (this.#inOrder.has(block!.tableId)) this.#busy.add(block!.tableId)
        return block!
      }
      await new Promise<void>((resolve) => this.#waiting.push(resolve))
    }
    return null
  }

  /** Ends the turn of blocks that were copied together. */
  done(copied: readonly Block[]): void {
    this.#underWay--
    for (const { tableId } of copied) this.#busy.delete(tableId)
    this.#wake()
  }

  #wake(): void {
    for (const wake of this.#waiting.splice(0)) wake()
  }
}

/** Running totals of one table. */
class TableTally {
  readonly tableId: string
  openBlocks = 0
  startedAtMs: number | null = null
  finished = false
  #rows = 0
  #quarantined = 0
  #bytes = 0

  constructor(tableId: string) {
    this.tableId = tableId
  }

  expect(record: BlockRecord): void {
    this.openBlocks++
    if (record.outcome !== null) this.settle(record)
  }

  settle({ outcome }: BlockRecord): void {
    this.openBlocks--
    if (outcome === null) return
    for (const source of outcome.sources) {
      if (source.tableId === this.tableId) this.add(source.read, source.quarantined, outcome.bytes)
    }
  }

  add(rows: number, quarantined: number, bytes: number): void {
    this.#rows += rows
    this.#quarantined += quarantined
    this.#bytes += bytes
  }

  totals() {
    return { tableId: this.tableId, rows: this.#rows, quarantined: this.#quarantined, bytes: this.#bytes }
  }
}
