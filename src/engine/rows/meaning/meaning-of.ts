/** The meaning of a source value in a column, by the column's conversion. Invariant: no code is shared with the encoder. */
import type { Conversion } from '../../model/conversion.ts'
import {
  addressMeaning,
  arrayMeaning,
  bitsMeaning,
  characterMeaning,
  intervalMeaning,
  moneyMeaning,
  realMeaning,
  serverTextMeaning,
  xmlMeaning,
} from './compare-application-types.ts'
import { jsonMeaning } from './compare-json.ts'
import { booleanMeaning, doubleMeaning, integerMeaning, numericMeaning } from './compare-numbers.ts'
import {
  bytesMeaning,
  enumerationMeaning,
  textMeaning,
  uuidMeaning,
  uuidOfIdMeaning,
  wholeBytes,
  wholeText,
} from './compare-texts.ts'
import { clockMeaning, momentMeaning } from './compare-times.ts'
import type { Meaning } from './source-value.ts'

/** Returns what the target would print of a value, and of a long text or bytea their digest. */
export function meaningOf(conversion: Conversion): Meaning {
  switch (conversion.kind) {
    case 'integer':
      return integerMeaning(conversion)
    case 'double':
      return doubleMeaning
    case 'numeric':
      return numericMeaning(conversion)
    case 'text':
      return textMeaning
    case 'boolean':
      return booleanMeaning
    case 'timestamptz':
    case 'timestamp':
    case 'date':
      return momentMeaning(conversion)
    case 'time':
      return clockMeaning(conversion.precision)
    case 'uuid':
      return uuidMeaning
    case 'uuid-of-id':
      return uuidOfIdMeaning(conversion)
    case 'json':
      return jsonMeaning(conversion)
    case 'bytes':
      return bytesMeaning
    case 'enumeration':
      return enumerationMeaning(conversion)
    case 'real':
      return realMeaning
    case 'character':
      return characterMeaning(textMeaning)
    case 'interval':
      return intervalMeaning(conversion)
    case 'address':
      return addressMeaning
    case 'bits':
      return bitsMeaning
    case 'money':
      return moneyMeaning(conversion)
    case 'xml':
      return xmlMeaning(textMeaning)
    case 'array':
      return arrayMeaning(conversion, meaningOf(conversion.element))
    case 'server-text':
      return serverTextMeaning(conversion)
    default:
      return conversion satisfies never
  }
}

/** Returns what the target would print of a value, of whatever length. */
export function wholeMeaningOf(conversion: Conversion): Meaning {
  switch (conversion.kind) {
    case 'text':
      return wholeText
    case 'bytes':
      return wholeBytes
    case 'character':
      return characterMeaning(wholeText)
    case 'xml':
      return xmlMeaning(wholeText)
    default:
      return meaningOf(conversion)
  }
}
