/**
 * `server-text`: a type that only the server can parse and print. Invariant: what is sent is what the server itself returned for this text
 * before anything was written; a text that it was not asked about is refused.
 */
import type { Conversion } from '../../model/conversion.ts'
import { MigrateError } from '../../model/errors.ts'
import type { SqliteValue } from '../../model/storage.ts'
import { BLOB, INTEGER, NULL, TEXT } from '../cell/cell.ts'
import { type CellEncoder, EXACT, NORMALIZED, reject } from '../cell/conversion-encoder.ts'
import { noError, writeNull } from '../cell/field.ts'

type ServerText = Extract<Conversion, { kind: 'server-text' }>

const notOfType = reject('not-of-type')
const unexpectedBlob = reject('unexpected-blob')
const unexpectedNumber = reject('unexpected-number')

export function serverTextEncoder({ values, form }: ServerText): CellEncoder {
  const fields = new Map(
    Object.entries(values).flatMap(([text, value]) =>
      value === null
        ? []
        : [[text, { bytes: Buffer.from(value.field, 'hex'), isSame: value.text === text }] as const],
    ),
  )
  return {
    encode(cell, out) {
      if (cell.storage === NULL) return writeNull(out)
      if (cell.storage === BLOB) return unexpectedBlob
      if (cell.storage !== TEXT && cell.storage !== INTEGER) return unexpectedNumber
      const text = cell.storage === TEXT ? cell.bytes().toString('utf8') : String(cell.integer())
      const field = fields.get(text)
      if (field === undefined) return notOfType
      out.reserve(4)
      out.int32(field.bytes.length)
      out.bytes(field.bytes, 0, field.bytes.length)
      const isForm = (cell.storage === INTEGER) === (form === 'integer')
      return field.isSame && isForm ? EXACT : NORMALIZED
    },
    lastError: noError,
  }
}

/** Prints the value for people; as hex when only the server could print it. */
export function printServerText({ values }: ServerText, field: Buffer): string {
  const hex = field.toString('hex')
  return Object.values(values).find((value) => value?.field === hex)?.text ?? `\\x${hex}`
}

/** Throws a MigrateError for a value that is not one of the source's. */
export function serverTextDecoder({ values, form, type }: ServerText): (field: Buffer) => SqliteValue {
  const texts = new Map(
    Object.values(values).flatMap((value) => (value === null ? [] : [[value.field, value.text] as const])),
  )
  return (field) => {
    const text = texts.get(field.toString('hex'))
    if (text === undefined) {
      throw new MigrateError(
        'target',
        'value-not-printed',
        `A value of the type ${type} did not come from the source, and only the server can print it.`,
        { hint: `Read that column with the server's own programs: select …::text, or copy … to.` },
      )
    }
    return form === 'integer' && /^-?\d+$/.test(text) ? BigInt(text) : text
  }
}
