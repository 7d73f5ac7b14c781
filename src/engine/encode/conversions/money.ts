/**
 * `money`: a number of the currency's smallest units. Invariant: no digit is lost: an amount with more decimals than the currency is
 * refused.
 */
import type { Conversion } from '../../model/conversion.ts'
import type { SqliteValue } from '../../model/storage.ts'
import { BLOB, INTEGER, NULL, REAL, TEXT } from '../cell/cell.ts'
import { type CellEncoder, EXACT, NORMALIZED, reject } from '../cell/conversion-encoder.ts'
import { noError, writeNull } from '../cell/field.ts'
import { textOfNumber } from './text.ts'

type MoneyConversion = Extract<Conversion, { kind: 'money' }>

const notANumber = reject('not-a-number')
const overflow = reject('numeric-overflow')
const unexpectedBlob = reject('unexpected-blob')

const MOST_CHARACTERS = 40
/** The JavaScript type that the decoder returns for a form. */
const MADE = { integer: 'bigint', real: 'number', text: 'string' } as const

export function moneyEncoder(conversion: MoneyConversion): CellEncoder {
  const { digits, form } = conversion
  const decode = moneyDecoder(conversion)
  const field = Buffer.alloc(8)
  return {
    encode(cell, out) {
      if (cell.storage === NULL) return writeNull(out)
      if (cell.storage === BLOB) return unexpectedBlob
      if (cell.storage === TEXT && cell.end - cell.start > MOST_CHARACTERS) return notANumber
      const text = cell.storage === TEXT ? cell.bytes().toString('latin1') : textOfNumber(cell)
      const said = /^([+-]?)(\d*)(?:\.(\d*))?$/.exec(text)
      if (said === null || `${said[2]}${said[3] ?? ''}` === '') return notANumber
      const [, sign, whole = '', rest = ''] = said
      if (/[1-9]/.test(rest.slice(digits))) return overflow
      const size = BigInt(`${whole}${rest.slice(0, digits).padEnd(digits, '0')}` || '0')
      const units = sign === '-' ? -size : size
      if (BigInt.asIntN(64, units) !== units) return overflow
      field.writeBigInt64BE(units)
      out.reserve(12)
      out.int32(8)
      out.bytes(field, 0, 8)
      const stored = ['integer', 'real', 'text'][[INTEGER, REAL, TEXT].indexOf(cell.storage as 1)]
      const back = decode(field)
      const isSame =
        stored === form &&
        (stored === 'text' ? back === text : typeof back === MADE[form] && Number(back) === Number(text))
      return isSame && text !== '-0' ? EXACT : NORMALIZED
    },
    lastError: noError,
  }
}

export function printMoney(field: Buffer, digits: number): string {
  const units = field.readBigInt64BE(0)
  const text = String(units < 0n ? -units : units).padStart(digits + 1, '0')
  const point = text.length - digits
  return `${units < 0n ? '-' : ''}${text.slice(0, point)}${digits === 0 ? '' : `.${text.slice(point)}`}`
}

export function moneyDecoder({ digits, form }: MoneyConversion): (field: Buffer) => SqliteValue {
  return (field) => {
    const text = printMoney(field, digits)
    if (form === 'text') return text
    const [whole = '', fraction = ''] = text.split('.')
    const isWhole = /^0*$/.test(fraction)
    // A REAL cannot hold more digits exactly.
    if (isWhole && (form === 'integer' || !Number.isSafeInteger(Number(whole)))) return BigInt(whole)
    return Number(text)
  }
}
