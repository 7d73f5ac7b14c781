/**
 * Reads rows of a query on a snapshot. Invariant: a text cell that is not valid UTF-8 is returned as its bytes. The driver replaces invalid
 * bytes by U+FFFD, so rows with that character are read a second time, as bytes.
 */

import { type SourceValue, textValue } from '../../rows/meaning/source-value.ts'
import type { SqliteDatabase } from '../../source/base/sqlite.ts'

type RawRow = readonly (null | bigint | number | string | Buffer)[]

/** `rest`: the statement from `from` on; its order must be total. */
export function readCells(
  db: SqliteDatabase,
  expressions: readonly string[],
  rest: string,
): Generator<readonly SourceValue[], void, undefined> {
  // Read before the generator starts: the driver runs no pragma while rows are read.
  const isUtf8 = db.pragma('encoding', { simple: true }) === 'UTF-8'
  return read(db, expressions, rest, isUtf8)
}

function* read(
  db: SqliteDatabase,
  expressions: readonly string[],
  rest: string,
  isUtf8: boolean,
): Generator<readonly SourceValue[], void, undefined> {
  let bytes: IterableIterator<unknown> | null = null
  let bytesRead = 0
  let number = 0
  try {
    for (const row of iterate(db, expressions, rest) as IterableIterator<RawRow>) {
      number++
      if (!isUtf8 || !row.some(mayHideBytes)) {
        yield row
        continue
      }
      bytes ??= iterate(
        db,
        expressions.map((expression) => `cast(${expression} as blob)`),
        rest,
      )
      let raw: RawRow = []
      for (; bytesRead < number; bytesRead++) raw = bytes.next().value as RawRow
      yield row.map((cell, index) => (mayHideBytes(cell) ? textValue(raw[index] as Buffer) : cell))
    }
  } finally {
    bytes?.return?.()
  }
}

function iterate(
  db: SqliteDatabase,
  expressions: readonly string[],
  rest: string,
): IterableIterator<unknown> {
  return db
    .prepare(`select ${expressions.join(', ')}\n${rest}`)
    .raw()
    .safeIntegers()
    .iterate()
}

function mayHideBytes(cell: RawRow[number]): boolean {
  return typeof cell === 'string' && cell.includes('\ufffd')
}
