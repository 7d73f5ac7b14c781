/** Fields of COPY BINARY tuples (PostgreSQL manual, COPY, "Tuples"). Invariant: bytes are selected, never changed. */
import type { CopyPlan } from '../../model/plan.ts'

/** Returns the target columns by which a row is found: its key, or all columns. */
export function identityOf(copy: CopyPlan): readonly string[] {
  return copy.identity.kind === 'columns' ? copy.identity.columns : copy.columns.map(({ target }) => target)
}

/** Returns a tuple of only these columns' fields. */
export function pickFields(copy: CopyPlan, tuple: Buffer, columns: readonly string[]): Buffer {
  if (columns.length === copy.columns.length) return tuple
  const fields = fieldsOf(tuple)
  const picked = columns.map((name) => fields[copy.columns.findIndex(({ target }) => target === name)]!)
  const count = Buffer.alloc(2)
  count.writeInt16BE(columns.length)
  return Buffer.concat([count, ...picked])
}

/** Returns the bytes of the row's key as a string, for use in maps. */
export function keyOf(copy: CopyPlan, tuple: Buffer): string {
  return pickFields(copy, tuple, identityOf(copy)).toString('latin1')
}

/** Returns the fields, each with its length prefix. */
function fieldsOf(tuple: Buffer): Buffer[] {
  const fields: Buffer[] = []
  for (let at = 2; at < tuple.length; ) {
    const end = at + 4 + Math.max(0, tuple.readInt32BE(at))
    fields.push(tuple.subarray(at, end))
    at = end
  }
  return fields
}
