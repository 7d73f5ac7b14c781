/**
 * `enumeration`: TEXT by the mapping's list of spellings, first as written, then trimmed and in lower case. Invariant: only values from the
 * list are ever sent; any other text is refused.
 */
import type { Conversion } from '../../model/conversion.ts'
import type { SqliteValue } from '../../model/storage.ts'
import type { ByteWriter } from '../cell/byte-writer.ts'
import { BLOB, type Cell, NULL, TEXT } from '../cell/cell.ts'
import { type CellEncoder, EXACT, NORMALIZED, type Outcome, reject } from '../cell/conversion-encoder.ts'
import { noError, writeNull } from '../cell/field.ts'
import { countCharacters, INVALID_UTF8, NUL_IN_TEXT } from '../text/utf8.ts'

type EnumerationConversion = Extract<Conversion, { kind: 'enumeration' }>

type Spelling = {
  /** As written in the source. */
  readonly bytes: Buffer
  /** The field with its length, and the cell's outcome. */
  readonly field: Buffer
  readonly outcome: Outcome
}

const notInEnumeration = reject('not-in-enumeration')
const unexpectedBlob = reject('unexpected-blob')
const unexpectedNumber = reject('unexpected-number')

export function enumerationEncoder(conversion: EnumerationConversion): CellEncoder {
  const maxCharacters = conversion.maxCharacters ?? Number.POSITIVE_INFINITY
  const written = Object.entries(conversion.values).map(([source, target]) =>
    spellingOf(source, target, maxCharacters),
  )
  const folded = foldedSpellings(conversion.values, maxCharacters)

  function encodeText(cell: Cell, out: ByteWriter): Outcome {
    const { buffer, start, end } = cell
    for (const spelling of written) {
      if (isEqual(spelling.bytes, buffer, start, end)) return write(spelling, out, spelling.outcome)
    }
    if (countCharacters(buffer, start, end) === INVALID_UTF8) return notInEnumeration
    const spelling = folded.get(fold(buffer.toString('utf8', start, end)))
    if (spelling === undefined) return notInEnumeration
    return write(spelling, out, spelling.outcome === EXACT ? NORMALIZED : spelling.outcome)
  }

  return {
    encode(cell, out) {
      switch (cell.storage) {
        case TEXT:
          return encodeText(cell, out)
        case NULL:
          return writeNull(out)
        case BLOB:
          return unexpectedBlob
        default:
          return unexpectedNumber
      }
    },
    lastError: noError,
  }
}

function write(spelling: Spelling, out: ByteWriter, outcome: Outcome): Outcome {
  out.bytes(spelling.field, 0, spelling.field.length)
  return outcome
}

function spellingOf(source: string, target: string, maxCharacters: number): Spelling {
  const value = Buffer.from(target, 'utf8')
  const field = Buffer.alloc(4 + value.length)
  field.writeInt32BE(value.length, 0)
  value.copy(field, 4)
  const characters = countCharacters(value, 0, value.length)
  let outcome: Outcome = source === target ? EXACT : NORMALIZED
  if (characters === NUL_IN_TEXT) outcome = reject('nul-in-text')
  else if (characters > maxCharacters) outcome = reject('text-too-long')
  return { bytes: Buffer.from(source, 'utf8'), field, outcome }
}

/**
 * The spellings by their folded form. A spelling that is its own folded form has precedence; a form that several other spellings share is
 * left out when their values differ.
 */
function foldedSpellings(
  values: Readonly<Record<string, string>>,
  maxCharacters: number,
): Map<string, Spelling> {
  const targets = new Map<string, string | null>()
  for (const [source, target] of Object.entries(values)) {
    const key = fold(source)
    const other = targets.get(key)
    targets.set(key, other === undefined || other === target ? target : null)
  }
  for (const [source, target] of Object.entries(values))
    if (fold(source) === source) targets.set(source, target)
  const spellings = new Map<string, Spelling>()
  for (const [key, target] of targets) {
    if (target !== null) spellings.set(key, spellingOf(key, target, maxCharacters))
  }
  return spellings
}

function fold(text: string): string {
  return text.trim().toLowerCase()
}

function isEqual(expected: Buffer, bytes: Buffer, start: number, end: number): boolean {
  const { length } = expected
  if (end - start !== length) return false
  for (let i = 0; i < length; i++) if (expected[i] !== bytes[start + i]) return false
  return true
}

export function enumerationDecoder(_conversion: EnumerationConversion): (field: Buffer) => SqliteValue {
  return (field) => field.toString('utf8')
}
