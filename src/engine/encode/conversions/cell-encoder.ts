/** The encoder and the decoder of every kind of conversion. Invariant: a kind without them does not compile. */

import type { Conversion } from '../../model/conversion.ts'
import type { SqliteValue } from '../../model/storage.ts'
import type { CellEncoder } from '../cell/conversion-encoder.ts'
import { addressDecoder, addressEncoder } from './address.ts'
import { arrayDecoder, arrayEncoder, type ElementCodec } from './array.ts'
import { bitsDecoder, bitsEncoder } from './bits.ts'
import { booleanDecoder, booleanEncoder } from './boolean.ts'
import { bytesDecoder, bytesEncoder } from './bytes.ts'
import { characterDecoder, characterEncoder } from './character.ts'
import { doubleDecoder, doubleEncoder } from './double.ts'
import { enumerationDecoder, enumerationEncoder } from './enumeration.ts'
import { integerDecoder, integerEncoder } from './integer.ts'
import { intervalDecoder, intervalEncoder } from './interval.ts'
import { jsonDecoder, jsonEncoder } from './json.ts'
import { momentEncoder } from './moment.ts'
import { momentDecoder } from './moment-decoder.ts'
import { moneyDecoder, moneyEncoder } from './money.ts'
import { numericDecoder, numericEncoder } from './numeric.ts'
import { realDecoder, realEncoder } from './real.ts'
import { serverTextDecoder, serverTextEncoder } from './server-text.ts'
import { textDecoder, textEncoder } from './text.ts'
import { timeDecoder, timeEncoder } from './time-of-day.ts'
import { uuidDecoder, uuidEncoder } from './uuid.ts'
import { uuidOfIdDecoder, uuidOfIdEncoder } from './uuid-of-id.ts'
import { xmlDecoder, xmlEncoder } from './xml.ts'

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

/** Returns an encoder for one column, for use by one thread, one cell at a time. */
export function cellEncoderOf(conversion: Conversion): CellEncoder {
  return codecOf(conversion)[0](conversion)
}

/**
 * Returns the inverse: from a field's bytes (without the length; not called for null) to the source value in the column's form. A cell that
 * was EXACT comes back unchanged.
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
