/**
 * Compares every table with its source by checksum: the snapshot is encoded again by the other reader, and the target read back.
 * Invariant: a table matches only when three sums agree: the journal's sum of the bytes sent, that of the second encoding, and the
 * target's.
 */

import { RowSum } from '../encode/rows/row-hash.ts'
import { now, type RunContext } from '../events/run-context.ts'
import { refusalKey } from '../journal/journal.ts'
import type { Block } from '../model/block.ts'
import type { BlockRecord } from '../model/journal.ts'
import { copyPlanOf, type Plan, type TablePlan } from '../model/plan.ts'
import type { TableName } from '../model/target-schema.ts'
import type { ServerRefusals, TableVerdict } from '../model/verification.ts'
import { type EntriesSum, NO_ENTRIES } from '../rows/sum-entries.ts'
import { quoteTable } from '../syntax/postgres-names.ts'
import type { SharedCores } from '../threads/shared-cores.ts'
import type { CopyWorkers } from './copy-workers.ts'
import type { Task, TaskResult } from './task.ts'

/**
 * The comparison of all tables of a run. It starts at once with the snapshots, which can be read while the target is still being indexed,
 * continues with target tables as `readTarget` names them, and with the rest after `finish`, which returns the verdicts.
 */
export class ChecksumComparison {
  readonly #context: RunContext
  readonly #checks: ReadonlyMap<string, TableCheck>
  /** By the quoted name of the target table, which several source tables may share. */
  readonly #checksOf: ReadonlyMap<string, readonly TableCheck[]>
  readonly #sources: Task[] = []
  /** Whole tables, largest first: each is a single task, so they precede everything else. */
  readonly #wholeTargets: Task[] = []
  readonly #blockTargets: Task[] = []
  readonly #entries: Task[] = []
  readonly #verdicts = new Map<string, TableVerdict>()
  readonly #work: Promise<void>
  /** Tables whose target can already be read. */
  readonly #readable = new Set<string>()
  readonly #cores: SharedCores
  #underWay = 0
  #isTargetComplete = false
  #isOver = false
  #waiting: (() => void)[] = []

