/**
 * Whether a key that is unique in SQLite stays unique in the target: 1 and 'true' are two values in SQLite, but one boolean. Invariant:
 * where a conversion could make values equal, they are compared as converted.
 */
import { ByteWriter } from '../../encode/cell/byte-writer.ts'
import { Cell } from '../../encode/cell/cell.ts'
import { type CellEncoder, FIRST_REJECT } from '../../encode/cell/conversion-encoder.ts'
import { cellEncoderOf } from '../../encode/conversions/cell-encoder.ts'
import type { SqliteValue } from '../../model/storage.ts'
import { quoteSqlite } from '../../syntax/sqlite-names.ts'
import { settleCensus } from '../base/settled-census.ts'
import type { DraftColumn, TableDraft } from './auto-draft.ts'

/** Keys of larger tables are assumed to stay unique: a number is kept in memory for each row. */
const mostRows = 5_000_000

/** Returns the number of rows whose key becomes equal to a different key of an earlier row; 0 when that is impossible or unknown. */
export function countRepeats(
  { iterate, rows, source: { name } }: TableDraft,
  columns: readonly DraftColumn[],
): number {
  if (iterate === null || rows > mostRows || columns.length === 0) return 0
  if (columns.every(staysDistinct)) return 0
  const names = columns.map(({ source }) => quoteSqlite(source.name))
  const sql = `select ${names.join(', ')} from ${quoteSqlite(name)}`
  const encoders = columns.map(({ conversion }) => cellEncoderOf(conversion))
  // Rows of different databases differ by their origin, and so are compared within each.
  const repeated = iterate(sql).map((ofDatabase) => repeatedHashes(ofDatabase, rows, encoders))
  if (repeated.every(({ size }) => size === 0)) return 0
  return iterate(sql).reduce(
    (sum, ofDatabase, index) => sum + repeatsIn(ofDatabase, encoders, repeated[index]!),
    0,
  )
}

/** Returns the hashes that more than one converted key has, without keeping the keys. `expected`: number of rows. */
function repeatedHashes(
  rows: Iterable<readonly SqliteValue[]>,
  expected: number,
  encoders: readonly CellEncoder[],
): ReadonlySet<number> {
  let hashes = new Float64Array(expected)
  let count = 0
  for (const { sent } of convertedKeys(rows, encoders)) {
    if (count === hashes.length) {
      const larger = new Float64Array(count * 2 + 1024)
      larger.set(hashes)
      hashes = larger
    }
    hashes[count++] = hashOf(sent)
  }
  const sorted = hashes.subarray(0, count).sort()
  return new Set(sorted.filter((hash, at) => hash === sorted[at - 1]))
}

/** Counts within one database, among the keys that have one of the hashes. */
function repeatsIn(
  rows: Iterable<readonly SqliteValue[]>,
  encoders: readonly CellEncoder[],
  hashes: ReadonlySet<number>,
): number {
  const seen = new Map<string, string>()
  let repeats = 0
  for (const { sent, row } of convertedKeys(rows, encoders)) {
    if (!hashes.has(hashOf(sent))) continue
    const key = sent.toString('latin1')
    const stored = row.map((value) => `${typeof value} ${value}`).join('\0')
    const earlier = seen.get(key)
    if (earlier === undefined) seen.set(key, stored)
    else if (earlier !== stored) repeats++
  }
  return repeats
}

/** Yields the keys that the target will hold, each valid until the next. Null is equal to nothing, and a refused row goes to quarantine. */
function* convertedKeys(
  rows: Iterable<readonly SqliteValue[]>,
  encoders: readonly CellEncoder[],
): Generator<{ readonly sent: Buffer; readonly row: readonly SqliteValue[] }> {
  const cell = new Cell()
  const out = new ByteWriter(1 << 12)
  for (const row of rows) {
    out.position = 0
    const isKept = encoders.every((encoder, index) => {
      fill(cell, row[index]!)
      return row[index] !== null && encoder.encode(cell, out) < FIRST_REJECT
    })
    if (isKept) yield { sent: out.buffer.subarray(0, out.position), row }
  }
}

/** A number of 53 bits. */
function hashOf(bytes: Uint8Array): number {
  let high = 0x811c9dc5
  let low = 0x2f72b421
  for (const byte of bytes) {
    high = Math.imul(high ^ byte, 0x01000193)
    low = Math.imul(low ^ byte, 0x5bd1e995)
    low ^= low >>> 15
  }
  return ((high ^ (high >>> 13)) >>> 11) * 2 ** 32 + (low >>> 0)
}

/** Whether distinct values certainly stay distinct: each can be read back from what it becomes, or they are of one storage class and written unchanged. */
function staysDistinct({ census, conversion }: DraftColumn): boolean {
  const settled = settleCensus(conversion, census)
  if (settled !== null && settled.normalized + settled.rounded === 0) return true
  const { integers, reals, texts, blobs } = census
  const numbers = integers + reals
  switch (conversion.kind) {
    case 'integer':
    case 'double':
      return texts + blobs === 0
    case 'numeric':
      return texts + blobs === 0 && conversion.scale === null
    case 'text':
      return numbers + blobs === 0 || (texts + blobs === 0 && (integers === 0 || reals === 0))
    case 'bytes':
      return texts === 0
    case 'timestamp':
    case 'timestamptz':
    case 'date':
      return texts + blobs === 0 && (integers === 0 || reals === 0)
    default:
      return false
  }
}

function fill(cell: Cell, value: SqliteValue): void {
  if (typeof value === 'bigint') cell.setBigInteger(value)
  else if (typeof value === 'number') cell.setReal(value)
  else if (typeof value === 'string') {
    const bytes = Buffer.from(value, 'utf8')
    cell.setText(bytes, 0, bytes.length)
  } else if (value === null) cell.setNull()
  else cell.setBlob(Buffer.from(value.buffer, value.byteOffset, value.byteLength), 0, value.byteLength)
}
