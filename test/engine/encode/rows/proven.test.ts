/** The verification's own look at what the row encoder writes: right fields stay as they are, and wrong ones equal nothing. */
import fc from 'fast-check'
import { expect, it, test } from 'vitest'
import { ByteWriter } from '../../../../src/engine/encode/cell/byte-writer.ts'
import { type CellEncoder, FIRST_REJECT } from '../../../../src/engine/encode/cell/conversion-encoder.ts'
import { cellEncoderOf } from '../../../../src/engine/encode/conversions/cell-encoder.ts'
import { proven } from '../../../../src/engine/encode/rows/proven.ts'
import type { Conversion } from '../../../../src/engine/model/conversion.ts'
import { propertyRuns } from '../../../support/breadth.ts'
import { cellOf, type SourceValue, StoredText } from '../conversions/cells.ts'
import { documentTexts } from '../json/json-texts.ts'

const jsonb = { kind: 'json', storage: 'jsonb', text: 'document' } as const
const cases: readonly (readonly [Conversion, SourceValue])[] = [
  [jsonb, 41n],
  [jsonb, 0.5],
  [jsonb, '{"a": 1}'],
  [jsonb, Buffer.from([1, 2, 3])],
  [{ ...jsonb, storage: 'json' }, '{"a":1}'],
  [{ kind: 'integer', bytes: 8, form: 'integer' }, -(2n ** 62n)],
  [{ kind: 'double' }, 0.1],
  [{ kind: 'numeric', precision: 20, scale: 8, form: 'real' }, 12.5],
  [{ kind: 'text', maxCharacters: null }, 'naïve'],
  [{ kind: 'bytes' }, Buffer.from([0, 255])],
  [{ kind: 'interval', unit: null }, '3 days 04:05:06'],
  [{ kind: 'address', isNetwork: false }, '10.0.0.1'],
  [{ kind: 'bits', length: null, isVarying: true }, '10110'],
  [{ kind: 'array', oid: 25, element: { kind: 'text', maxCharacters: null } }, '["a","b"]'],
]
const values: fc.Arbitrary<SourceValue> = fc.oneof(
  documentTexts,
  fc.string(),
  fc.constantFrom('10.0.0.1', '1 day', '101', '["a"]', '12.50', '5', ''),
  fc.constant(null),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.double({ noNaN: true }),
  fc.uint8Array({ maxLength: 6 }).map((bytes) => Buffer.from(bytes)),
  fc.uint8Array({ maxLength: 6 }).map((bytes) => new StoredText(bytes)),
)

function written(encoder: CellEncoder, value: SourceValue): readonly [outcome: number, field: Buffer] {
  const out = new ByteWriter(1)
  out.ascii('before')
  const outcome = encoder.encode(cellOf(value), out)
  return [outcome, outcome >= FIRST_REJECT ? Buffer.alloc(0) : Buffer.from(out.whole(6))]
}

/** Writes what the encoder writes, with the last byte changed. */
function faulty(conversion: Conversion): CellEncoder {
  const encoder = cellEncoderOf(conversion)
  return {
    encode(cell, out) {
      const outcome = encoder.encode(cell, out)
      out.buffer[out.position - 1]! ^= 0x80
      return outcome
    },
    lastError: () => encoder.lastError(),
  }
}

test.each(cases)('%j leaves right fields as they are', (conversion) => {
  fc.assert(
    fc.property(values, (value) => {
      const encoder = cellEncoderOf(conversion)
      expect(written(proven(conversion, encoder), value)).toEqual(written(encoder, value))
    }),
    { numRuns: propertyRuns(400) },
  )
})

it.each(cases)('%j of %s has no wrong field', (conversion, value) => {
  const wrong = written(faulty(conversion), value)
  const found = written(proven(conversion, faulty(conversion)), value)
  expect(found).not.toEqual(wrong)
  expect(found).not.toEqual(written(cellEncoderOf(conversion), value))
})
