/** Long values: pieces give the same as the whole, however they are cut, and the same as a document that is read. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ByteWriter } from '../../../../src/engine/encode/cell/byte-writer.ts'
import { Cell, type LongBytes } from '../../../../src/engine/encode/cell/cell.ts'
import { EXACT, FIRST_REJECT } from '../../../../src/engine/encode/cell/conversion-encoder.ts'
import { storedCellOf } from '../../../../src/engine/encode/cell/stored-cell.ts'
import { cellEncoderOf } from '../../../../src/engine/encode/conversions/cell-encoder.ts'
import { unchangedJsonEncoder } from '../../../../src/engine/encode/conversions/json.ts'
import { canonicalJson } from '../../../../src/engine/encode/json/json-canonical.ts'
import { REFUSED_BY_JSONB, scanJson } from '../../../../src/engine/encode/json/json-text.ts'
import { RowSum } from '../../../../src/engine/encode/rows/row-hash.ts'
import { countCharacters, countLongCharacters } from '../../../../src/engine/encode/text/utf8.ts'
import { addCanonical } from '../../../../src/engine/rows/canonical-tuple.ts'
import { SpellingCount } from '../../../../src/engine/source/census/spelling-count.ts'
import { anyCharacter } from '../../../support/any-character.ts'
import { propertyRuns } from '../../../support/breadth.ts'
import { documentTexts } from '../json/json-texts.ts'

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

const longOf = (bytes: Buffer, sizes: readonly number[]): LongBytes => ({
  length: bytes.length,
  pieces: () => piecesOf(bytes, sizes),
})

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

test('text, bytes and JSON are encoded, kept and taken back alike', () => {
  const kinds = fc.constantFrom(
    { kind: 'text', maxCharacters: null } as const,
    { kind: 'text', maxCharacters: 9 } as const,
    { kind: 'bytes' } as const,
    ...(['document', 'string', 'only-documents'] as const).flatMap((text) => [
      { kind: 'json', storage: 'json', text } as const,
      { kind: 'json', storage: 'jsonb', text } as const,
    ]),
  )
  const bytes = fc.oneof(
    anyText,
    documentTexts.map((text) => Buffer.from(text)),
  )
  const field = fc.tuple(kinds, bytes, fc.boolean(), fc.boolean())
  fc.assert(
    fc.property(fc.array(field, { maxLength: 6 }), cuts, fc.nat({ max: 5 }), (fields, sizes, taken) => {
      const short = new ByteWriter()
      const long = new ByteWriter()
      const marks: number[] = []
      for (const [conversion, value, isText, isLong] of fields) {
        const plain = new Cell()
        const shown = new Cell()
        if (isText) plain.setText(value, 0, value.length)
        else plain.setBlob(value, 0, value.length)
        shown.setLong(plain.storage as 3 | 4, longOf(value, sizes))
        expect(storedCellOf(shown)).toEqual(storedCellOf(plain))
        marks.push(short.whole(0).length, long.position)
        const encoder = cellEncoderOf(conversion)
        const expected = encoder.encode(plain, short)
        expect(encoder.encode(isLong ? shown : plain, long)).toBe(expected)
        if (expected < FIRST_REJECT) continue
        // As the row is refused.
        short.takeBack(marks.at(-2)!)
        long.takeBack(marks.at(-1)!)
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

/** Returns null for what jsonb refuses or loses part of. */
function printedByJsonb(text: string): Buffer | null {
  const bytes = Buffer.from(text)
  if ((scanJson(bytes, 0, bytes.length) & REFUSED_BY_JSONB) !== 0) return null
  const out = new ByteWriter()
  canonicalJson(bytes, 0, bytes.length, out)
  return out.whole(0)
}

/** Whether the census counts the text among the documents that the type returns as they are written. */
function ofDocument(bytes: Buffer, storage: 'json' | 'jsonb'): boolean {
  const count = new SpellingCount()
  count.seeJson(bytes, 0, bytes.length, 1)
  const { jsonDocuments, printedDocuments } = count.counted()
  return (storage === 'json' ? jsonDocuments : printedDocuments) === 1
}

test('a document that comes back as it is written is encoded alike, read or not', () => {
  let documents = 0
  fc.assert(
    fc.property(documentTexts, fc.constantFrom('json', 'jsonb' as const), cuts, (text, storage, sizes) => {
      const bytes = storage === 'json' ? Buffer.from(text) : printedByJsonb(text)
      if (bytes === null || !ofDocument(bytes, storage)) return
      documents++
      const conversion = { kind: 'json', storage, text: 'document' } as const
      const [plain, shown] = [new Cell(), new Cell()]
      plain.setText(bytes, 0, bytes.length)
      shown.setLong(3, longOf(bytes, sizes))
      const [read, unread] = [new ByteWriter(), new ByteWriter()]
      expect(cellEncoderOf(conversion).encode(plain, read)).toBe(EXACT)
      for (const cell of [plain, shown]) {
        expect(unchangedJsonEncoder(conversion).encode(cell, unread)).toBe(EXACT)
        expect(unread.whole(0)).toEqual(read.whole(0))
        unread.takeBack(0)
      }
    }),
    { numRuns: propertyRuns(4000) },
  )
  expect(documents).toBeGreaterThan(propertyRuns(4000) / 4)
})

test('a row with long documents has the sum of what the server returns', () => {
  const jsonb = cellEncoderOf({ kind: 'json', storage: 'jsonb', text: 'document' })
  const blob = cellEncoderOf({ kind: 'bytes' })
  const field = fc.tuple(documentTexts, fc.boolean(), fc.boolean())
  fc.assert(
    fc.property(fc.array(field, { minLength: 1, maxLength: 4 }), cuts, (fields, sizes) => {
      const [short, long] = [new ByteWriter(), new ByteWriter()]
      for (const out of [short, long]) out.int16(fields.length)
      for (const [text, isJsonb, isLong] of fields) {
        const bytes = Buffer.from(text)
        const [plain, shown] = [new Cell(), new Cell()]
        plain.setText(bytes, 0, bytes.length)
        shown.setLong(3, longOf(bytes, sizes))
        const encoder = isJsonb ? jsonb : blob
        if (encoder.encode(plain, short) >= FIRST_REJECT) return
        encoder.encode(isLong ? shown : plain, long)
      }
      const positions = Uint8Array.from(fields, ([, isJsonb]) => (isJsonb ? 1 : 0))
      const sums = [short, long].map((out) => {
        const sum = new RowSum()
        addCanonical(sum, out, 2, positions)
        return sum.toString()
      })
      expect(sums[1]).toBe(sums[0])
    }),
    { numRuns: propertyRuns(2000) },
  )
})
