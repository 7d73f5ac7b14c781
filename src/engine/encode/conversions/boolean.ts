/**
 * `boolean`: 0 and 1 in any storage class, and the usual words in any case. Invariant: nothing else; PostgreSQL's own abbreviations (`of`,
 * `tru`) are refused.
 */
import type { BooleanForm, Conversion } from '../../model/conversion.ts'
import type { SqliteValue } from '../../model/storage.ts'
import type { ByteWriter } from '../cell/byte-writer.ts'
import { type Cell, INTEGER, NULL, REAL, TEXT } from '../cell/cell.ts'
import { type CellEncoder, EXACT, NORMALIZED, type Outcome, reject } from '../cell/conversion-encoder.ts'
import { noError, writeNull } from '../cell/field.ts'

type BooleanConversion = Extract<Conversion, { kind: 'boolean' }>

const notABoolean = reject('not-a-boolean')
const unexpectedBlob = reject('unexpected-blob')

/** True and false in each form of text. */
export const booleanTexts: Readonly<Record<Exclude<BooleanForm, 'integer'>, readonly [string, string]>> = {
  true: ['true', 'false'],
  True: ['True', 'False'],
  TRUE: ['TRUE', 'FALSE'],
  t: ['t', 'f'],
  T: ['T', 'F'],
  yes: ['yes', 'no'],
  Yes: ['Yes', 'No'],
  YES: ['YES', 'NO'],
  y: ['y', 'n'],
  Y: ['Y', 'N'],
  on: ['on', 'off'],
}

/** Every spelling in every case, by its `keyOf`. */
const spellings = new Map<number, boolean>()
for (const [value, words] of [
  [true, ['1', 'true', 't', 'yes', 'y', 'on']],
  [false, ['0', 'false', 'f', 'no', 'n', 'off']],
] as const) {
  for (const word of words) {
    for (let upper = 0; upper < 2 ** word.length; upper++) {
      const letters = [...word].map((letter, i) => ((upper >> i) & 1 ? letter.toUpperCase() : letter))
      const bytes = Buffer.from(letters.join(''))
      spellings.set(keyOf(bytes, 0, bytes.length), value)
    }
  }
}

/** Up to five bytes as one number; -1 for other lengths. */
function keyOf(bytes: Uint8Array, start: number, end: number): number {
  if (end - start > 5 || end === start) return -1
  let key = 0
  for (let at = start; at < end; at++) key = key * 256 + bytes[at]!
  return key
}

export function booleanEncoder(conversion: BooleanConversion): CellEncoder {
  const { form } = conversion
  const integerOutcome = form === 'integer' ? EXACT : NORMALIZED
  const [trueKey, falseKey] =
    form === 'integer' ? [-1, -1] : booleanTexts[form].map((text) => keyOf(Buffer.from(text), 0, text.length))

  function encodeText(cell: Cell, out: ByteWriter): Outcome {
    const key = keyOf(cell.buffer, cell.start, cell.end)
    const value = spellings.get(key)
    if (value === undefined) return notABoolean
    return write(value, out, key === trueKey || key === falseKey ? EXACT : NORMALIZED)
  }

  return {
    encode(cell, out) {
      switch (cell.storage) {
        case INTEGER:
          if (cell.number !== 0 && cell.number !== 1) return notABoolean
          return write(cell.number === 1, out, integerOutcome)
        case NULL:
          return writeNull(out)
        case TEXT:
          return encodeText(cell, out)
        case REAL:
          if (cell.number !== 0 && cell.number !== 1) return notABoolean
          return write(cell.number === 1, out, NORMALIZED)
        default:
          return unexpectedBlob
      }
    },
    lastError: noError,
  }
}

function write(value: boolean, out: ByteWriter, outcome: Outcome): Outcome {
  out.reserve(5)
  out.int32(1)
  out.int8(value ? 1 : 0)
  return outcome
}

export function booleanDecoder(conversion: BooleanConversion): (field: Buffer) => SqliteValue {
  const { form } = conversion
  if (form === 'integer') return (field) => BigInt(field[0]!)
  const [trueText, falseText] = booleanTexts[form]
  return (field) => (field[0] === 1 ? trueText : falseText)
}
