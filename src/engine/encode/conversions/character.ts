/**
 * `character`: character(n), which PostgreSQL stores and sends padded with blanks. Invariant: trailing blanks are not part of the value, so
 * a text with trailing blanks is normalized.
 */
import type { Conversion } from '../../model/conversion.ts'
import type { SqliteValue } from '../../model/storage.ts'
import { BLOB, TEXT } from '../cell/cell.ts'
import { type CellEncoder, EXACT, NORMALIZED, reject } from '../cell/conversion-encoder.ts'
import { noError, writeNull } from '../cell/field.ts'
import { countCharacters, NUL_IN_TEXT } from '../text/utf8.ts'
import { textOfNumber } from './text.ts'

type CharacterConversion = Extract<Conversion, { kind: 'character' }>

const textTooLong = reject('text-too-long')
const nulInText = reject('nul-in-text')
const invalidUtf8 = reject('invalid-utf8')

const BLANK = 0x20

export function characterEncoder({ characters: width }: CharacterConversion): CellEncoder {
  return {
    encode(cell, out) {
      if (cell.storage === 0) return writeNull(out)
      const isBytes = cell.storage === TEXT || cell.storage === BLOB
      const bytes = isBytes ? cell.bytes() : Buffer.from(textOfNumber(cell))
      let end = bytes.length
      while (end > 0 && bytes[end - 1] === BLANK) end--
      const characters = countCharacters(bytes, 0, end)
      if (characters < 0) return characters === NUL_IN_TEXT ? nulInText : invalidUtf8
      if (characters > width) return textTooLong
      const blanks = width - characters
      out.reserve(4 + end + blanks)
      out.int32(end + blanks)
      out.bytes(bytes, 0, end)
      out.ascii(' '.repeat(blanks))
      return cell.storage === TEXT && end === bytes.length ? EXACT : NORMALIZED
    },
    lastError: noError,
  }
}

export function characterDecoder(_conversion: CharacterConversion): (field: Buffer) => SqliteValue {
  return (field) => field.toString('utf8').replace(/ +$/, '')
}
