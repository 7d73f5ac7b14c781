/** The type of a column that holds BLOBs. */

import { IS_UTF8_TEXT } from '../../model/snapshot.ts'
import { quoteSqlite } from '../../syntax/sqlite-names.ts'
import { type Choice, count, differs, mixed, type Question, type Reason } from './choice.ts'
import { textType } from './declared-target.ts'
import { numberType } from './number-ranges.ts'

export function chooseForBlobs(question: Question): Choice {
  const { census, declared } = question
  const { integers, reals, texts, blobs } = census
  if (integers + reals === 0 && declared.family === 'text') {
    const others = countOtherThanText(question)
    if (others === 0) return chooseTextOfBytes(question)
    if (others !== null && texts > 0)
      return { type: 'bytea', reason: { ...mixed(census, 'bytea'), otherwise: 'text' } }
  }
  const type = integers + reals > 0 ? 'jsonb' : 'bytea'
  if (texts === 0 && holdsNumpyIntegers(question)) return { type, reason: numpyReason(question, type) }
  if (integers + reals > 0) return { type, reason: mixed(census, type) }
  if (texts > 0) return { type: 'bytea', reason: mixed(census, 'bytea') }
  if (declared.family === 'uuid' && census.maxBlobBytes === 16 && census.totalBytes === blobs * 16) {
    return { type: 'uuid', reason: byteOrderReason(question) }
  }
  if (declared.family === 'bytes' || declared.family === 'none') return { type: 'bytea' }
  return { type: 'bytea', reason: differs(declared, 'holds BLOBs only', 'bytea') }
}

/**
 * Sixteen bytes are read as a UUID in the order of RFC 9562. .NET's Guid.ToByteArray reverses the first three groups, which moves the
 * version digit into the next byte: when it is there in every value, the finding is a warning.
 */
function byteOrderReason({ column, census, ask }: Question): Reason {
  const hex = `hex(${quoteSqlite(column.name)})`
  const isVersioned = (at: number): string =>
    `substr(${hex}, ${at}, 1) between '1' and '8' and substr(${hex}, 17, 1) in ('8', '9', 'A', 'B')`
  const isBlob = `typeof(${quoteSqlite(column.name)}) = 'blob'`
  const without = (at: number): number => ask?.(`${isBlob} and not (${isVersioned(at)})`) ?? 0
  const isOfDotnet = ask !== null && without(13) > 0 && without(15) === 0
  return {
    severity: isOfDotnet ? 'warning' : 'notice',
    code: 'uuid-byte-order',
    message: `holds ${count(census.blobs, 'UUID')} as 16 bytes, read in the order in which they stand (RFC 9562)${isOfDotnet ? "; the version stands where .NET's Guid.ToByteArray writes it, which has the first three groups backwards, so .NET shows other digits" : ''}`,
    count: census.blobs,
    ...(isOfDotnet ? { otherwise: 'bytea' } : {}),
  }
}

/** Python's sqlite3 has no adapter for numpy's int64, and stores its eight bytes, the lowest first. */
function holdsNumpyIntegers({ column, census, declared, ask }: Question): boolean {
  const isNumeric = ['integer', 'double', 'decimal', 'none'].includes(declared.family)
  const numbers = census.integers + census.reals
  if (!isNumeric || (declared.family === 'none' && numbers === 0)) return false
  if (ask === null || census.maxBlobBytes !== 8) return false
  const sql = quoteSqlite(column.name)
  const isSmall = `length(${sql}) = 8 and substr(hex(${sql}), 9) in ('00000000', 'FFFFFFFF')`
  return ask(`typeof(${sql}) = 'blob' and not (${isSmall})`) === 0
}

function numpyReason({ census, options }: Question, type: string): Reason {
  const { integers, reals, blobs } = census
  const numbers = integers + reals
  return {
    severity: 'warning',
    code: 'numpy-integers',
    message: `holds ${count(blobs, 'BLOB')} of eight bytes${numbers > 0 ? ` among ${count(numbers, 'number')}` : ''}, as Python stores numpy's integers; it becomes ${type}, which holds the bytes as they are`,
    count: blobs,
    ...(numbers > 0 ? { otherwise: numberType(census, options) } : {}),
  }
}

/** Returns the number of BLOBs that are not UTF-8 text; null when the values cannot be queried. */
function countOtherThanText({ column, ask }: Question): number | null {
  const sql = quoteSqlite(column.name)
  return ask === null ? null : ask(`typeof(${sql}) = 'blob' and not ${IS_UTF8_TEXT}(${sql})`)
}

/** UTF-8 bytes in a column that is declared text become text: the storage class is not kept. */
function chooseTextOfBytes({ census, declared }: Question): Choice {
  const [length = 0] = declared.arguments
  const declaredText = textType(declared)
  const fits = declaredText !== null && Math.max(census.maxCharacters, census.maxBlobBytes) <= length
  const type = fits ? declaredText : 'text'
  const { blobs, texts } = census
  return {
    type,
    reason: {
      severity: 'notice',
      code: 'bytes-are-text',
      message: `holds ${count(blobs, 'BLOB')}${texts > 0 ? ` among ${count(texts, 'text')}` : ''} whose bytes are UTF-8 text; it becomes ${type}, in which they are texts`,
      count: blobs,
      otherwise: 'bytea',
    },
  }
}
