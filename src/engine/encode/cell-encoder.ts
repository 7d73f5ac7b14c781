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

type CellDecoder = (field: Buffer) => SqliteValue
type Codec<C> = readonly [encoder: (conversion: C) => CellEncoder, decoder: (conversion: C) => CellDecoder]

const codecs: { readonly [Kind in Conversion['kind']]: Codec<Extract<Conversion, { kind: Kind }>> } = {
  integer: [integerEncoder, integerDecoder],
  double: [doubleEncoder, doubleDecoder],
  numeric: [numericEncoder, numericDecoder],
  text: [textEncoder, textDecoder],
  boolean: [booleanEncoder, booleanDecoder],
  timestamptz: [momentEncoder, momentDecoder],
  timestamp: [momentEncoder, momentDecoder],
  date: [momentEncoder, momentDecoder],
  time: [timeEncoder, timeDecoder],
  uuid: [uuidEncoder, uuidDecoder],
  'uuid-of-id': [uuidOfIdEncoder, uuidOfIdDecoder],
  json: [jsonEncoder, jsonDecoder],
  bytes: [bytesEncoder, bytesDecoder],
  enumeration: [enumerationEncoder, enumerationDecoder],
  real: [realEncoder, realDecoder],
  character: [characterEncoder, characterDecoder],
  interval: [intervalEncoder, intervalDecoder],
  address: [addressEncoder, addressDecoder],
  bits: [bitsEncoder, bitsDecoder],
  money: [moneyEncoder, moneyDecoder],
  xml: [xmlEncoder, xmlDecoder],
  array: [
    (array) => arrayEncoder(array, elementCodecOf(array.element)),
    (array) => arrayDecoder(array, elementCodecOf(array.element)),
  ],
  'server-text': [serverTextEncoder, serverTextDecoder],
}

/** An encoder for one column; it belongs to one thread and encodes one cell after the other. */
export function cellEncoderOf(conversion: Conversion): CellEncoder {
  return codecOf(conversion)[0](conversion)
}

/**
 * The inverse: from a field's bytes (without their length; null is null and not asked) to the source value in the column's form.
 * A cell that was EXACT comes back as it was.
 */
export function cellDecoderOf(conversion: Conversion): CellDecoder {
  return codecOf(conversion)[1](conversion)
}

function codecOf({ kind }: Conversion): Codec<Conversion> {
  return codecs[kind] as Codec<Conversion>
}

function elementCodecOf(conversion: Conversion): ElementCodec {
  return { encoder: cellEncoderOf(conversion), decode: cellDecoderOf(conversion) }
}
