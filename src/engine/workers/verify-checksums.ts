/**
 * Compares every table with its source by checksum: the snapshot encoded again by the other reader, and the target read back.
 * Invariant: a table matches only when all three agree: the journal's sum of what was sent, the second encoding, and the target.
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
 * The comparison of all tables of a run. It begins at once with the snapshots, which can be read while the target is still being
 * indexed, and continues with tables of the target as `readTarget` names them; `finish` lets it read all. Verdicts come after that.
 */
export class ChecksumComparison {
  readonly #context: RunContext
  readonly #checks: ReadonlyMap<string, TableCheck>
  /** By the quoted name of the target, which several tables may have. */
  readonly #checksOf: ReadonlyMap<string, readonly TableCheck[]>
  readonly #sources: Task[] = []
  /** Whole tables, the largest first: each is one task, so they come before everything else. */
  readonly #wholeTargets: Task[] = []
  readonly #blockTargets: Task[] = []
  readonly #entries: Task[] = []
  readonly #verdicts = new Map<string, TableVerdict>()
  readonly #work: Promise<void>
  /** Tables whose target can be read already. */
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
    // What it throws is reported by `finish`.
    this.#work.catch(() => {})
  }

  /** Nothing more will be done to the table of the target that changes its rows or locks its readers out: reads it. */
  readTarget(target: TableName): void {
    for (const { tableId } of this.#checksOf.get(quoteTable(target)) ?? []) this.#readable.add(tableId)
    this.#wake()
  }

  /** The target is complete: reads what is left of it. The verdicts of all tables in the plan's order, or of those that were done when the run was stopped. */
  async finish(): Promise<readonly TableVerdict[]> {
    this.#isTargetComplete = true
    this.#wake()
    await this.#work
    return [...this.#checks.keys()].flatMap((tableId) => this.#verdicts.get(tableId) ?? [])
  }

  /** Ends it, finished or not, once running tasks are done. */
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

  /** A task that can be done now. */
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
    // Those that wait for a core may take the next task, or learn that there is none.
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
    // Only in an ordered table is it known which rows of the target are a block's.
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
