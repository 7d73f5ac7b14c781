/**
 * Whether a key that is unique in SQLite is so in the target: 1 and 'true' are two values there and one boolean here. Invariant:
 * where a conversion could make values equal they are converted, and compared as they will be sent.
 */
import { ByteWriter } from '../../encode/cell/byte-writer.ts'
import { Cell } from '../../encode/cell/cell.ts'
import { type CellEncoder, FIRST_REJECT } from '../../encode/cell/conversion-encoder.ts'
import { cellEncoderOf } from '../../encode/conversions/cell-encoder.ts'
import type { SqliteValue } from '../../model/storage.ts'
import { quoteSqlite } from '../../syntax/sqlite-names.ts'
import type { DraftColumn, TableDraft } from './auto-draft.ts'

/** Past this a key of doubtful values is trusted: its rows would not fit into memory. */
const mostRows = 5_000_000

/** Rows whose key becomes equal to an earlier row's different one; 0 where no conversion can do that, or the snapshot can't be asked. */
export function countRepeats(
  { query, rows, source: { name } }: TableDraft,
  columns: readonly DraftColumn[],
): number {
  if (query === null || rows > mostRows || columns.length === 0) return 0
  if (columns.every(keepsApart)) return 0
  const names = columns.map(({ source }) => quoteSqlite(source.name))
  const encoders = columns.map(({ conversion }) => cellEncoderOf(conversion))
  return query(`select ${names.join(', ')} from ${quoteSqlite(name)}`).reduce(
    (sum, answer) => sum + repeatsIn(answer, encoders),
    0,
  )
}

/** In the rows of one database: rows of other databases differ by their origin. */
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

/** Values that SQLite's own comparison tells apart stay apart: one storage class, written as it is. */
function keepsApart({ census, conversion }: DraftColumn): boolean {
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
      // One form of one length: 26 characters are a date, a time and six digits of a second.
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
