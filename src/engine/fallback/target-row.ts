/**
 * A target row as the fallback knows it: its fields, a hash that finds it, and a hash of the whole row. Invariant: an encoded source row and
 * the row that the server returns for it have the same `match` and the same `sum`.
 */
import { createHash } from 'node:crypto'
import { keyOf } from '../journal/change-capture.ts'
import type { CopyPlan } from '../model/plan.ts'

export type TargetRow = {
  /** Hash of the key columns, or of the whole row when there is no key; 32 hex digits. */
  readonly match: string
  readonly sum: string
  /** In the order of `CopyPlan.columns`; null for null. */
  readonly fields: readonly (Buffer | null)[]
}

/** Reads tuples of one table: fields with their length prefixes, as in COPY BINARY, and jsonb as the server prints it. */
export class TupleReader {
  readonly #key: readonly number[]

  constructor(copy: CopyPlan) {
    const names = copy.columns.map(({ target }) => target)
    this.#key = keyOf(copy).map((name) => names.indexOf(name))
  }

  /** Returns copies of the fields, which outlive the buffer. */
  read(tuple: Buffer): TargetRow {
    const bytes = Buffer.from(tuple)
    const spans: [number, number][] = []
    const fields: (Buffer | null)[] = []
    for (let at = 0; at < bytes.length; ) {
      const length = bytes.readInt32BE(at)
      const next = at + 4 + Math.max(0, length)
      spans.push([at, next])
      fields.push(length < 0 ? null : bytes.subarray(at + 4, next))
      at = next
    }
    const sum = hashOf([bytes])
    const match =
      this.#key.length === 0 ? sum : hashOf(this.#key.map((index) => bytes.subarray(...spans[index]!)))
    return { match, sum, fields }
  }
}

/** Returns the `match` of a tuple that has only the key's columns, in the order of `keyOf`. */
export function matchOfKey(tuple: Buffer): string {
  return hashOf([tuple])
}

function hashOf(parts: readonly Buffer[]): string {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return hash.digest('hex').slice(0, 32)
}
