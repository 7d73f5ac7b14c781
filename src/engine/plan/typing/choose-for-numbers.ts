/** The type of a column that holds numbers only. */

import { type Choice, count, differs, mixed, type Question } from './choice.ts'
import { chooseNumericTime } from './choose-numeric-time.ts'
import { numericType } from './declared-target.ts'
import { fitsInteger, haveDecimals, isBit, numberType } from './number-ranges.ts'

export function chooseForNumbers(question: Question): Choice {
  const { census, declared, options } = question
  const { integers, reals } = census
  const natural = numberType(census, options)
  switch (declared.family) {
    case 'integer':
      if (reals === 0) return { type: natural }
      return {
        type: natural,
        reason: integers > 0 ? mixed(census, natural) : differs(declared, 'holds REALs', natural),
      }
    case 'none':
    case 'bytes':
      if (integers > 0 && reals > 0) return { type: natural, reason: mixed(census, natural) }
      if (declared.family === 'none') return { type: natural }
      return { type: natural, reason: differs(declared, 'holds numbers only', natural) }
    case 'double':
      if (integers === 0 || fitsInteger(census, -(2n ** 53n), 2n ** 53n)) return { type: 'double precision' }
      return { type: natural, reason: mixed(census, natural) }
    case 'decimal':
      return chooseDecimal(question)
    case 'boolean':
      if (reals === 0 && isBit(census)) return { type: 'boolean' }
      return { type: natural, reason: differs(declared, 'holds numbers other than 0 and 1', natural) }
    case 'date':
    case 'timestamp':
      return chooseNumericTime(question, natural)
    case 'time':
    case 'uuid':
      return { type: natural, reason: differs(declared, 'holds numbers', natural) }
    case 'text':
      return { type: 'text' }
    case 'json':
    case 'jsonb':
      return { type: declared.family }
    default:
      return declared.family satisfies never
  }
}

/** A numeric without bounds holds every finite REAL exactly, in the shortest decimal that reads back the same. */
function chooseDecimal(question: Question): Choice {
  const { census, declared, options } = question
  const { reals, infinities } = census
  const bounded = numericType(declared)
  if (infinities > 0) {
    const type = numberType(census, options)
    return {
      type: type === 'bigint' ? 'double precision' : type,
      reason: differs(declared, 'holds infinities', type),
    }
  }
  if (bounded === null) return { type: 'numeric' }
  const [precision = 0, scale = 0] = declared.arguments
  const limit = 10n ** BigInt(precision - scale) - 1n
  if (reals === 0) {
    if (fitsInteger(census, -limit, limit)) return { type: bounded }
    return { type: 'numeric', reason: differs(declared, `holds integers beyond ${bounded}`, 'numeric') }
  }
  const { realRange } = census
  // A double preserves any fifteen decimal digits: up to these, the decimals of a REAL can be proved.
  const isWithin =
    (census.integers === 0 || fitsInteger(census, -limit, limit)) &&
    realRange !== null &&
    Math.max(-realRange.min, realRange.max) < Math.min(Number(limit), 10 ** (15 - scale))
  if (isWithin && haveDecimals(question, scale)) return { type: bounded }
  return {
    type: 'numeric',
    reason: {
      severity: 'notice',
      code: 'scale-not-proven',
      message: `is declared ${declared.base}(${declared.arguments.join(',')}) and holds ${count(reals, 'REAL')}, which may have more than ${scale} decimals; it becomes numeric without bounds, which holds each exactly`,
      count: reals,
    },
  }
}