  constructor(
    workers: CopyWorkers,
    plan: Plan,
    records: readonly BlockRecord[],
    refusals: ServerRefusals,
    cores: SharedCores,
    context: RunContext,
  ) {
    this.#context = context
    this.#cores = cores
    cores.onFree(() => this.#wake())
    this.#checks = new Map(
      plan.tables.flatMap((table) =>
        table.fate.kind === 'copy' ? [[table.id, new TableCheck(table)] as const] : [],
      ),
    )
    this.#checksOf = Map.groupBy(this.#checks.values(), ({ target }) => quoteTable(target))
    for (const record of records) this.#expect(record, refusals)
    for (const check of this.#checks.values()) {
      this.#expectWhole(check)
      this.#entries.push({ kind: 'sum-entries', tableId: check.tableId })
      check.open++
    }
    const rowsOf = (task: Task): number => plan.sourceRows[tableOf(task)] ?? 0
    this.#wholeTargets.sort((a, b) => rowsOf(b) - rowsOf(a))
    this.#work = workers.performAll(
      () => this.#next(),
      (task, { result, elapsedMs }) => this.#enter(task, result, elapsedMs),
    )
    // Its rejection is reported by `finish`.
    this.#work.catch(() => {})
  }

  /** Reads a target table whose rows no longer change and whose readers will not be locked out. */
  readTarget(target: TableName): void {
    for (const { tableId } of this.#checksOf.get(quoteTable(target)) ?? []) this.#readable.add(tableId)
    this.#wake()
  }

  /** Reads the rest of the complete target. Returns verdicts in the plan's order; of a stopped run, those of the finished tables. */
  async finish(): Promise<readonly TableVerdict[]> {
    this.#isTargetComplete = true
    this.#wake()
    await this.#work
    return [...this.#checks.keys()].flatMap((tableId) => this.#verdicts.get(tableId) ?? [])
  }

  /** Ends the comparison, complete or not, when running tasks have ended. */
  async close(): Promise<void> {
    this.#isOver = true
    this.#wake()
    await this.#work.catch(() => {})
  }

  #expect(record: BlockRecord, refusals: ServerRefusals): void {
    const { block } = record
    const check = this.#checks.get(block.tableId)
    if (check === undefined) return
    check.expect(record)
    const refused = refusals.get(refusalKey(block.tableId, block.number)) ?? []
    this.#sources.push({ kind: 'sum-source', block, refused })
    if (!check.ordered) return
    this.#blockTargets.push({ kind: 'sum-target', tableId: block.tableId, block })
    check.open++
  }

  #expectWhole(check: TableCheck): void {
    if (check.ordered && check.open > 0) return
    this.#wholeTargets.push({ kind: 'sum-target', tableId: check.tableId, block: null })
    check.open++
  }

  async #next(): Promise<Task | null> {
    for (;;) {
      if (this.#isOver || !(await this.#context.control.mayContinue())) return null
      if (this.#underWay < this.#cores.free) {
        const task = this.#take()
        if (task !== null) this.#underWay++
        if (task !== null || this.#isTargetComplete) return task
      }
      await new Promise<void>((resolve) => this.#waiting.push(resolve))
    }
  }

  /** Returns a task that can be performed now; null when there is none. */
  #take(): Task | null {
    if (!this.#isTargetComplete) return this.#sources.shift() ?? this.#takeReadable()
    const left = [this.#wholeTargets, this.#sources, this.#blockTargets, this.#entries]
    return left.find((tasks) => tasks.length > 0)?.shift() ?? null
  }

  #takeReadable(): Task | null {
    for (const tasks of [this.#wholeTargets, this.#blockTargets]) {
      const index = tasks.findIndex((task) => this.#readable.has(tableOf(task)))
      if (index >= 0) return tasks.splice(index, 1)[0]!
    }
    return null
  }

  #wake(): void {
    for (const wake of this.#waiting.splice(0)) wake()
  }

  #enter(task: Task, result: TaskResult, elapsedMs: number): void {
    this.#underWay--
    // Workers that wait for a core may now take a task, or learn that none is left.
    this.#wake()
    const check = this.#checks.get(tableOf(task))!
    check.take(task, result, elapsedMs)
    if (--check.open > 0) return
    const verdict = check.verdict()
    this.#verdicts.set(verdict.tableId, verdict)
    const { tableId, match, targetRows, elapsedMs: spentMs } = verdict
    this.#context.emit({
      type: 'table-verified',
      tableId,
      match,
      rows: targetRows,
      elapsedMs: spentMs,
      at: now(),
    })
  }
}

function tableOf(task: Task): string {
  return task.kind === 'sum-target' || task.kind === 'sum-entries' ? task.tableId : task.block.tableId
}

class TableCheck {
  readonly tableId: string
  readonly target: TableName
  readonly ordered: boolean
  /** Tasks not yet done. */
  open = 0
  readonly #records = new Map<number, BlockRecord>()
  readonly #sources = new Map<number, Extract<TaskResult, { kind: 'sum-source' }>>()
  readonly #targets = new Map<number | 'table', Extract<TaskResult, { kind: 'sum-target' }>>()
  #entries: ReadonlyMap<number, EntriesSum> = new Map()
  #elapsedMs = 0

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

  take(task: Task, result: TaskResult, elapsedMs: number): void {
    this.#elapsedMs += elapsedMs
    if (task.kind === 'sum-source' && result.kind === 'sum-source')
      this.#sources.set(task.block.number, result)
    if (task.kind === 'sum-target' && result.kind === 'sum-target') {
      this.#targets.set(task.block === null ? 'table' : task.block.number, result)
    }
    if (result.kind === 'sum-entries') this.#entries = result.byBlock
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
    // Only in an ordered table it is known which target rows belong to a block.
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
      elapsedMs: this.#elapsedMs,
    }
  }
}
