/**
 * Compares every table with its source by checksum: the snapshot encoded again by the other reader, and the target read back.
 * Invariant: a table matches only when all three agree: the journal's sum of what was sent, the second encoding, and the target.
 */
import type { Task, TaskResult } from '../copy/task.ts'
import type { WorkerPool } from '../copy/worker-pool.ts'
import { RowSum } from '../encode/row-hash.ts'
import { refusalKey } from '../journal/journal.ts'
import type { Block } from '../model/block.ts'
import type { BlockRecord } from '../model/journal.ts'
import type { Plan, TablePlan } from '../model/plan.ts'
import { now, type Stage } from '../run/stage.ts'

export type TableVerdict = {
  readonly tableId: string
  readonly match: boolean
  readonly sourceRows: number
  readonly targetRows: number
  readonly source: string
  readonly target: string
  /** Blocks whose sums differ, where the target can be read by block; all of the table's blocks otherwise. */
  readonly differing: readonly Block[]
  /** The reader that read the snapshot again. */
  readonly reader: string
  readonly elapsedMs: number
}

/** Ordinals of the rows that the server had refused, by block. */
export type ServerRefusals = ReadonlyMap<string, readonly number[]>

export async function verifyChecksums(
  pool: WorkerPool,
  plan: Plan,
  records: readonly BlockRecord[],
  refusals: ServerRefusals,
  stage: Stage,
): Promise<TableVerdict[]> {
  const checks = new Map(
    plan.tables.flatMap((table) =>
      table.fate.kind === 'copy' ? [[table.id, new TableCheck(table)] as const] : [],
    ),
  )
  const tasks: Task[] = []
  for (const record of records) {
    const check = checks.get(record.block.tableId)
    if (check === undefined) continue
    check.expect(record)
    const refused = refusals.get(refusalKey(record.block.tableId, record.block.number)) ?? []
    tasks.push({ kind: 'sum-source', block: record.block, refused })
    if (check.ordered) tasks.push({ kind: 'sum-target', tableId: record.block.tableId, block: record.block })
  }
  for (const check of checks.values()) {
    if (!check.ordered || check.open === 0)
      tasks.push({ kind: 'sum-target', tableId: check.tableId, block: null })
    check.open = tasks.filter((task) => tableOf(task) === check.tableId).length
  }
  const size = (task: Task): number =>
    task.kind === 'sum-target' && task.block === null ? (plan.sourceRows[task.tableId] ?? 0) : 0
  tasks.sort((a, b) => size(b) - size(a))

  const verdicts: TableVerdict[] = []
  let next = 0
  await pool.performAll(
    async () => ((await stage.control.goOn()) ? (tasks[next++] ?? null) : null),
    (task, { result, elapsedMs }) => {
      const check = checks.get(tableOf(task))!
      check.take(task, result, elapsedMs)
      if (--check.open > 0) return
      const verdict = check.verdict()
      verdicts.push(verdict)
      const { tableId, match, targetRows, elapsedMs: spentMs } = verdict
      stage.emit({ type: 'table-verified', tableId, match, rows: targetRows, elapsedMs: spentMs, at: now() })
    },
  )
  return verdicts
}

function tableOf(task: Task): string {
  return task.kind === 'sum-target' ? task.tableId : task.block.tableId
}

class TableCheck {
  readonly tableId: string
  readonly ordered: boolean
  /** Tasks not yet done. */
  open = 0
  readonly #records = new Map<number, BlockRecord>()
  readonly #sources = new Map<number, Extract<TaskResult, { kind: 'sum-source' }>>()
  readonly #targets = new Map<number | 'table', Extract<TaskResult, { kind: 'sum-target' }>>()
  #elapsedMs = 0

  constructor(table: TablePlan) {
    this.tableId = table.id
    const identity = table.fate.kind === 'copy' ? table.fate.copy.identity : null
    this.ordered = identity?.kind === 'columns' && identity.ordered
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
  }

  verdict(): TableVerdict {
    const source = new RowSum()
    const target = new RowSum()
    const differing: Block[] = []
    let reader = 'sqlite'
    for (const [number, { block, outcome }] of this.#records) {
      const again = this.#sources.get(number)!
      reader = again.reader
      source.addSum(again.canonical, again.rows)
      const read = this.#targets.get(number)
      const sentAlike =
        outcome !== null && outcome.checksum === again.sent && outcome.targetRows === again.rows
      if (!sentAlike || (read !== undefined && (read.sum !== again.canonical || read.rows !== again.rows))) {
        differing.push(block)
      }
    }
    for (const read of this.#targets.values()) target.addSum(read.sum, read.rows)
    const sumsAgree = source.toString() === target.toString() && source.rows === target.rows
    if (!sumsAgree && differing.length === 0) {
      differing.push(...Array.from(this.#records.values(), ({ block }) => block))
    }
    return {
      tableId: this.tableId,
      match: sumsAgree && differing.length === 0,
      sourceRows: source.rows,
      targetRows: target.rows,
      source: source.toString(),
      target: target.toString(),
      differing,
      reader,
      elapsedMs: this.#elapsedMs,
    }
  }
}
