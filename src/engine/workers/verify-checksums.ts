/**
 * Compares every table with its source by checksum: the snapshot is encoded again by the other reader, and the target read back.
 * Invariant: a table matches only when three sums agree: the journal's sum of the bytes sent, that of the second encoding, and the
 * target's.
 */

import { now, type RunContext } from '../events/run-context.ts'
import { refusalKey } from '../journal/journal.ts'
import type { Block } from '../model/block.ts'
import type { BlockRecord } from '../model/journal.ts'
import type { Plan } from '../model/plan.ts'
import type { TableName } from '../model/target-schema.ts'
import type { ServerRefusals, TableVerdict } from '../model/verification.ts'
import { quoteTable } from '../syntax/postgres-names.ts'
import type { SharedCores } from '../threads/shared-cores.ts'
import type { CopyWorkers } from './copy-workers.ts'
import { TableCheck } from './table-check.ts'
import { takeTogether } from './take-together.ts'
import type { SourcePart, TargetPart, Task, TaskResult } from './task.ts'

/**
 * The comparison of all tables of a run. It starts at once with the snapshots, which can be read while the target is still being indexed,
 * continues with target tables as `readTarget` names them, and with the rest after `finish`, which returns the verdicts.
 */
export class ChecksumComparison {
  readonly #context: RunContext
  readonly #checks: ReadonlyMap<string, TableCheck>
  /** By the quoted name of the target table, which several source tables may share. */
  readonly #checksOf: ReadonlyMap<string, readonly TableCheck[]>
  readonly #sources: SourcePart[] = []
  /** Whole tables, largest first: each is read by one worker, so they precede everything else. */
  #wholeTargets: TargetPart[] = []
  #blockTargets: TargetPart[] = []
  readonly #entries: string[] = []
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
      this.#entries.push(check.tableId)
      check.open++
    }
    const rowsOf = ({ tableId }: TargetPart): number => plan.sourceRows[tableId] ?? 0
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
    this.#sources.push({ block, refused })
    if (!check.ordered) return
    this.#blockTargets.push({ tableId: block.tableId, block })
    check.open++
  }

  #expectWhole(check: TableCheck): void {
    if (check.ordered && check.open > 0) return
    this.#wholeTargets.push({ tableId: check.tableId, block: null })
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
    const isTargetComplete = this.#isTargetComplete
    return (
      (isTargetComplete ? this.#takeWholeTargets() : null) ??
      this.#takeSources() ??
      (isTargetComplete ? null : this.#takeWholeTargets()) ??
      this.#takeBlockTargets() ??
      (isTargetComplete ? this.#takeEntries() : null)
    )
  }

  #takeSources(): Task | null {
    const first = this.#sources.shift()
    if (first === undefined) return null
    const parts = takeTogether(first, this.#sources, ({ block }) => this.#bytesOf(block.tableId, block))
    return { kind: 'sum-sources', parts }
  }

  #takeWholeTargets(): Task | null {
    const [task, left] = this.#takeTargets(this.#wholeTargets)
    this.#wholeTargets = left
    return task
  }

  #takeBlockTargets(): Task | null {
    const [task, left] = this.#takeTargets(this.#blockTargets)
    this.#blockTargets = left
    return task
  }

  /** Returns a task of waiting parts that can be read now, or null, and the parts that remain. */
  #takeTargets(waiting: TargetPart[]): [Task | null, TargetPart[]] {
    const isReadable = ({ tableId }: TargetPart) => this.#isTargetComplete || this.#readable.has(tableId)
    const first = waiting.find(isReadable)
    if (first === undefined) return [null, waiting]
    const others = waiting.filter((part) => part !== first)
    const readable = others.filter(isReadable)
    const parts = takeTogether(first, readable, ({ tableId, block }) => this.#bytesOf(tableId, block))
    const taken = new Set(parts)
    return [{ kind: 'sum-targets', parts }, others.filter((part) => !taken.has(part))]
  }

  #takeEntries(): Task | null {
    const first = this.#entries.shift()
    if (first === undefined) return null
    return { kind: 'sum-entries', tableIds: takeTogether(first, this.#entries, () => 0) }
  }

  /** Returns the bytes as sent. */
  #bytesOf(tableId: string, block: Block | null): number {
    return this.#checks.get(tableId)!.bytesOf(block)
  }

  #wake(): void {
    for (const wake of this.#waiting.splice(0)) wake()
  }

  #enter(task: Task, result: TaskResult, elapsedMs: number): void {
    this.#underWay--
    // Workers that wait for a core may now take a task, or learn that none is left.
    this.#wake()
    if (task.kind === 'sum-sources' && result.kind === 'sum-sources') {
      const each = elapsedMs / task.parts.length
      for (const [at, { block }] of task.parts.entries())
        this.#settle(block.tableId, each, (check) => check.takeSource(block, result.sums[at]!))
    } else if (task.kind === 'sum-targets' && result.kind === 'sum-targets') {
      const each = elapsedMs / task.parts.length
      for (const [at, { tableId, block }] of task.parts.entries())
        this.#settle(tableId, each, (check) => check.takeTarget(block, result.sums[at]!))
    } else if (task.kind === 'sum-entries' && result.kind === 'sum-entries') {
      const each = elapsedMs / task.tableIds.length
      for (const [at, tableId] of task.tableIds.entries())
        this.#settle(tableId, each, (check) => check.takeEntries(result.sums[at]!))
    }
  }

  #settle(tableId: string, elapsedMs: number, take: (check: TableCheck) => void): void {
    const check = this.#checks.get(tableId)!
    take(check)
    check.elapsedMs += elapsedMs
    if (--check.open > 0) return
    const verdict = check.verdict()
    this.#verdicts.set(verdict.tableId, verdict)
    const { match, targetRows, elapsedMs: spentMs } = verdict
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
