/**
 * `xml`: the text of a document or of its content. Invariant: a declaration, which PostgreSQL would change on output, is omitted if it
 * states only defaults and refused otherwise; the server decides whether the text is XML.
 */
import type { SqliteValue } from '../../model/storage.ts'
import { BLOB, NULL, TEXT } from '../cell/cell.ts'
import { type CellEncoder, EXACT, NORMALIZED, reject } from '../cell/conversion-encoder.ts'
import { noError, writeNull } from '../cell/field.ts'
import { countCharacters, NUL_IN_TEXT } from '../text/utf8.ts'

const nulInText = reject('nul-in-text')
const invalidUtf8 = reject('invalid-utf8')
const unexpectedNumber = reject('unexpected-number')
const declared = reject('xml-declaration')

/** A declaration that states only the default version and encoding. */
const emptyDeclaration = /^<\?xml\s+version\s*=\s*(["'])1\.0\1(?:\s+encoding\s*=\s*(["'])utf-?8\2)?\s*\?>\n?/i
const MOST_OF_DECLARATION = 200

export function xmlEncoder(): CellEncoder {
  return {
    encode(cell, out) {
      if (cell.storage === NULL) return writeNull(out)
      if (cell.storage !== TEXT && cell.storage !== BLOB) return unexpectedNumber
      const bytes = cell.bytes()
      const characters = countCharacters(bytes, 0, bytes.length)
      if (characters < 0) return characters === NUL_IN_TEXT ? nulInText : invalidUtf8
      const head = bytes.toString('latin1', 0, MOST_OF_DECLARATION)
      const skipped = emptyDeclaration.exec(head)?.[0].length ?? 0
      if (skipped === 0 && /^<\?xml\s/.test(head)) return declared
      out.reserve(4)
      out.int32(bytes.length - skipped)
      out.bytes(bytes, skipped, bytes.length)
      return skipped === 0 && cell.storage === TEXT ? EXACT : NORMALIZED
    },
    lastError: noError,
  }
}

export function xmlDecoder(): (field: Buffer) => SqliteValue {
  return (field) => field.toString('utf8')
}
