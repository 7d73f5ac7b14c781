/** Prints a COPY BINARY field as PostgreSQL would, for people. The formats: `src/backend/utils/adt/*send`. */

import type { Conversion } from '../../model/conversion.ts'
import type { ColumnOrigin } from '../../model/plan.ts'
import { printAddress } from '../conversions/address.ts'
import { printBits } from '../conversions/bits.ts'
import { cellDecoderOf } from '../conversions/cell-encoder.ts'
import { intervalText } from '../conversions/interval.ts'
import { printMoney } from '../conversions/money.ts'
import { numericDecoder } from '../conversions/numeric.ts'
import { printServerText } from '../conversions/server-text.ts'

const numberText = numericDecoder({ kind: 'numeric', precision: null, scale: null, form: 'text' })

/** Returns null for a null field. */
export function fieldText(field: Buffer | null, from: ColumnOrigin): string | null {
  if (field === null) return null
  switch (from.kind) {
    case 'gather':
    case 'fold':
    case 'pivot':
      return field.toString('utf8', 1)
    case 'nothing':
      return null
    default:
      return valueText(field, from.conversion)
  }
}

export function valueText(field: Buffer, conversion: Conversion): string {
  switch (conversion.kind) {
    case 'integer':
      return String(conversion.bytes === 8 ? field.readBigInt64BE() : field.readIntBE(0, conversion.bytes))
    case 'double':
      return String(field.readDoubleBE())
    case 'numeric':
      return String(numberText(field))
    case 'boolean':
      return field[0] === 1 ? 'true' : 'false'
    case 'timestamptz':
      return `${instantText(field.readBigInt64BE())}+00`
    case 'timestamp':
      return instantText(field.readBigInt64BE())
    case 'date':
      return new Date((field.readInt32BE() + daysTo2000) * 86_400_000).toISOString().slice(0, 10)
    case 'time':
      return instantText(field.readBigInt64BE()).slice(11)
    case 'uuid':
    case 'uuid-of-id':
      return field.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
    case 'json':
      return conversion.storage === 'jsonb' ? field.toString('utf8', 1) : field.toString('utf8')
    case 'bytes':
      return `\\x${field.toString('hex')}`
    case 'text':
    case 'enumeration':
    case 'xml':
    case 'character':
      return field.toString('utf8')
    case 'real':
    case 'array':
      return String(cellDecoderOf(conversion)(field))
    case 'interval':
      return intervalText(field)
    case 'address':
      return printAddress(field)
    case 'bits':
      return printBits(field)
    case 'server-text':
      return printServerText(conversion, field)
    case 'money':
      return printMoney(field, conversion.digits)
    default:
      return conversion satisfies never
  }
}

const daysTo2000 = 10_957
const microsecondsTo2000 = BigInt(daysTo2000) * 86_400_000_000n

/** Prints microseconds since 2000 as `2026-01-31 12:00:00.25`. */
function instantText(microseconds: bigint): string {
  const since1970 = microseconds + microsecondsTo2000
  const fraction = ((since1970 % 1_000_000n) + 1_000_000n) % 1_000_000n
  const whole = new Date(Number((since1970 - fraction) / 1000n)).toISOString().slice(0, 19).replace('T', ' ')
  return fraction === 0n ? whole : `${whole}.${String(fraction).padStart(6, '0').replace(/0+$/, '')}`
}
