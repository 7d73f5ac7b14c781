/** Every kind of conversion and the two functions that perform it. Invariant: a kind without them does not compile. */

import type { Conversion } from '../model/conversion.ts'
import type { SqliteValue } from '../model/storage.ts'
import type { CellEncoder } from './conversion-encoder.ts'
import { addressDecoder, addressEncoder } from './conversions/address.ts'
import { arrayDecoder, arrayEncoder, type ElementCodec } from './conversions/array.ts'
import { bitsDecoder, bitsEncoder } from './conversions/bits.ts'
import { booleanDecoder, booleanEncoder } from './conversions/boolean.ts'
import { bytesDecoder, bytesEncoder } from './conversions/bytes.ts'
import { characterDecoder, characterEncoder } from './conversions/character.ts'
import { doubleDecoder, doubleEncoder } from './conversions/double.ts'
import { enumerationDecoder, enumerationEncoder } from './conversions/enumeration.ts'
import { integerDecoder, integerEncoder } from './conversions/integer.ts'
import { intervalDecoder, intervalEncoder } from './conversions/interval.ts'
import { jsonDecoder, jsonEncoder } from './conversions/json.ts'
import { momentDecoder, momentEncoder } from './conversions/moment.ts'
import { moneyDecoder, moneyEncoder } from './conversions/money.ts'
import { numericDecoder, numericEncoder } from './conversions/numeric.ts'
import { realDecoder, realEncoder } from './conversions/real.ts'
import { serverTextDecoder, serverTextEncoder } from './conversions/server-text.ts'
import { textDecoder, textEncoder } from './conversions/text.ts'
import { timeDecoder, timeEncoder } from './conversions/time-of-day.ts'
import { uuidDecoder, uuidEncoder } from './conversions/uuid.ts'
import { uuidOfIdDecoder, uuidOfIdEncoder } from './conversions/uuid-of-id.ts'
import { xmlDecoder, xmlEncoder } from './conversions/xml.ts'

/** An encoder for one column; it belongs to one thread and encodes one cell after the other. */
export function cellEncoderOf(conversion: Conversion): CellEncoder {
  switch (conversion.kind) {
    case 'integer':
      return integerEncoder(conversion)
    case 'double':
      return doubleEncoder(conversion)
    case 'numeric':
      return numericEncoder(conversion)
    case 'text':
      return textEncoder(conversion)
    case 'boolean':
      return booleanEncoder(conversion)
    case 'timestamptz':
    case 'timestamp':
    case 'date':
      return momentEncoder(conversion)
    case 'time':
      return timeEncoder(conversion)
    case 'uuid':
      return uuidEncoder(conversion)
    case 'uuid-of-id':
      return uuidOfIdEncoder(conversion)
    case 'json':
      return jsonEncoder(conversion)
    case 'bytes':
      return bytesEncoder(conversion)
    case 'enumeration':
      return enumerationEncoder(conversion)
    case 'real':
      return realEncoder()
    case 'character':
      return characterEncoder(conversion)
    case 'interval':
      return intervalEncoder(conversion)
    case 'address':
      return addressEncoder(conversion)
    case 'bits':
      return bitsEncoder(conversion)
    case 'money':
      return moneyEncoder(conversion)
    case 'xml':
      return xmlEncoder()
    case 'array':
      return arrayEncoder(conversion, codecOf(conversion.element))
    case 'server-text':
      return serverTextEncoder(conversion)
    default:
      return conversion satisfies never
  }
}

/**
 * The inverse: from a field's bytes (without their length; null is null and not asked) to the source value in the column's form.
 * A cell that was EXACT comes back as it was.
 */
export function cellDecoderOf(conversion: Conversion): (field: Buffer) => SqliteValue {
  switch (conversion.kind) {
    case 'integer':
      return integerDecoder(conversion)
    case 'double':
      return doubleDecoder(conversion)
    case 'numeric':
      return numericDecoder(conversion)
    case 'text':
      return textDecoder(conversion)
    case 'boolean':
      return booleanDecoder(conversion)
    case 'timestamptz':
    case 'timestamp':
    case 'date':
      return momentDecoder(conversion)
    case 'time':
      return timeDecoder(conversion)
    case 'uuid':
      return uuidDecoder(conversion)
    case 'uuid-of-id':
      return uuidOfIdDecoder(conversion)
    case 'json':
      return jsonDecoder(conversion)
    case 'bytes':
      return bytesDecoder(conversion)
    case 'enumeration':
      return enumerationDecoder(conversion)
    case 'real':
      return realDecoder()
    case 'character':
      return characterDecoder(conversion)
    case 'interval':
      return intervalDecoder(conversion)
    case 'address':
      return addressDecoder(conversion)
    case 'bits':
      return bitsDecoder(conversion)
    case 'money':
      return moneyDecoder(conversion)
    case 'xml':
      return xmlDecoder()
    case 'array':
      return arrayDecoder(conversion, codecOf(conversion.element))
    case 'server-text':
      return serverTextDecoder(conversion)
    default:
      return conversion satisfies never
  }
}

function codecOf(conversion: Conversion): ElementCodec {
  return { encoder: cellEncoderOf(conversion), decode: cellDecoderOf(conversion) }
}
