/** Long values: pieces give the same as the whole, however they are cut. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ByteWriter } from '../../../../src/engine/encode/cell/byte-writer.ts'
import { Cell } from '../../../../src/engine/encode/cell/cell.ts'
import { storedCellOf } from '../../../../src/engine/encode/cell/stored-cell.ts'
import { cellEncoderOf } from '../../../../src/engine/encode/conversions/cell-encoder.ts'
import { RowSum } from '../../../../src/engine/encode/rows/row-hash.ts'
import { countCharacters, countLongCharacters } from '../../../../src/engine/encode/text/utf8.ts'
import { anyCharacter } from '../../../support/any-character.ts'
import { propertyRuns } from '../../../support/breadth.ts'

const cuts = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 8 })

function* piecesOf(bytes: Buffer, sizes: readonly number[]): Generator<Buffer> {
  // One memory for all pieces: who keeps one sees it change.
  const memory = Buffer.alloc(40)
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const size = Math.min(sizes[i % sizes.length]!, bytes.length - at)
    bytes.copy(memory, 0, at, at + size)
    yield memory.subarray(0, size)
    at += size
  }
}

const anyText = fc.oneof(
  fc.string({ unit: anyCharacter, maxLength: 60 }).map((text) => Buffer.from(text)),
  fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes)),
  fc
    .array(fc.constantFrom('a', '\0', 'é', '€', '🦆'), { maxLength: 30 })
    .map((parts) => Buffer.from(parts.join(''))),
  fc
    .tuple(fc.constantFrom('é', '€', '🦆', 'x'), fc.integer({ min: 1, max: 3 }))
    .map(([last, cut]) => Buffer.from(`text ${last}`).subarray(0, -cut)),
)

test('characters are counted, and refused, alike', () => {
  fc.assert(
    fc.property(anyText, cuts, (bytes, sizes) => {
      expect(countLongCharacters(piecesOf(bytes, sizes))).toBe(countCharacters(bytes, 0, bytes.length))
    }),
    { numRuns: propertyRuns(2000) },
  )
})

test('a row in parts has the sum of the row', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 90 }), { maxLength: 5 }), cuts, (rows, sizes) => {
      const whole = new RowSum()
      const parted = new RowSum()
      for (const row of rows) {
        whole.add(row, 0, row.length)
        if (row.length % 3 === 0) parted.add(row, 0, row.length)
        else parted.addParts(piecesOf(Buffer.from(row), sizes))
      }
      expect([parted.toString(), parted.rows]).toEqual([whole.toString(), whole.rows])
    }),
    { numRuns: propertyRuns(1000) },
  )
})

test('text and bytes are encoded, kept and taken back alike', () => {
  const kinds = fc.constantFrom(
    { kind: 'text', maxCharacters: null } as const,
    { kind: 'text', maxCharacters: 9 } as const,
    { kind: 'bytes' } as const,
  )
  const field = fc.tuple(kinds, anyText, fc.boolean(), fc.boolean())
  fc.assert(
    fc.property(fc.array(field, { maxLength: 6 }), cuts, fc.nat({ max: 5 }), (fields, sizes, taken) => {
      const short = new ByteWriter()
      const long = new ByteWriter()
      const marks: number[] = []
      for (const [conversion, bytes, isText, isLong] of fields) {
        const plain = new Cell()
        const shown = new Cell()
        if (isText) plain.setText(bytes, 0, bytes.length)
        else plain.setBlob(bytes, 0, bytes.length)
        const value = { length: bytes.length, pieces: () => piecesOf(bytes, sizes) }
        shown.setLong(plain.storage as 3 | 4, value)
        expect(storedCellOf(shown)).toEqual(storedCellOf(plain))
        marks.push(short.whole(0).length, long.position)
        const encoder = cellEncoderOf(conversion)
        expect(encoder.encode(isLong ? shown : plain, long)).toBe(encoder.encode(plain, short))
      }
      expect(long.whole(0)).toEqual(short.whole(0))
      if (taken >= fields.length) return
      // The fields from `taken` on are refused.
      long.takeBack(marks[taken * 2 + 1]!)
      expect(long.whole(0)).toEqual(short.whole(0).subarray(0, marks[taken * 2]!))
    }),
    { numRuns: propertyRuns(1000) },
  )
})
