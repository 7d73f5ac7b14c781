/**
 * The two sides of checksum verification: the block encoded again from the snapshot, and the rows that the target gives back.
 * Invariant: both sum the same bytes for equal rows: every field with its length, in the order of `comparedPlan`,
 * jsonb as PostgreSQL prints it.
 */
import { ByteWriter } from '../encode/byte-writer.ts'
import { canonicalJson } from '../encode/json-canonical.ts'
import type { OrphanTest } from '../encode/row-encoder.ts'
import { RowSum } from '../encode/row-hash.ts'
import type { Block } from '../model/block.ts'
import type { ColumnOrigin, CopyPlan } from '../model/plan.ts'
import type { StoredCell } from '../model/storage.ts'
import type { TargetTable } from '../model/target-schema.ts'
import type { TableReader } from '../source/reader.ts'
import type { Connection } from '../target/connection.ts'
import { copyOut } from '../target/copy.ts'
import { quoteIdentifier, quoteLiteral, quoteTable } from '../target/identifier.ts'
import { ownRowsConditions, whereAll } from '../target/own-rows.ts'
import { comparedEncoder, comparedPlan } from './compared.ts'

const ROWS_AT_ONCE = 1000

/** Encodes the block's rows again, except those whose ordinals the server had refused. */
export function sumSource(
  table: {
    readonly copy: CopyPlan
    readonly target: TargetTable
    readonly orphans: readonly (OrphanTest | null)[]
  },
  reader: TableReader,
  block: Block,
  refused: ReadonlySet<number>,
): { rows: number; sent: string; canonical: string } {
  const encoder = comparedEncoder(table.copy, table.target, table.orphans)
  const out = new ByteWriter()
  const canonical = jsonbPositions(table.copy)
  const isOther = canonical !== null || (table.copy.computed ?? []).length > 0
  const canonicalSum = new RowSum()
  const reading = reader.open(block)
  for (let more = true; more; ) {
    more = reading.advance(ROWS_AT_ONCE, (row) => {
      if (!row.wanted || refused.has(row.ordinal)) return
      out.position = 0
      if (!encoder.encode(row, out) || !isOther) return
      const tuple = canonicalTuple(out.buffer, 2, out.position, canonical)
      canonicalSum.add(tuple, 0, tuple.length)
    })
  }
  const sent = encoder.sent.toString()
  return { rows: encoder.sent.rows, sent, canonical: isOther ? canonicalSum.toString() : sent }
}

/** Sums what the target holds of the run's rows: the whole table, or the rows in an ordered block's range. */
export async function sumTarget(
  connection: Connection,
  copy: CopyPlan,
  run: string,
  block: Block | null,
): Promise<{ rows: number; sum: string }> {
  const sum = new RowSum()
  const statement = readBackStatement(copy, rowConditions(copy, run, block))
  await copyOut(connection, statement, (buffer, start, end) => sum.add(buffer, start, end))
  return { rows: sum.rows, sum: sum.toString() }
}

/** Conditions on the target's rows that are those of the plan, and of the block where one is given. */
export function rowConditions(copy: CopyPlan, run: string, block: Block | null): readonly string[] {
  return [...ownRowsConditions(copy, run), ...(block === null ? [] : rangeConditions(copy, block))]
}

/** Reads the rows for which all the conditions hold. */
export function readBackStatement(copy: CopyPlan, conditions: readonly string[]): string {
  const columns = comparedPlan(copy)
    .columns.map((column) => quoteIdentifier(column.target))
    .join(', ')
  const from = `${quoteTable(copy.target)}${whereAll(conditions)}`
  return `copy (select ${columns} from ${from}) to stdout (format binary)`
}

/** Conditions of an ordered block's rows. */
export function rangeConditions(copy: CopyPlan, block: Block): readonly string[] {
  if (copy.identity.kind !== 'columns' || !copy.identity.ordered) {
    throw new Error(`${copy.target.schema}.${copy.target.table} has no key that its blocks are ranges of`)
  }
  const column = quoteIdentifier(copy.identity.columns[0]!)
  const conditions: string[] = []
  if (block.range.after !== null) conditions.push(`${column} > ${integerLiteral(block.range.after[0])}`)
  if (block.range.through !== null) conditions.push(`${column} <= ${integerLiteral(block.range.through[0])}`)
  return conditions
}

function integerLiteral(cell: StoredCell | undefined): string {
  if (cell === undefined || cell === null || !('integer' in cell)) throw new Error('a rowid is an integer')
  return `${quoteLiteral(cell.integer)}::bigint`
}

/** Which fields are jsonb; null when none is. */
export function jsonbPositions(copy: CopyPlan): Uint8Array | null {
  const positions = Uint8Array.from(comparedPlan(copy).columns, (column) => (isJsonb(column.from) ? 1 : 0))
  return positions.includes(1) ? positions : null
}

function isJsonb(from: ColumnOrigin): boolean {
  switch (from.kind) {
    case 'gather':
    case 'fold':
    case 'pivot':
      return true
    case 'nothing':
      return false
    default:
      return from.conversion.kind === 'json' && from.conversion.storage === 'jsonb'
  }
}

/** The tuple's fields as the server gives them back; valid until the next call. */
export function canonicalTuple(buffer: Buffer, start: number, end: number, jsonb: Uint8Array | null): Buffer {
  if (jsonb === null) return buffer.subarray(start, end)
  rewritten.position = 0
  rewriteTuple(buffer, start, end, jsonb, rewritten)
  return rewritten.buffer.subarray(0, rewritten.position)
}

const rewritten = new ByteWriter()

/** Copies the tuple's fields, jsonb ones in the server's canonical text. */
function rewriteTuple(tuple: Buffer, start: number, end: number, jsonb: Uint8Array, out: ByteWriter): void {
  let at = start
  for (let field = 0; at < end; field++) {
    const length = tuple.readInt32BE(at)
    const next = at + 4 + Math.max(length, 0)
    if (length < 0 || jsonb[field] === 0) {
      out.bytes(tuple, at, next)
    } else {
      out.reserve(5)
      const lengthAt = out.position
      out.position += 4
      out.int8(1)
      canonicalJson(tuple, at + 5, next, out)
      out.int32At(lengthAt, out.position - lengthAt - 4)
    }
    at = next
  }
}
