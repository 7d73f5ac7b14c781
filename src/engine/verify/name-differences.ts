/**
 * Names the differences behind unequal checksums: which rows, which columns, both values. Invariant: when it finds none, it reports the
 * unequal sums themselves; a difference never disappears here.
 */

import { ByteWriter } from '../encode/cell/byte-writer.ts'
import type { Block } from '../model/block.ts'
import { type CopyPlan, copyPlanOf, targetTableOf } from '../model/plan.ts'
import type { Difference } from '../model/report.ts'
import type { TableVerdict } from '../model/verification.ts'
import { canonicalTuple, jsonbPositions } from '../rows/canonical-tuple.ts'
import { comparedEncoder, comparedPlan } from '../rows/compared.ts'
import { readBackStatement, rowConditions } from '../rows/sum-rows.ts'
import type { WorkerData } from '../rows/worker-data.ts'
import { orphanTestsOf } from '../source/staging/orphans.ts'
import type { Connection } from '../target/connection/connection.ts'
import { tupleFields } from '../target/copy/copy-binary.ts'
import { copyOut } from '../target/copy/copy-out.ts'
import { readHeld } from '../target/guards/foreign-names.ts'
import { openComparedReader } from './compared-reader.ts'
import { printField } from './print-field.ts'

/** Maximum number of named differences of one table; the rest are counted. */
const mostNamed = 100
/** Rows held in memory at once. */
const rowsAtOnce = 400_000

export async function nameDifferences(
  connection: Connection,
  workerData: WorkerData,
  verdict: TableVerdict,
): Promise<Difference[]> {
  const plan = workerData.plan.tables.find((table) => table.id === verdict.tableId)!
  const copy = copyPlanOf(plan)
  const comparison = new Comparison(verdict.tableId, comparedPlan(copy))
  const ordered = copy.identity.kind === 'columns' && copy.identity.ordered
  const parts = ordered ? verdict.differing.map((block) => [block]) : [verdict.differing]
  for (const blocks of parts) {
    const rows = blocks.reduce((total, block) => total + block.rows, 0)
    const passes = Math.max(1, Math.ceil(rows / rowsAtOnce))
    for (let pass = 0; pass < passes && comparison.found.length < mostNamed; pass++) {
      const inPass = (key: string): boolean => passes === 1 || hashOf(key) % passes === pass
      readSource(workerData, plan.id, blocks, comparison, inPass)
      const range = ordered ? blocks[0]! : null
      const statement = readBackStatement(copy, rowConditions(copy, workerData.run, range))
      await readHeld(connection, [copy.target], () =>
        copyOut(connection, statement, (buffer, start, end) => {
          comparison.addTarget(buffer, start, end, inPass)
        }),
      )
      comparison.endPass()
    }
  }
  if (comparison.found.length > 0) return comparison.found
  const { tableId, source, target } = verdict
  return [{ table: tableId, kind: 'checksum', key: null, column: null, source, target }]
}

function readSource(
  workerData: WorkerData,
  tableId: string,
  blocks: readonly Block[],
  comparison: Comparison,
  inPass: (key: string) => boolean,
): void {
  const plan = workerData.plan.tables.find((table) => table.id === tableId)!
  const copy = copyPlanOf(plan)
  const reader = openComparedReader(workerData, plan)
  const target = targetTableOf(workerData.plan, copy.target)
  const encoder = comparedEncoder(copy, target, {
    orphans: orphanTestsOf(workerData.orphans, plan),
    exact: false,
  })
  const jsonb = jsonbPositions(copy)
  const out = new ByteWriter()
  try {
    for (const block of blocks) {
      const reading = reader.open(block)
      const visit = (row: Parameters<Parameters<typeof reading.advance>[1]>[0]): void => {
        out.position = 0
        if (!row.wanted || encoder.encode(row, out) !== null) return
        comparison.addSource(canonicalTuple(out.buffer, 2, out.position, jsonb), inPass)
      }
      while (reading.advance(1000, visit));
    }
  } finally {
    reader.close()
  }
}

/** Pairs rows of the source with equal ones in the target. */
class Comparison {
  readonly found: Difference[] = []
  readonly #tableId: string
  readonly #copy: CopyPlan
  readonly #key: readonly number[]
  readonly #waiting = new Map<string, Buffer[]>()

  constructor(tableId: string, copy: CopyPlan) {
    this.#tableId = tableId
    this.#copy = copy
    const { identity } = copy
    this.#key =
      identity.kind === 'multiset'
        ? []
        : identity.columns.map((name) => copy.columns.findIndex((column) => column.target === name))
  }

  addSource(tuple: Buffer, inPass: (key: string) => boolean): void {
    const key = this.#keyOf(tuple)
    if (!inPass(key)) return
    const alike = this.#waiting.get(key)
    if (alike === undefined) this.#waiting.set(key, [Buffer.from(tuple)])
    else alike.push(Buffer.from(tuple))
  }

  addTarget(buffer: Buffer, start: number, end: number, inPass: (key: string) => boolean): void {
    const tuple = buffer.subarray(start, end)
    const key = this.#keyOf(tuple)
    if (!inPass(key)) return
    const alike = this.#waiting.get(key)
    const same = alike?.findIndex((row) => row.equals(tuple)) ?? -1
    const other = same < 0 ? alike?.[0] : undefined
    if (alike === undefined) {
      this.#note('extra-row', tuple, null, null, null)
      return
    }
    if (other !== undefined) this.#noteChanges(other, tuple)
    alike.splice(Math.max(same, 0), 1)
    if (alike.length === 0) this.#waiting.delete(key)
  }

  /** Reports the remaining source rows as missing in the target. */
  endPass(): void {
    for (const rows of this.#waiting.values()) {
      for (const row of rows) this.#note('missing-row', row, null, null, null)
    }
    this.#waiting.clear()
  }

  #noteChanges(source: Buffer, target: Buffer): void {
    const before = tupleFields(source)
    const after = tupleFields(target)
    this.#copy.columns.forEach((column, index) => {
      const [was, is] = [before[index]!, after[index]!]
      if (was === is || (was !== null && is !== null && was.equals(is))) return
      this.#note('changed', source, column.target, printField(was, column.from), printField(is, column.from))
    })
  }

  #note(
    kind: Difference['kind'],
    tuple: Buffer,
    column: string | null,
    source: string | null,
    target: string | null,
  ): void {
    if (this.found.length >= mostNamed) return
    this.found.push({ table: this.#tableId, kind, key: this.#printKey(tuple), column, source, target })
  }

  #keyOf(tuple: Buffer): string {
    if (this.#key.length === 0) return tuple.toString('latin1')
    const fields = tupleFields(tuple)
    return this.#key.map((index) => fields[index]?.toString('latin1') ?? '\u0100').join('\u0101')
  }

  #printKey(tuple: Buffer): string | null {
    if (this.#key.length === 0) return null
    const fields = tupleFields(tuple)
    return this.#key.map((index) => printField(fields[index]!, this.#copy.columns[index]!.from)).join(', ')
  }
}

function hashOf(key: string): number {
  let hash = 0
  for (let index = 0; index < key.length; index++) hash = (Math.imul(hash, 31) + key.charCodeAt(index)) >>> 0
  return hash
}
