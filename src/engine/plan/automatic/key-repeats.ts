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
import type { DraftColumn, TableDraft } from './auto-draft.ts'

/** Keys of larger tables are assumed to stay unique, since their rows would not fit into memory. */
const mostRows = 5_000_000

/** Returns the number of rows whose key becomes equal to a different key of an earlier row; 0 when that is impossible or unknown. */
export function countRepeats(
  { query, rows, source: { name } }: TableDraft,
  columns: readonly DraftColumn[],
): number {
  if (query === null || rows > mostRows || columns.length === 0) return 0
  if (columns.every(staysDistinct)) return 0
  const names = columns.map(({ source }) => quoteSqlite(source.name))
  const encoders = columns.map(({ conversion }) => cellEncoderOf(conversion))
  return query(`select ${names.join(', ')} from ${quoteSqlite(name)}`).reduce(
    (sum, answer) => sum + repeatsIn(answer, encoders),
    0,
  )
}

/** Counts within one database: rows of different databases differ by their origin. */
function repeatsIn(rows: readonly (readonly SqliteValue[])[], encoders: readonly CellEncoder[]): number {
  const cell = new Cell()
  const out = new ByteWriter(1 << 12)
  const seen = new Map<string, string>()
  let repeats = 0
  for (const row of rows) {
    out.position = 0
    // Null is equal to nothing, and a refused row goes to quarantine.
    const isKept = encoders.every((encoder, index) => {
      fill(cell, row[index]!)
      return row[index] !== null && encoder.encode(cell, out) < FIRST_REJECT
    })
    if (!isKept) continue
    const sent = out.buffer.toString('latin1', 0, out.position)
    const stored = row.map((value) => `${typeof value} ${value}`).join('\0')
    const earlier = seen.get(sent)
    if (earlier === undefined) seen.set(sent, stored)
    else if (earlier !== stored) repeats++
  }
  return repeats
}

/** Whether distinct values certainly stay distinct: they are of one storage class and are written unchanged. */
function staysDistinct({ census, conversion }: DraftColumn): boolean {
  const { integers, reals, texts, blobs, textForms, maxCharacters, totalBytes } = census
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
      if (texts + blobs === 0) return integers === 0 || reals === 0
      // One form and one length; 26 characters are a date and a time with six fractional digits.
      return (
        numbers + blobs === 0 &&
        totalBytes === texts * maxCharacters &&
        maxCharacters <= 26 &&
        (textForms.date === texts || textForms.instant === texts)
      )
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
